"""A real `aisoc serve` before a simulated cloud, and the people who use its console."""

import asyncio
import json
import re
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from conftest import CommandLine, Lab, open_command_line
from pydantic import SecretStr
from support import wait_until

from app.collection.manage import add_connector
from app.main import open_service
from app.security.roles import Role
from app.security.sessions import start_session
from app.security.users import add_user, list_users
from app.service import Service
from app.settings import Settings
from app.storage.connectors import ConnectorRow

PASSWORD = "correct horse battery staple"
PEOPLE = {"ada": Role.ADMIN, "anna": Role.ANALYST, "vera": Role.VIEWER}
_ADDRESS = re.compile(r"^Console: (\S+)$", re.MULTILINE)
_SET_UP = re.compile(r"(\S+/set-up\?link=\S+)")
_START_SECONDS = 60
_STOP_SECONDS = 30
_Result = TypeVar("_Result")


class Console:
    """The served console. address: without a slash at its end; log: what the server says, as a file."""

    def __init__(self, lab: Lab, command: CommandLine, log: Path) -> None:
        self.lab, self.command, self.log = lab, command, log
        self.database_url = command.environment["AISOC_DATABASE_URL"]
        self.address = ""

    @property
    def set_up_link(self) -> str:
        """The link that the server printed for the first admin."""
        return str(_SET_UP.findall(self.said())[-1])

    def said(self) -> str:
        return self.log.read_text()

    def do(self, use_case: Callable[[Service], Awaitable[_Result]]) -> _Result:
        """Do something with the service's own functions, beside the running server."""
        environment = self.command.environment
        settings = Settings(
            home=Path(environment["AISOC_HOME"]),
            clouds=Path(environment["AISOC_CLOUDS"]),
            database_url=SecretStr(self.database_url),
            keyring=None,
        )

        async def work() -> _Result:
            async with open_service(settings) as service:
                return await use_case(service)

        with ThreadPoolExecutor(1) as thread:  # the browser's own event loop runs in this one
            return thread.submit(asyncio.run, work()).result()

    def add_people(self) -> None:
        """Add an admin, an analyst and a viewer."""

        async def work(service: Service) -> None:
            for name, role in PEOPLE.items():
                await add_user(service, name, role, password=PASSWORD)

        self.do(work)

    def session(self, name: str) -> str:
        """Sign somebody in; returns the cookie's value."""

        async def work(service: Service) -> str:
            user = next(user for user in await list_users(service) if user.name == name)
            async with service.engine.begin() as connection:
                return await start_session(connection, service, user, ip="127.0.0.1", agent="a test", by="password")

        return self.do(work)

    def add_connector(self, name: str = "production", **changes: Any) -> ConnectorRow:
        """Add a connector on the lab's subscription."""
        return self.do(lambda service: add_connector(service, "azure_activity", name, self.lab.config(**changes)))

    def rows(self, sql: str, *parameters: Any) -> list[Any]:
        """Return a query's rows."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            return connection.execute(sql, parameters).fetchall()

    def change(self, sql: str) -> None:
        """Change the database behind the server's back."""
        with psycopg.connect(self.database_url, autocommit=True) as connection:
            connection.execute(sql)

    def stored(self) -> int:
        """Return how many events are stored."""
        return int(self.rows("SELECT count(*) FROM events")[0][0])

    def collect(self, events: list[Any], name: str = "production") -> ConnectorRow:
        """Let events happen, then add a connector, whose first poll reads a day; wait until they are stored.

        In this order: a poll that came before the events would leave most of them to a sweep or an audit.
        """
        self.lab.publish(events)
        row = self.add_connector(name)
        wait_until(lambda: self.stored() >= len(events))
        return row


@contextmanager
def serve(folder: Path, database_url: str, lab: Lab, *, settings: dict[str, str] | None = None) -> Iterator[Console]:
    """Start `aisoc serve` as a user does, wait until it answers, and stop it at the end."""
    with open_command_line(folder, database_url, lab) as command:
        command.environment |= settings or {}
        log = folder / "serve.log"
        console = Console(lab, command, log)
        with (
            log.open("wb") as said,
            subprocess.Popen([command.program, "serve"], env=command.environment, stdout=said, stderr=said) as process,
        ):
            try:
                wait_until(lambda: _ADDRESS.search(console.said()) or process.poll() is not None, _START_SECONDS)
                assert process.poll() is None, console.said()[-1000:]
                console.address = _ADDRESS.findall(console.said())[-1]
                yield console
            finally:
                process.send_signal(signal.SIGTERM)
                process.wait(_STOP_SECONDS)


def errors_in(log: str) -> list[str]:
    """Return the lines of a server's log that tell an error nobody wanted."""
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    bad = [f"{line}" for line in lines if line.get("level") == "error" or "exception" in line]
    return bad + (["a traceback"] if "Traceback" in log else [])

"""What the tests of the sign-in with Entra share: AiSOC as it listens, people of a tenant, their browsers."""

import asyncio
import logging
import re
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import pytest
from conftest import SECRET, Lab
from pydantic import SecretStr
from sqlalchemy import select

from app.log import _QUIET_LIBRARIES
from app.main import open_service
from app.service import Service
from app.settings import Settings
from app.storage.audit import list_changes
from app.storage.tables import audit_log, sessions, sign_ins, users
from app.web.app import create_app
from app.web.server import listen, serve_app
from simulator import Server, User

PAGE = {"Accept": "text/html"}
CALLBACK = "http://localhost/sign-in/entra/callback"
JWT = "eyJhbGci"  # how each begins


@dataclass
class Door:
    """AiSOC as it listens, and the tenant whose people come."""

    service: Service
    lab: Lab
    server: Server
    address: str
    tls: ssl.SSLContext

    def person(self, name: str = "Ada", *roles: str) -> User:
        """Add somebody to the tenant, with app roles."""
        user = self.lab.cloud.add_user(self.lab.tenant, name, f"{name.lower()}@contoso.example")
        self.lab.cloud.assign(user, self.lab.app, roles)
        return user

    @asynccontextmanager
    async def browser(self) -> AsyncIterator[httpx.AsyncClient]:
        """Yield a browser that follows nothing by itself."""
        async with httpx.AsyncClient(verify=self.tls, headers=PAGE, base_url=self.address) as client:
            yield client

    async def rows(self) -> Sequence[Any]:
        """Return the users."""
        async with self.service.engine.connect() as connection:
            return (await connection.execute(select(users).order_by(users.c.created_at, users.c.name))).all()

    async def changes(self) -> list[tuple[str, str, Any]]:
        """Return the audit log, newest first."""
        async with self.service.engine.connect() as connection:
            return [(row["action"], row["actor"], row["facts"]) for row in await list_changes(connection, 100)]


async def pick(browser: httpx.AsyncClient, door: Door, name: str = "Ada", path: str = "/sign-in/entra") -> str:
    """Begin a sign-in, pick an account on the provider's page, and return where that sends the browser."""
    begun = await browser.get(path)
    assert begun.status_code == 302, begun.text
    page = (await browser.get(begun.headers["Location"])).text
    link = re.search(rf'href="([^"]*)">{name}<', page)
    assert link, page
    return (await browser.get(door.server.authority + unescape(link[1]))).headers["Location"]


async def sign_in(
    browser: httpx.AsyncClient, door: Door, name: str = "Ada", path: str = "/sign-in/entra"
) -> httpx.Response:
    """Go the whole way; return the answer of AiSOC at its end."""
    return await browser.get(await pick(browser, door, name, path))


def changed(url: str, **parameters: Any) -> str:
    """Return the URL with some parameters replaced; an empty value removes one."""
    head, _, query = url.partition("?")
    asked = {name: value for name, value in (dict(parse_qsl(query)) | parameters).items() if value}
    return f"{head}?{urlencode(asked)}"


def sign_in_settings(settings: Settings, lab: Lab, **changes: Any) -> Settings:
    """Return settings that name the lab's app, on a free port."""
    ours = {
        "port": 0,
        "sign_in_tenant": lab.tenant,
        "sign_in_client_id": lab.app.client_id,
        "sign_in_client_secret": SecretStr(SECRET),
        "sign_in_cloud": "Lab",
    }
    return settings.model_copy(update=ours | changes)


@asynccontextmanager
async def opened(settings: Settings, lab: Lab, server: Server) -> AsyncIterator[Door]:
    """Serve AiSOC with these settings."""
    async with open_service(settings, lab.clock) as service:
        listener, stopped = listen(settings), asyncio.Event()
        tls = ssl.create_default_context(cafile=str(server.ca_bundle))
        address = f"http://localhost:{listener.getsockname()[1]}"
        serving = asyncio.create_task(serve_app(create_app(service), listener, settings, stopped))
        try:
            yield Door(service, lab, server, address, tls)
        finally:
            stopped.set()
            await serving


def told(answer: httpx.Response, status: int, *words: str) -> None:
    """Check an error's page: its status, and that it says these words."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"].startswith("text/html")
    for word in words:
        assert word in unescape(answer.text)
    assert "aisoc_session" not in answer.headers.get("set-cookie", "")


def written(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Return what the most talkative log would have of what was logged."""
    return [
        record.getMessage()
        for record in caplog.records
        if record.levelno >= logging.WARNING or record.name.split(".")[0] not in _QUIET_LIBRARIES
    ]


async def dumped(service: Service) -> str:
    """Return all that the tables of the doors hold, as text."""
    async with service.engine.connect() as connection:
        found = [(await connection.execute(select(table))).all() for table in (users, sessions, sign_ins, audit_log)]
    return "\n".join(str(rows) for rows in found)

"""What the tests stand on: the real PostgreSQL, a simulated Microsoft cloud over TLS, and a clock that they move."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import psycopg
import pytest
from pydantic import SecretStr
from sqlalchemy import make_url

from app.clock import Clock, SystemClock, VirtualClock
from app.collection.manage import add_connector
from app.connectors import get_connector
from app.connectors.base import Connector
from app.main import open_service
from app.service import Service
from app.settings import Settings
from app.storage.connectors import ConnectorRow
from app.storage.database import migrate
from app.storage.private import start_private_server, stop_private_server
from simulator import App, Cloud, Server, serve_in_thread
from simulator.events import EventFactory, Operation

SHARED = Path(__file__).parents[4] / "shared" / "data"
SECRET = "the-canary~secret-value-of-the-tests"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

_databases = count(1)


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make simulate` and `make screenshots` set; the defaults are what `make test` runs."""
    parser.addoption("--seeds", type=int, default=100, help="stories of the simulation to run")
    parser.addoption("--seed-start", type=int, default=0, help="the first story's seed")
    parser.addoption("--bites", type=int, default=0, help="stories with which each broken product is tried; 0: enough")
    parser.addoption("--screenshots", action="store_true", help="put the pictures into the documentation")
    parser.addoption("--kills", type=int, default=8, help="kills of a real worker process")


def pytest_configure() -> None:
    """Let the programs that tests start be stopped by Ctrl-C: what a shell runs in the background ignores it."""
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A PostgreSQL server with a template database of the newest schema; yields its URL.

    Not below pytest's own temporary folder: as root the server is another user, and a second run of pytest makes
    that folder root's alone.
    """
    with TemporaryDirectory(prefix="aisoc-tests-") as folder:
        url = start_private_server(Path(folder))
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):  # nothing here outlives a power cut
                connection.execute(f"ALTER SYSTEM SET {setting} = off")
            connection.execute("SELECT pg_reload_conf()")
            connection.execute("CREATE DATABASE template_aisoc")
        migrate(make_url(url).set(drivername="postgresql+psycopg", database="template_aisoc"))
        yield url
        stop_private_server(Path(folder))


@contextmanager
def new_database(postgres: str) -> Iterator[str]:
    """Make an empty database of the newest schema, and drop it at the end; yields its URL."""
    name = f"test_{next(_databases)}"
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template_aisoc")
    yield make_url(postgres).set(database=name).render_as_string(hide_password=False)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def database_url(postgres: str) -> Iterator[str]:
    """A database of the test's own."""
    with new_database(postgres) as url:
        yield url


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@dataclass
class Lab:
    """A cloud with one tenant, an app that reads one subscription, and what connects to them."""

    cloud: Cloud
    tenant: str
    app: App
    subscription: str
    clock: Any
    make: EventFactory

    def config(self, **changes: Any) -> str:
        fields = {
            "tenant_id": self.tenant,
            "client_id": self.app.client_id,
            "client_secret": SECRET,
            "subscription_id": self.subscription,
            "cloud": "Lab",
        }
        return json.dumps(fields | changes)

    def publish(self, events: Iterable[Any]) -> None:
        self.cloud.publish(self.subscription, events)

    def operations(
        self, number: int, *, at: datetime | None = None, each: timedelta = timedelta(seconds=1)
    ) -> list[Any]:
        """Return the Started and Succeeded records of so many storage writes, one after another, visible at once."""
        start = at or self.clock.now() - number * each - timedelta(minutes=1)
        return [
            record
            for n in range(number)
            for record in self.operation("Microsoft.Storage/storageAccounts/write", start + n * each)
        ]

    def operation(self, name: str, at: datetime, *, resource: str | None = None, **parts: Any) -> list[Any]:
        """Return the records of one operation on a resource of the subscription, visible at once."""
        provider, *types = name.rsplit("/", 2 if name.lower().endswith("/action") else 1)[0].split("/")
        path = "/".join(f"{kind}/thing" for kind in types)
        target = resource or f"resourceGroups/rg-test/providers/{provider}/{path}"
        return self.make.operation(at, Operation(name, target, **parts), self.make.cast.admin)


def make_lab(clock: Clock) -> Lab:
    cloud = Cloud(clock=clock.now, seed=1)
    cloud.paging.empty_share = 0
    tenant = cloud.add_tenant()
    app = cloud.add_app(tenant, secret=SECRET)
    subscription = cloud.add_subscription(tenant)
    cloud.grant(app, subscription, "Reader")
    make = EventFactory(cloud.rng, tenant, subscription, lag=lambda _rng: 0.0)
    return Lab(cloud, tenant, app, subscription, clock, make)


@pytest.fixture
def lab(clock: VirtualClock) -> Lab:
    return make_lab(clock)


@pytest.fixture
async def server(lab: Lab) -> AsyncIterator[Server]:
    """The lab's cloud over TLS, in the test's own event loop."""
    async with Server(lab.cloud) as running:
        yield running


@pytest.fixture
def settings(tmp_path: Path, database_url: str, server: Server) -> Settings:
    clouds = tmp_path / "clouds.toml"
    clouds.write_text(server.clouds_toml())
    return Settings(home=tmp_path / "home", database_url=SecretStr(database_url), clouds=clouds, keyring=None)


@pytest.fixture
async def service(settings: Settings, clock: VirtualClock) -> AsyncIterator[Service]:
    async with open_service(settings, clock) as opened:
        yield opened


@pytest.fixture
async def row(service: Service, lab: Lab) -> ConnectorRow:
    """A connector on the lab's subscription."""
    return await add_connector(service, "azure_activity", "lab", lab.config())


@pytest.fixture
def connector() -> Connector:
    return get_connector("azure_activity")


@dataclass
class CommandLine:
    """The installed command, started as a user starts it."""

    environment: dict[str, str]
    program = str(Path(sys.executable).parent / "aisoc")

    def start(self, *arguments: str, **options: Any) -> "subprocess.Popen[bytes]":
        command = [self.program, *arguments]
        return subprocess.Popen(
            command,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.PIPE,
            **options,
        )

    def __call__(self, *arguments: str, stdin: bytes = b"", code: int = 0) -> tuple[str, str]:
        """Run a command to its end, check its exit code and return what it printed: (facts, remarks)."""
        with self.start(*arguments) as process:
            out, err = process.communicate(stdin, timeout=60)
        said = out.decode(), err.decode()
        assert process.returncode == code, said
        assert "Traceback" not in said[1], said[1]
        assert SECRET not in "".join(said)
        return said

    def json(self, *arguments: str, **options: Any) -> Any:
        return json.loads(self(*arguments, "--json", **options)[0])


@pytest.fixture
def live_lab() -> Lab:
    """A lab on the machine's clock, for the command line, which knows no other."""
    return make_lab(SystemClock())


@contextmanager
def open_command_line(folder: Path, database_url: str, lab: Lab) -> Iterator[CommandLine]:
    """Serve a lab's cloud in a thread, and yield the command line that reads it into a database."""
    with serve_in_thread(lab.cloud) as server:
        clouds = folder / "clouds.toml"
        clouds.write_text(server.clouds_toml())
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AISOC_")}
        ours = {
            "AISOC_HOME": folder / "home",
            "AISOC_DATABASE_URL": database_url,
            "AISOC_CLOUDS": clouds,
            "AISOC_PORT": 0,
        }
        yield CommandLine(inherited | {name: str(value) for name, value in ours.items()})


@pytest.fixture
def aisoc(tmp_path: Path, database_url: str, live_lab: Lab) -> Iterator[CommandLine]:
    """The command line with a database of its own, on the live lab's cloud in a thread."""
    with open_command_line(tmp_path, database_url, live_lab) as command:
        yield command


@pytest.fixture
def config(tmp_path: Path, live_lab: Lab) -> Path:
    """The file of a connector's configuration."""
    file = tmp_path / "connector.json"
    file.write_text(live_lab.config())
    return file


@pytest.fixture
def added(aisoc: CommandLine, config: Path) -> None:
    """A connector named lab, added by the command line."""
    aisoc("connectors", "add", "azure_activity", "--name", "lab", "--config", str(config))

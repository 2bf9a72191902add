"""What the tests of the doors share: people, and the browsers and programs that they come with."""

import re
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import httpx

from app.security.roles import Actor, Role
from app.security.sessions import start_session
from app.security.users import add_user
from app.service import Service
from app.storage.users import UserRow
from app.web.app import create_app

PASSWORD = "seven lamps on the river"
# What browsers send with a form of our own pages.
OWN = {"origin": "http://localhost", "accept": "text/html"}


async def person(service: Service, name: str, role: Role = Role.ADMIN) -> UserRow:
    """Add a user with the tests' password."""
    return await add_user(service, name, role, password=PASSWORD)


def in_hands_of(service: Service, user: UserRow, via: Any = "console") -> Service:
    """Return the service as a user has it."""
    return service.acting_as(Actor(user.name, user.role, via, user.id, "192.0.2.1"))


async def session_of(service: Service, user: UserRow) -> str:
    """Return the secret of a new session of a user, without asking for the password."""
    async with service.engine.begin() as connection:
        return await start_session(connection, service, user, ip=None, agent=None, by="test")


@asynccontextmanager
async def browser(service: Service, app: Any = None, **options: Any) -> AsyncIterator[httpx.AsyncClient]:
    """Yield a browser with no cookies that shows pages of the service."""
    transport = httpx.ASGITransport(app or create_app(service), client=options.pop("client", ("192.0.2.1", 40_000)))
    options = {"base_url": "http://localhost", "headers": OWN} | options
    async with httpx.AsyncClient(transport=transport, **options) as client:
        yield client


async def sign_in(client: httpx.AsyncClient, name: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
    """Fill in and send the sign-in form."""
    return await client.post("/sign-in", data={"name": name, "password": password} | fields)


@contextmanager
def serving(aisoc: Any, *arguments: str) -> Iterator[tuple[str, Any]]:
    """Run `aisoc serve`; yields its address and the process."""
    with aisoc.start("serve", "--no-collect", *arguments) as process:
        said = ""
        while "Console: " not in said:
            line = process.stderr.readline().decode()
            assert line, said
            said += line
        yield said.partition("Console: ")[2].split()[0], process
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def words(response: httpx.Response) -> str:
    """Return what a page says, without its marks."""
    return " ".join(re.sub(r"<[^>]*>", " ", response.text).split())

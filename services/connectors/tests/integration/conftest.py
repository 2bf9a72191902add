"""The API as its callers meet it, in this process, each with a token of their own."""

from contextlib import asynccontextmanager

import httpx
import pytest
import structlog
from support import ADDRESS

from app.security.roles import Role
from app.security.tokens import create_token
from app.security.users import add_user
from app.web.app import create_app


@pytest.fixture(autouse=True, scope="session")
def _short_tracebacks():
    """Print tracebacks as the service does; with all local variables each takes seconds."""
    renderer = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, renderer])


@pytest.fixture
def application(service):
    return create_app(service)


@pytest.fixture
def calling(application, service):
    """Open a client that has the token of a user named by its role, or of nobody."""

    tokens = {}

    async def token_of(role):
        if role not in tokens:
            user = await add_user(service, role, Role(role))
            _, tokens[role] = await create_token(service, "tests", Role(role), user_id=user.id)
        return tokens[role]

    @asynccontextmanager
    async def client(role):
        headers = {"Authorization": f"Bearer {await token_of(role)}"} if role else {}
        transport = httpx.ASGITransport(application, client=("192.0.2.7", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url=ADDRESS, headers=headers) as opened:
            yield opened

    return client


@pytest.fixture
async def api(calling):
    """An admin's client."""
    async with calling("admin") as client:
        yield client

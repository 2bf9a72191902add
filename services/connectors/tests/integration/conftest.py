"""The API as its callers meet it, in this process."""

from contextlib import asynccontextmanager
from uuid import uuid4

import httpx
import pytest

from app.security.roles import Actor, Role
from app.web import access
from app.web.app import create_app


@pytest.fixture
def application(service):
    return create_app(service)


@pytest.fixture
def calling(application, monkeypatch):
    """Open a client that is signed in with a role, or with none."""

    async def find_caller(request):
        role = request.headers.get("x-test-role")
        if role is None:
            return await nobody(request)
        return Actor(role, Role(role), "api", uuid4(), "192.0.2.7")

    nobody = access.find_caller
    monkeypatch.setattr(access, "find_caller", find_caller)

    @asynccontextmanager
    async def client(role):
        headers = {"x-test-role": role} if role else {}
        transport = httpx.ASGITransport(application, client=("192.0.2.7", 50_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as opened:
            yield opened

    return client


@pytest.fixture
async def api(calling):
    """An admin's client."""
    async with calling("admin") as client:
        yield client

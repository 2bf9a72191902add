"""The composition root: the one place that builds things."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.clock import Clock, SystemClock
from app.microsoft.clouds import read_clouds
from app.security.keyring import KeyRing
from app.security.vault import Vault
from app.service import Service
from app.settings import Settings, read_settings
from app.storage.database import open_database


@asynccontextmanager
async def open_service(settings: Settings | None = None, clock: Clock | None = None) -> AsyncIterator[Service]:
    """Build the service from the environment's settings, and close it again.

    Raises InvalidInput, Abort or Retry that says which part cannot be had and why.
    """
    settings = settings or read_settings()
    clouds = read_clouds(settings.clouds)
    keyring = settings.keyring.get_secret_value() if settings.keyring else None
    vault = Vault(KeyRing(settings.home, keyring))
    async with open_database(settings) as engine:
        yield Service(settings, clock or SystemClock(), engine, vault, clouds)

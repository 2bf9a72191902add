"""What the parts of the service share, put together once by main.py."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from app.clock import Clock
from app.connectors.base import Context
from app.microsoft.clouds import Clouds
from app.security.vault import Vault
from app.settings import Settings


@dataclass(frozen=True)
class Service:
    """The service's parts: settings, clock, database, vault, clouds."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    vault: Vault
    clouds: Clouds

    @property
    def context(self) -> Context:
        """What connectors may use."""
        return Context(self.clouds, self.clock)

    @property
    def background_context(self) -> Context:
        """What connectors may use for work that must not delay other work."""
        return self.context

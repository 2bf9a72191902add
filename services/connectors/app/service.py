"""What the parts of the service share, put together once by main.py."""

from dataclasses import dataclass, replace

from sqlalchemy.ext.asyncio import AsyncEngine

from app.clock import Clock
from app.connectors.base import Context
from app.detection.rulebook import RuleBook
from app.microsoft.clouds import Clouds
from app.microsoft.pace import Paces
from app.security.roles import SYSTEM, Actor
from app.security.vault import Vault
from app.settings import Settings


@dataclass(frozen=True)
class Service:
    """The service's parts: settings, clock, database, vault, clouds, reading allowances, rules; and who uses it."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    vault: Vault
    clouds: Clouds
    paces: Paces
    rules: RuleBook
    actor: Actor = SYSTEM

    def acting_as(self, actor: Actor) -> "Service":
        """Return the service in somebody's hands: what they may not do is denied, what they change is noted."""
        return replace(self, actor=actor)

    @property
    def context(self) -> Context:
        """What connectors may use."""
        return Context(self.clouds, self.clock, self.paces)

    @property
    def background_context(self) -> Context:
        """What connectors may use for work that must not delay other work."""
        return replace(self.context, background=True)

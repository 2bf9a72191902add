"""The composition root: the one place that builds things."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache

from app.clock import Clock, SystemClock
from app.detection.countries import Countries, use_countries
from app.detection.rulebook import RuleBook, rule_folders
from app.microsoft.clouds import read_clouds
from app.microsoft.pace import Paces
from app.security.keyring import KeyRing
from app.security.roles import SYSTEM, Actor
from app.security.vault import Vault
from app.service import Service
from app.settings import Settings, read_settings
from app.storage.database import open_database


@asynccontextmanager
async def open_service(
    settings: Settings | None = None, clock: Clock | None = None, actor: Actor = SYSTEM
) -> AsyncIterator[Service]:
    """Build the service from the environment's settings, and close it again. actor: in whose hands it is.

    Raises InvalidInput, Abort or Retry that says which part cannot be had and why.
    """
    settings, clock = settings or read_settings(), clock or SystemClock()
    clouds = read_clouds(settings.clouds)
    keyring = settings.keyring.get_secret_value() if settings.keyring else None
    vault = Vault(KeyRing(settings.home, keyring))
    use_countries(Countries(settings.countries))
    rules = RuleBook(rule_folders(settings.rules), settings.rule_values, clock)
    async with open_database(settings) as engine:
        _spare_the_collector()
        yield Service(settings, clock, engine, vault, clouds, Paces(clock), rules, actor)


@cache
def _spare_the_collector() -> None:
    """Keep Python's collector of cycles from looking at the whole program again for each few hundred events.

    What was built until now stays for good, and events hold no cycles.
    """
    gc.freeze()
    gc.set_threshold(10_000)

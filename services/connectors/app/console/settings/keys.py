"""Settings: the keys that protect connectors' secrets, and their rotation."""

from nicegui import ui

from app.collection.keys import list_keys, rotate_keys
from app.console.pages import page
from app.console.parts import finding, moment, panel, tag
from app.console.settings.common import ask, table, tabs
from app.console.view import View
from app.errors import AisocError
from app.security.roles import Role
from app.service import Service
from app.storage.audit import list_changes

_PATH = "/settings/keys"


@page(_PATH, "Encryption keys", Role.ADMIN)
async def keys_page(view: View) -> None:
    """Draw the key ring by its keys' names, and what rotates it."""
    tabs(view, _PATH)
    with panel("Encryption keys"):
        ui.label(
            "Connectors' secrets are kept encrypted (AES-256-GCM). The keys are in the key ring, a file beside the "
            "database and never in it; here you see their names only."
        )
        keys = _Keys(view, ui.element("div").classes("place-of-rows"))
        tag("h3", "Rotate")
        ui.label(
            "A rotation makes a new key and encrypts every secret with it. The key before stays in the ring until the "
            "next rotation, for backups of the day; older ones go. Polls go on meanwhile."
        )
        keys.result = ui.element("div").props('role="status"').classes("place-of-rows")
        ui.button("Rotate keys", icon="autorenew", on_click=keys.rotate).props("unelevated").classes("own-width")
    await keys.draw()


class _Keys:
    def __init__(self, view: View, place: ui.element) -> None:
        self._view, self._place = view, place
        self.result: ui.element

    async def draw(self) -> None:
        service = await self._view.service()
        self._place.clear()
        with self._place:
            try:
                await _draw_keys(service)
            except AisocError as error:
                finding("error", error.message, error.remedy)

    async def rotate(self) -> None:
        """Ask, rotate, and say what came of it."""
        text = "Every connector's secret is encrypted with a new key. Afterwards back the key ring up."
        if not await ask("Rotate the keys?", text, "Rotate"):
            return
        service = await self._view.service()
        self.result.clear()
        try:
            number = await rotate_keys(service)
        except AisocError as error:
            with self.result:
                finding("error", error.message, error.remedy)
            return
        with self.result:
            where = service.vault.ring
            finding(
                "ok",
                f"The secrets of {number} connectors are encrypted with the key {service.vault.keys.primary}.",
                f"Back the key ring up: {where.path}. Without it the secrets cannot be read."
                if where.writable
                else "The ring came in AISOC_KEYRING and was not changed: its primary key is used.",
            )
        await self.draw()


async def _draw_keys(service: Service) -> None:
    keys, now = await list_keys(service), service.clock.now()
    async with service.engine.connect() as connection:
        rotated = await list_changes(connection, 1, action="keys.rotate")
    with table("Keys", ("Name", "Use", "Protects")):
        for key in keys:
            with ui.element("tr"):
                tag("td", key.name, "mono")
                tag("td", "encrypts and decrypts" if key.primary else "decrypts only")
                tag("td", f"{key.protects} connectors" if key.protects != 1 else "1 connector")
    last = rotated[0] if rotated else None
    ui.label(
        f"Last rotated {moment(last['at'], now)} UTC by {last['actor']}." if last else "Never rotated here."
    ).classes("quiet small")

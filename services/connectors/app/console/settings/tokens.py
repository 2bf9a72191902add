"""Settings: API tokens, one's own and, for admins, everybody's."""

from datetime import datetime

from nicegui import ui

from app.console.pages import page
from app.console.parts import empty, panel, tag
from app.console.settings.common import ask, dialog_of, show_once, table, tabs, when
from app.console.view import View
from app.security.roles import Role
from app.security.tokens import DEFAULT_DAYS, create_token, list_tokens, revoke_token
from app.storage.tokens import TokenRow

_PATH = "/settings/tokens"
_DAYS = {7: "7 days", 30: "30 days", 90: "90 days", 180: "180 days", 365: "a year"}


@page(_PATH, "API tokens")
async def tokens_page(view: View) -> None:
    """Draw the lists of tokens."""
    tabs(view, _PATH)
    with panel("Your API tokens"):
        own = _Tokens(view)
        with ui.row().classes("panel-line"):
            ui.label("For programs: sent as a bearer token, never mightier than you.").classes("quiet grow")
            ui.button("Create token", icon="add", on_click=own.create).props("unelevated")
        own.place = ui.element("div").classes("place-of-rows")
    await own.draw()
    if view.may(Role.ADMIN):
        with panel("Everybody's API tokens"):
            everybodys = _Tokens(view, everybodys=True)
            everybodys.place = ui.element("div").classes("place-of-rows")
        own.beside, everybodys.beside = everybodys, own
        await everybodys.draw()


class _Tokens:
    """A list of tokens. beside: the other list, which shows some of the same."""

    def __init__(self, view: View, *, everybodys: bool = False) -> None:
        self._view, self._everybodys = view, everybodys
        self.place: ui.element
        self.beside: _Tokens | None = None

    async def draw(self) -> None:
        service = await self._view.service()
        tokens = await list_tokens(service, everybodys=self._everybodys)
        owner = ("Owner",) if self._everybodys else ()
        self.place.clear()
        with self.place:
            if not tokens:
                empty("key_off", "No tokens", "Create one for a program that asks AiSOC.")
                return
            with table("API tokens", ("Name", *owner, "Role", "Created", "Expires", "Last used", "")):
                for token in tokens:
                    self._row(token, service.clock.now())

    def _row(self, token: TokenRow, now: datetime) -> None:
        with ui.element("tr"):
            tag("td", token.name, "strong wrap")
            if self._everybodys:
                tag("td", token.owner, "wrap")
            tag("td", token.effective_role.value)
            when(token.created_at, now)
            if token.expires_at <= now:
                tag("td", "expired")
            else:
                when(token.expires_at, now)
            when(token.used_at, now)
            with ui.element("td").classes("actions"):
                button = ui.button("Revoke", on_click=lambda: self._revoke(token), color=None).props("flat dense")
                button.props["aria-label"] = f"Revoke {token.name} of {token.owner}"

    async def create(self) -> None:
        """Ask what the token is for, make it, and show it once."""
        roles = [role.value for role in Role if self._view.caller.role.covers(role)]
        with dialog_of("Create token") as dialog:
            name = ui.input("What it is for *").props("outlined dense autocomplete=off maxlength=100 autofocus")
            role = ui.select(roles, value=roles[0], label="Role").props("outlined dense")
            days = ui.select(_DAYS, value=DEFAULT_DAYS, label="Works for").props("outlined dense")
            with ui.row().classes("dialog-buttons"):
                ui.button("Cancel", on_click=dialog.delete, color=None).props("flat")

                async def create() -> None:
                    service = await self._view.service()
                    token, secret = await create_token(service, name.value or "", Role(role.value), days=days.value)
                    await self._created(token, secret)
                    dialog.delete()  # at the end: what is drawn belongs to it

                ui.button("Create token", on_click=create).props("unelevated")
            name.on("keydown.enter", create)
        dialog.open()

    async def _created(self, token: TokenRow, secret: str) -> None:
        await self._drawn_anew()
        show_once(
            f"Token {token.name}",
            "Copy it now: it is shown this once, and only its hash is kept.",
            secret,
            f"Send it as the header Authorization: Bearer …. It works until {token.expires_at:%d %b %Y}.",
        )

    async def _revoke(self, token: TokenRow) -> None:
        text = f"Programs that use {token.name} of {token.owner} are refused from now on."
        if await ask("Revoke the token?", text, "Revoke"):
            await revoke_token(await self._view.service(), token.id)
            await self._drawn_anew()

    async def _drawn_anew(self) -> None:
        for tokens in (self, self.beside):
            if tokens is not None:
                await tokens.draw()

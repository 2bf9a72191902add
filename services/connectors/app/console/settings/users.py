"""Settings: users, their roles, and the links with which they choose a password."""

from datetime import datetime
from typing import NamedTuple

from nicegui import ui

from app.console.pages import page
from app.console.parts import panel, tag
from app.console.settings.common import ask, dialog_of, show_once, table, tabs, when
from app.console.view import View
from app.security.links import PASSWORD_HOURS, make_password_link
from app.security.roles import Role
from app.security.users import add_user, change_role, list_users, remove_user, switch_user
from app.storage.users import UserRow

_PATH = "/settings/users"
_ONLY_ADMIN = "The only admin who can sign in: make somebody else an admin first."


class _Shown(NamedTuple):
    """The users as they are drawn. only_admin: whose role nobody may take."""

    users: list[UserRow]
    only_admin: UserRow | None
    now: datetime


@page(_PATH, "Users", Role.ADMIN)
async def users_page(view: View) -> None:
    """Draw the list of users."""
    tabs(view, _PATH)
    users = _Users(view)
    with panel("Users"):
        with ui.row().classes("panel-line"):
            ui.label("Viewers look, analysts also read from the sources, admins do everything.").classes("quiet grow")
            ui.button("Add user", icon="person_add", on_click=users.add).props("unelevated")
        users.place = ui.element("div").classes("place-of-rows")
    await users.draw()


class _Users:
    def __init__(self, view: View) -> None:
        self._view = view
        self.place: ui.element

    async def draw(self) -> None:
        service = await self._view.service()
        users = await list_users(service)
        admins = [user for user in users if user.role is Role.ADMIN and user.enabled]
        shown = _Shown(users, admins[0] if len(admins) == 1 else None, service.clock.now())
        self.place.clear()
        with self.place, table("Users", ("Name", "Role", "State", "Last seen", "")):
            for user in users:
                self._row(user, shown)

    def _row(self, user: UserRow, shown: _Shown) -> None:
        only = user is shown.only_admin
        with ui.element("tr"):
            with ui.element("td"):
                with ui.element("div").classes("who"):
                    ui.label(user.name).classes("strong wrap")
                    if user.id == self._view.caller.user_id:
                        ui.label("you").classes("chip severity-info")
                    if user.subject is not None:
                        ui.label("Entra").classes("chip severity-low")
                if only:
                    ui.label(_ONLY_ADMIN).classes("quiet small")
            with ui.element("td"):
                self._role(user, fixed=only)
            tag("td", _state(user))
            when(user.last_seen_at, shown.now)
            with ui.element("td").classes("actions"):
                self._actions(user, fixed=only)

    def _role(self, user: UserRow, *, fixed: bool) -> None:
        async def chosen() -> None:
            await self._change_role(user, Role(select.value))

        select = ui.select([role.value for role in Role], value=user.role.value).props("dense outlined options-dense")
        select.props["aria-label"] = f"Role of {user.name}"
        select.classes("role").set_enabled(not fixed)
        select.on_value_change(chosen)

    def _actions(self, user: UserRow, *, fixed: bool) -> None:
        with ui.button(icon="more_vert", color=None).props("flat round dense") as button, ui.menu():
            if user.subject is None:
                ui.menu_item("New password link", lambda: self._link(user))
            if not fixed:
                does = "Disable" if user.enabled else "Enable"
                ui.menu_item(does, lambda: self._switch(user))
                ui.menu_item("Remove", lambda: self._remove(user))
        button.props["aria-label"] = f"Actions for {user.name}"

    async def add(self) -> None:
        """Ask for a name and a role, add the user, and show the link to hand over."""
        with dialog_of("Add user") as dialog:
            name = ui.input("Name *").props("outlined dense autocomplete=off spellcheck=false maxlength=100 autofocus")
            role = ui.select([each.value for each in Role], value=Role.VIEWER.value, label="Role")
            role.props("outlined dense")
            ui.label("You get a link to hand over, with which they choose a password.").classes("quiet small")
            with ui.row().classes("dialog-buttons"):
                ui.button("Cancel", on_click=dialog.delete, color=None).props("flat")

                async def add() -> None:
                    service = await self._view.service()
                    user = await add_user(service, name.value or "", Role(role.value))
                    await self.draw()
                    await self._link(user)
                    dialog.delete()  # at the end: what is drawn belongs to it

                ui.button("Add user", on_click=add).props("unelevated")
            name.on("keydown.enter", add)
        dialog.open()

    async def _link(self, user: UserRow) -> None:
        secret = await make_password_link(await self._view.service(), user.id)
        service = await self._view.service()
        address = (service.settings.public_url or str(self._view.request.base_url)).rstrip("/")
        show_once(
            f"Password link for {user.name}",
            f"Hand this link over to {user.name}. It is shown once, works once, and for {PASSWORD_HOURS} hours.",
            f"{address}/password?link={secret}",
            "Who has the link chooses the password: send it on a way that you trust.",
        )

    async def _change_role(self, user: UserRow, role: Role) -> None:
        own = user.id == self._view.caller.user_id
        text = f"{user.name} becomes {role}, and has to sign in again." + (" That is you." if own else "")
        if await ask("Change the role?", text, "Change the role"):
            await change_role(await self._view.service(), user.id, role)
        await self.draw()

    async def _switch(self, user: UserRow) -> None:
        text = f"{user.name} can no longer sign in; their sessions end and their tokens stop."
        if user.enabled and not await ask("Disable the user?", text, "Disable"):
            return
        await switch_user(await self._view.service(), user.id, enabled=not user.enabled)
        await self.draw()

    async def _remove(self, user: UserRow) -> None:
        text = f"{user.name} is removed with sessions, tokens and saved searches. The audit log keeps what they did."
        if await ask("Remove the user?", text, "Remove", typed=user.name):
            await remove_user(await self._view.service(), user.id)
            await self.draw()


def _state(user: UserRow) -> str:
    if not user.enabled:
        return "Disabled"
    return "Active" if user.password or user.subject else "No password yet"

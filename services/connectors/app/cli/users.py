"""`aisoc users`: who may sign in. Whoever may run this command is an admin by that."""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

import typer

from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, stdout, table, when
from app.errors import InvalidInput
from app.main import open_service
from app.security.facts import signs_in_with, user_facts
from app.security.links import PASSWORD_HOURS, make_password_link
from app.security.roles import Role
from app.security.users import add_user, change_role, list_users, remove_user, set_password, switch_user, user_named
from app.service import Service
from app.settings import Settings
from app.storage.users import UserRow

app = typer.Typer(help="Users of console and API, and their roles.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(metavar="NAME", help="The user's name.")]
RoleOption = Annotated[Role, typer.Option("--role", help="What they may do.", case_sensitive=False)]
PasswordInput = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input.")]


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List the users with their roles."""

    async def work() -> list[UserRow]:
        async with open_service(actor=operator()) as service:
            return await list_users(service)

    found = run(work(), as_json=as_json)
    if as_json:
        print_json([user_facts(user) for user in found])
    elif not found:
        stdout().print("No users yet. aisoc serve prints a link for the first; or: aisoc users add NAME --role admin")
    else:
        shown = table("name", "role", "signs in with", "last seen (UTC)", "")
        for user in found:
            state = "" if user.enabled else "disabled"
            shown.add_row(printable(user.name), user.role, signs_in_with(user), when(user.last_seen_at), state)
        stdout().print(shown)


@app.command()
def add(
    name: Name,
    role: RoleOption = Role.VIEWER,
    password_stdin: PasswordInput = False,
    as_json: AsJson = False,
) -> None:
    """Add a user; prints a one-time link with which they choose a password.

    Example: aisoc users add alice --role analyst
    """

    async def work() -> tuple[UserRow, str | None]:
        password = _read_password() if password_stdin else None
        async with open_service(actor=operator()) as service:
            user = await add_user(service, name, role, password=password)
            return user, None if password_stdin else await _link(service, user)

    user, link = run(work(), as_json=as_json)
    _tell(user, f"Added {user.name} as {user.role}.", link, as_json=as_json)


@app.command()
def password(name: Name, password_stdin: PasswordInput = False, as_json: AsJson = False) -> None:
    """Make a new one-time link with which a user chooses a password: the way back in when it was lost.

    Example: aisoc users password alice
    """

    async def work(service: Service, user: UserRow) -> tuple[UserRow, str | None]:
        if not password_stdin:
            return user, await _link(service, user)
        await set_password(service, user.id, _read_password())
        return user, None

    user, link = _on_user(name, work, as_json=as_json)
    _tell(user, "" if link else f"{user.name} has a new password.", link, as_json=as_json)


@app.command()
def role(
    name: Name,
    role: Annotated[Role, typer.Argument(metavar="ROLE", help="viewer, analyst or admin.", case_sensitive=False)],
    as_json: AsJson = False,
) -> None:
    """Give a user another role; they sign in anew.

    Example: aisoc users role alice admin
    """

    async def work(service: Service, user: UserRow) -> UserRow:
        return await change_role(service, user.id, role)

    user = _on_user(name, work, as_json=as_json)
    _tell(user, f"{user.name} is {user.role} now.", as_json=as_json)


@app.command()
def enable(name: Name, as_json: AsJson = False) -> None:
    """Let a user in again."""
    _switch(name, enabled=True, as_json=as_json)


@app.command()
def disable(name: Name, as_json: AsJson = False) -> None:
    """Keep a user out: sessions end and tokens stop at once."""
    _switch(name, enabled=False, as_json=as_json)


@app.command()
def remove(
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: AsJson = False,
) -> None:
    """Remove a user with their sessions, tokens and saved searches; the audit log keeps what they did."""

    async def work(service: Service, user: UserRow) -> UserRow:
        if not yes and sys.stdin.isatty() and not typer.confirm(f"Remove {user.name} and their tokens?"):
            raise typer.Exit(1)
        await remove_user(service, user.id)
        return user

    user = _on_user(name, work, as_json=as_json)
    if as_json:
        print_json({"removed": user.name})
    else:
        stdout().print(f"Removed {printable(user.name)}.")


def _switch(name: str, *, enabled: bool, as_json: bool) -> None:
    async def work(service: Service, user: UserRow) -> UserRow:
        return await switch_user(service, user.id, enabled=enabled)

    user = _on_user(name, work, as_json=as_json)
    _tell(user, f"{user.name} is {'enabled' if enabled else 'disabled'}.", as_json=as_json)


def _on_user(name: str, work: Callable[[Service, UserRow], Awaitable[Any]], *, as_json: bool) -> Any:
    """Run a command's work on a user and return what it returns."""

    async def opened() -> Any:
        async with open_service(actor=operator()) as service:
            return await work(service, await user_named(service, name))

    return run(opened(), as_json=as_json)


async def _link(service: Service, user: UserRow) -> str:
    secret = await make_password_link(service, user.id)
    return f"{_address(service.settings)}/password?link={secret}"


def _address(settings: Settings) -> str:
    """Return where people open the console, as far as the settings tell."""
    port = settings.port or Settings.model_fields["port"].default
    return (settings.public_url or f"http://localhost:{port}").rstrip("/")


def _read_password() -> str:
    typed = sys.stdin.readline().rstrip("\r\n")
    if not typed:
        raise InvalidInput("no_password", "Standard input has no password.", "Write it there, in one line.")
    return typed


def _tell(user: UserRow, sentence: str, link: str | None = None, *, as_json: bool) -> None:
    if as_json:
        print_json(user_facts(user) | ({} if link is None else {"password_link": link}))
        return
    if sentence:
        stdout().print(printable(sentence), soft_wrap=True)
    if link is not None:
        stdout().print(f"Password link for {printable(user.name)}, once, within {PASSWORD_HOURS} hours:")
        stdout().print(link, soft_wrap=True)

"""`aisoc tokens`: what programs use the API with."""

from typing import Annotated

import typer

from app.cli.operator import operator
from app.cli.output import AsJson, print_json, printable, run, stderr, stdout, table, when
from app.errors import NotFound
from app.main import open_service
from app.security.facts import token_facts
from app.security.roles import Role
from app.security.tokens import DEFAULT_DAYS, MOST_DAYS, create_token, list_tokens, revoke_token
from app.security.users import user_named
from app.storage.tokens import TokenRow

app = typer.Typer(help="API tokens: made for a user, shown once.", no_args_is_help=True)
Owner = Annotated[str, typer.Option("--user", help="Whose token it is: it may never do more than they may.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is for, as: report.")]


@app.command()
def create(
    name: Name,
    user: Owner,
    role: Annotated[Role, typer.Option("--role", help="What it may do.", case_sensitive=False)] = Role.VIEWER,
    days: Annotated[int, typer.Option("--days", min=1, max=MOST_DAYS, help="When it expires.")] = DEFAULT_DAYS,
    as_json: AsJson = False,
) -> None:
    """Make a token and print it, once.

    Example: aisoc tokens create report --user alice
    """

    async def work() -> tuple[TokenRow, str]:
        async with open_service(actor=operator()) as service:
            owner = await user_named(service, user)
            return await create_token(service, name, role, days=days, user_id=owner.id)

    made, secret = run(work(), as_json=as_json)
    if as_json:
        print_json(token_facts(made) | {"token": secret})
        return
    stderr().print(f"It expires on {when(made.expires_at)} UTC and is not shown again.", style="dim")
    print(secret)


@app.command(name="list")
def list_(as_json: AsJson = False) -> None:
    """List everybody's tokens, without their secrets."""

    async def work() -> list[TokenRow]:
        async with open_service(actor=operator()) as service:
            return await list_tokens(service, everybodys=True)

    found = run(work(), as_json=as_json)
    if as_json:
        print_json([token_facts(token) for token in found])
        return
    shown = table("user", "name", "role", "expires (UTC)", "last used (UTC)")
    for token in found:
        named = (printable(token.owner), printable(token.name))
        shown.add_row(*named, token.effective_role, when(token.expires_at), when(token.used_at))
    stdout().print(shown if found else "No tokens yet.")


@app.command()
def revoke(name: Name, user: Owner, as_json: AsJson = False) -> None:
    """Remove a token; it stops at once.

    Example: aisoc tokens revoke report --user alice
    """

    async def work() -> None:
        async with open_service(actor=operator()) as service:
            owner = await user_named(service, user)
            found = [token for token in await list_tokens(service, everybodys=True) if token.user_id == owner.id]
            token = next((token for token in found if token.name == name), None)
            if token is None:
                raise NotFound("unknown_token", f"{owner.name} has no token {name!r}.", "See aisoc tokens list.")
            await revoke_token(service, token.id)

    run(work(), as_json=as_json)
    if as_json:
        print_json({"revoked": name})
    else:
        stdout().print(f"Revoked {printable(name)}.")

"""`aisoc keys`: what keeps connectors' secrets safe."""

import typer

from app.cli.operator import operator
from app.cli.output import AsJson, print_json, run, stdout
from app.collection.keys import rotate_keys
from app.main import open_service

app = typer.Typer(help="The keys that protect connectors' secrets.", no_args_is_help=True)


@app.command()
def rotate(as_json: AsJson = False) -> None:
    """Make a new key and re-encrypt every connector's secrets with it."""

    async def work() -> int:
        async with open_service(actor=operator()) as service:
            return await rotate_keys(service)

    count = run(work(), as_json=as_json)
    if as_json:
        print_json({"reencrypted": count})
    else:
        stdout().print(f"The secrets of {count} connector{'' if count == 1 else 's'} are encrypted with a new key.")

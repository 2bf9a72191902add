"""What the commands on one connector share: its name, and how it is found."""

import sys
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer

from app.cli.operator import operator
from app.cli.output import run
from app.log import configure_logging
from app.main import open_service
from app.service import Service
from app.storage.connectors import ConnectorRow, find_connector

Name = Annotated[str, typer.Argument(help="The connector's name.")]


def on_connector(
    name: str, work: Callable[[Service, ConnectorRow], Awaitable[None]], *, as_json: bool, logs: bool = False
) -> None:
    """Run work on the connector of that name; logs: print log lines too where nobody watches a terminal."""

    async def found() -> None:
        async with open_service(actor=operator()) as service:
            async with service.engine.connect() as connection:
                row = await find_connector(connection, name)
            if logs and not sys.stderr.isatty():
                # A poll's line is logged as under `serve`; in a terminal its result is printed for people.
                configure_logging(service.settings.log_level)
            await work(service, row)

    run(found(), as_json=as_json)

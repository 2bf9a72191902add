"""How soon the console's pages are of use in a browser that has nothing in its cache, on what `make seed` stored.

A page is of use when what it is for can be read: the first event of the table, the overview's chart. The server is a
real `aisoc serve`; a user named bench is added to the seeded store. Exit 1 when a median is over the bar.
"""

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from bench.seed import HOME
from browser.chromium import find_browser
from playwright.sync_api import Browser, sync_playwright
from rich.console import Console
from rich.table import Table

from app.main import open_service
from app.security.roles import Role
from app.security.sessions import start_session
from app.security.users import add_user, list_users
from app.settings import Settings
from app.storage.private import stop_private_server

_BAR_SECONDS = 2.0
_START_LINES = 50
_ROW = ".ag-center-cols-container [role=row] >> text=/20\\d\\d-/"
_CHART = "main canvas, main svg"
PAGES = {"/events": _ROW, "/events?q=severity%3E%3Dmedium": _ROW, "/events?q=delete+since%3A7d": _ROW, "/": _CHART}
"""The pages, and what makes each of use."""


def main() -> None:
    """Measure, print, and exit 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--home", type=Path, default=HOME)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    try:
        session = asyncio.run(_session(asked.home))
        with _served(asked.home) as address, _browser() as browser:
            taken = {path: [_load(browser, address, session, path) for _ in range(asked.runs + 1)] for path in PAGES}
    finally:
        stop_private_server(asked.home)
    Console().print(_table(taken))
    sys.exit(any(median(seconds[1:]) >= _BAR_SECONDS for seconds in taken.values()))


async def _session(home: Path) -> str:
    """Return the secret of a session of the user bench."""
    async with open_service(Settings(home=home, database_url=None)) as service:
        users = await list_users(service)
        user = next((user for user in users if user.name == "bench"), None)
        user = user or await add_user(service, "bench", Role.ADMIN)
        async with service.engine.begin() as connection:
            return await start_session(connection, service, user, ip="127.0.0.1", agent="bench", by="password")


@contextmanager
def _served(home: Path) -> Iterator[str]:
    """Serve the store without collecting; yields the address."""
    ours = {"AISOC_HOME": str(home), "AISOC_PORT": "0"}
    others = {name: value for name, value in os.environ.items() if not name.startswith("AISOC_")}
    command = [sys.executable, "-m", "app", "serve", "--no-collect"]
    with subprocess.Popen(command, env=others | ours, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        try:
            said = (process.stderr.readline() for _ in range(_START_LINES))
            yield next(found[1] for line in said if (found := re.match(r"Console: (\S+)", line)))
        finally:
            process.terminate()


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=find_browser(), args=["--no-sandbox", "--disable-gpu"])
        yield opened
        opened.close()


def _load(browser: Browser, address: str, session: str, path: str) -> float:
    """Return the seconds until a page is of use."""
    context = browser.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    context.add_cookies([{"name": "aisoc_session", "value": session, "url": address}])
    page = context.new_page()
    began = time.perf_counter()
    page.goto(path, wait_until="commit")
    page.wait_for_selector(PAGES[path])
    seconds = time.perf_counter() - began
    context.close()
    return seconds


def _table(taken: dict[str, list[float]]) -> Table:
    shown = Table(title="Seconds until a page is of use, cold", title_justify="left", box=None)
    for name in ("page", "first", "median", "worst", ""):
        shown.add_column(name, justify="left" if name in {"page", ""} else "right")
    for path, (first, *seconds) in taken.items():
        numbers = (first, median(seconds), max(seconds))
        verdict = "over" if median(seconds) >= _BAR_SECONDS else "under"
        shown.add_row(path, *(f"{number:.2f}" for number in numbers), f"{verdict} {_BAR_SECONDS:.0f}")
    return shown


if __name__ == "__main__":
    main()

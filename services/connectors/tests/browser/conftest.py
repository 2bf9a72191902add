"""What browser tests stand on: a browser, a served console with people and data, pages that are watched."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.chromium import find_browser
from browser.serving import Console, errors_in, serve
from browser.watch import Watch
from conftest import Lab, make_lab, new_database
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from app.clock import SystemClock

ROOT = Path(__file__).parents[4]
BUILD = ROOT / "build"
SCREENSHOTS = BUILD / "screenshots"
WIDE, PHONE = (1280, 900), (390, 844)
_WAIT_MS = 15_000
_FLAGS = [
    "--no-sandbox",  # as root, in a container, there is none
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost",
]
_failed = pytest.StashKey[bool]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Note for the fixtures' ends whether the test failed."""
    report = yield
    item.stash[_failed] = item.stash.get(_failed, False) or report.failed
    return report


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """The machine's own browser, without a window. A module's: its event loop bars other tests' loops meanwhile."""
    program = find_browser()
    assert program is not None, "There is no browser; `make test` installs one."
    expect.set_options(timeout=_WAIT_MS)
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=_FLAGS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def lab() -> Lab:
    """A cloud on the machine's clock."""
    return make_lab(SystemClock())


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory, postgres: str, lab: Lab) -> Iterator[Console]:
    """A console with an admin (ada), an analyst (anna) and a viewer (vera), shared by a file's tests."""
    with new_database(postgres) as url, serve(tmp_path_factory.mktemp("console"), url, lab) as served:
        served.add_people()
        yield served


class Pages:
    """Opens pages that are watched, and keeps what they showed when the test failed."""

    def __init__(self, browser: Browser, console: Console) -> None:
        self._browser, self._console = browser, console
        self._opened: list[tuple[BrowserContext, Watch]] = []
        self._said = len(console.said())

    def window(self, *, session: str | None = None, dark: bool = False, **options: Any) -> BrowserContext:
        """Open a browser that knows nothing but the session it is given."""
        width, height = options.pop("size", WIDE)
        context = self._browser.new_context(
            base_url=self._console.address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            **options,
        )
        context.set_default_timeout(_WAIT_MS)
        if session:
            context.add_cookies([{"name": "aisoc_session", "value": session, "url": self._console.address}])
        self._opened.append((context, Watch(context, self._console.address)))
        return context

    def watch(self, page: Page) -> Watch:
        """Return what watches a page."""
        return next(watch for context, watch in self._opened if context == page.context)

    def trouble(self) -> list[str]:
        """Return what went wrong in the pages and in the server's log."""
        return [line for _, watch in self._opened for line in watch.trouble] + errors_in(
            self._console.said()[self._said :]
        )

    def forget_trouble(self) -> None:
        """Take what went wrong until now as wanted."""
        self._said = len(self._console.said())
        for _, watch in self._opened:
            watch.trouble.clear()

    def keep(self, folder: Path) -> None:
        """Keep what the pages show, and what the server said, for whoever looks why a test failed."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "serve.log").write_text(self._console.said())
        (folder / "trouble.txt").write_text("\n".join(self.trouble()))
        for number, page in enumerate(page for context, _ in self._opened for page in context.pages):
            page.screenshot(path=folder / f"{number}.png")
            (folder / f"{number}.html").write_text(page.content())

    def close(self) -> None:
        for context, _ in self._opened:
            context.close()


@pytest.fixture
def pages(request: pytest.FixtureRequest, browser: Browser, console: Console) -> Iterator[Pages]:
    """Pages of the file's console; at the end nothing may have gone wrong in a page or in the server's log."""
    opened = Pages(browser, console)
    yield opened
    trouble = opened.trouble()
    if trouble or request.node.stash.get(_failed, False):
        opened.keep(BUILD / "browser" / re.sub(r"[^\w-]+", "_", request.node.name))
    opened.close()
    assert not trouble, "\n".join(trouble)


@pytest.fixture(scope="module")
def sessions(console: Console) -> dict[str, str]:
    """Sessions of the people, for tests that do not end them."""
    return {name: console.session(name) for name in ("ada", "anna", "vera")}


@pytest.fixture
def visit(pages: Pages, sessions: dict[str, str]) -> Callable[..., Page]:
    """Open a page of the console as one of the people."""

    def opened(path: str, name: str = "ada", **options: Any) -> Page:
        page = pages.window(session=sessions[name], **options).new_page()
        page.goto(path)
        return page

    return opened

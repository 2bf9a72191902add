"""Watches what a browser does: what no page of ours may do fails the test."""

import re
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, Response

_CALM_MS = 300  # for animations
_LOOPBACK = {"localhost", "127.0.0.1", "::1"}
_LOCAL_SCHEMES = ("data", "blob", "about")
_REFUSED = re.compile(r"the server responded with a status of (4\d\d)")


class Watch:
    """Notes all trouble of a context's pages: script errors, refused content, failed requests, foreign hosts.

    address: where our pages are; what an identity provider's pages lack is not our trouble. expected: statuses from 400
    to 499 that the test provokes.
    """

    def __init__(self, context: BrowserContext, address: str) -> None:
        self._address = address
        self.trouble: list[str] = []
        self.requests = 0
        self.expected: set[int] = set()
        context.on("page", self._page)
        context.on("request", self._request)
        context.on("requestfailed", self._failed)
        context.on("response", self._response)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.trouble.append(f"script error: {error.error}"))

    def _page(self, page: Page) -> None:
        page.on("crash", lambda _: self.trouble.append("the page crashed"))
        page.on("websocket", lambda socket: self._host(socket.url))

    def _request(self, request: Request) -> None:
        self.requests += 1
        self._host(request.url)

    def _host(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _LOCAL_SCHEMES and parts.hostname not in _LOOPBACK:
            self.trouble.append(f"a request left this machine: {url}")

    def _failed(self, request: Request) -> None:
        # A page that is left aborts what it still loads.
        if request.failure != "net::ERR_ABORTED":
            self.trouble.append(f"a request failed: {request.url}: {request.failure}")

    def _response(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.expected:
            self.trouble.append(f"{response.status} {response.request.method} {response.url}")

    def _console(self, message: ConsoleMessage) -> None:
        refused = _REFUSED.search(message.text)
        foreign = not message.location["url"].startswith(self._address)
        if message.type == "error" and not (refused and (foreign or int(refused[1]) in self.expected)):
            self.trouble.append(f"console: {message.text}")


def spills(page: Page) -> list[str]:
    """Return what makes a page wider than its window; what a box of its own scrolls sideways does not."""
    found: dict[str, Any] = page.evaluate(
        """() => {
          const width = document.documentElement.clientWidth;
          const scrolls = (element) => {
            for (let box = element.parentElement; box && box !== document.body; box = box.parentElement)
              if (["auto", "scroll", "hidden", "clip"].includes(getComputedStyle(box).overflowX)) return true;
            return false;
          };
          const out = [...document.body.querySelectorAll("*")].filter((element) =>
            element.checkVisibility() && element.getBoundingClientRect().right > width + 1 && !scrolls(element));
          return {
            wider: document.scrollingElement.scrollWidth - window.innerWidth,
            elements: out.slice(-3).map((element) => element.outerHTML.slice(0, 160)),
          };
        }"""
    )
    return [f"{found['wider']} pixels too wide: {found['elements']}"] if found["wider"] > 0 else []


def violations(page: Page, within: str | None = None) -> list[str]:
    """Return what axe-core finds seriously or critically wrong with a page's accessibility, in a line each.

    within: a selector of the part to look at; what lies behind a dialog is dimmed and judged wrongly.
    """
    # Not loading the style sheets once more: that would show the bar of what loads.
    options = {"resultTypes": ["violations"], "preload": False}
    found = Axe().run(page, context=within, options=options).response["violations"]
    return [
        f"{problem['id']} ({problem['impact']}): {problem['help']}: "
        + "; ".join(f"{node['html'][:160]} {node['failureSummary'][:300]}" for node in problem["nodes"][:3])
        for problem in found
        if problem["impact"] in ("serious", "critical")
    ]


def settled(page: Page) -> None:
    """Wait until a page is connected and has shown what it loads; nothing may load for ever."""
    page.wait_for_function("window.socket?.connected")
    page.wait_for_function(
        "[...document.querySelectorAll('.q-skeleton, .q-spinner')].every((element) => !element.checkVisibility())"
    )
    page.evaluate("document.fonts.ready")
    page.wait_for_timeout(_CALM_MS)

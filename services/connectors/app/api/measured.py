"""How long requests take, by route: measured in this process, beside what the database knows of all hosts."""

import time

from prometheus_client import CollectorRegistry, Histogram, disable_created_metrics
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# A second sample beside each, which nobody asked for.
disable_created_metrics()  # type: ignore[no-untyped-call]
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 1, 2.5, 5, 10, 30)


class Durations:
    """The histogram of this process's requests, in a registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "aisoc_http_request_duration_seconds",
            "Duration of the requests that this process answered.",
            ("method", "route", "status"),
            buckets=_BUCKETS,
            registry=self.registry,
        )

    def note(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request that was answered; what was asked for by no route has one name, however it is spelled."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._seconds.labels(method, _template(scope), str(status)).observe(seconds)


class Measured:
    """Middleware that notes how long each request took; next to the routes, which say which one it was."""

    def __init__(self, app: ASGIApp, durations: Durations) -> None:
        self._app = app
        self._durations = durations

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and note it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            self._durations.note(scope, status, time.perf_counter() - began)


def _template(scope: Scope) -> str:
    """Return the route's path with its parameters' names."""
    route = scope.get("route")
    path = getattr(route, "path_format", None)
    return "other" if path is None else f"{scope.get('root_path', '')}{path}"

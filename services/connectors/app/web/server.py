"""The HTTP server, within the service's own event loop."""

import asyncio
import contextlib
import socket

import uvicorn
from fastapi import FastAPI

from app.errors import Abort
from app.settings import Settings

_STOP_SECONDS = 3


class _Server(uvicorn.Server):
    """Leaves signals to the service, which stops its worker too."""

    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def] # noqa: ANN202
        yield


def listen(settings: Settings) -> socket.socket:
    """Return the socket to serve on. Raises Abort (address_unusable)."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen()
    except OSError as error:
        listener.close()
        raise Abort(
            "address_unusable",
            f"Console and API cannot listen on {settings.host}:{settings.port}: {error.strerror}.",
            "Set another AISOC_PORT (0 takes a free one), or start this one with --no-web.",
        ) from error
    return listener


def address_of(listener: socket.socket, settings: Settings) -> str:
    """Return the address that people open, without a slash at its end."""
    if settings.public_url:
        return settings.public_url.rstrip("/")
    host, port = listener.getsockname()[:2]
    shown = "localhost" if host in ("127.0.0.1", "::1", "0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - shown, not bound
    return f"http://{shown}:{port}"


async def serve_app(app: FastAPI, listener: socket.socket, settings: Settings, stopped: asyncio.Event) -> None:
    """Serve until told to stop; requests under way get some seconds to end."""
    server = _Server(
        uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=_STOP_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve([listener]))
    stop = asyncio.create_task(stopped.wait())
    await asyncio.wait({serving, stop}, return_when=asyncio.FIRST_COMPLETED)
    stop.cancel()
    server.should_exit = True
    await serving

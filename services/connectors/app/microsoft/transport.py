"""The HTTP transport of azure-core over aiohttp: links byte for byte, and a cloud's own certificate authority."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, cast
from urllib.request import getproxies, proxy_bypass

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport
from yarl import URL

from app.clock import Clock
from app.errors import Abort
from app.microsoft.clouds import Cloud
from app.microsoft.skew import Skew

_CONNECT_SECONDS = 15
_READ_SECONDS = 30
# A body that comes byte by byte never trips the limit for reading; a page takes seconds.
_TOTAL_SECONDS = 120


class _VerbatimSession:
    """An aiohttp session for azure-core that sends each URL as it was written and ends each request in time.

    aiohttp re-quotes a URL given as text, and a nextLink's skip token does not survive that
    (Azure/azure-powershell#3169: its raw `:` and `;` are part of the cursor). azure-core limits the time to connect and
    between two reads, but not that of a whole request.
    """

    auto_decompress = False

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, url: str, **options: Any) -> aiohttp.ClientResponse:
        address = URL(url, encoded=True)
        if proxy := _proxy(address):
            options["proxy"] = proxy
        options["timeout"] = aiohttp.ClientTimeout(
            total=_TOTAL_SECONDS, sock_connect=_CONNECT_SECONDS, sock_read=_READ_SECONDS
        )
        return await self._session.request(method, address, **options)

    async def __aenter__(self) -> Self:
        return self

    async def close(self) -> None:
        """Leave the session open: its owner closes it."""


class _Transport(AioHttpTransport):  # type: ignore[misc]  # azure-core exports it lazily, without a type
    """azure-core's transport, waiting between retries on the service's clock and comparing it with the answers'."""

    def __init__(self, clock: Clock, skew: Skew, **options: Any) -> None:
        super().__init__(**options)
        self._clock = clock
        self._skew = skew

    async def send(self, request: Any, **options: Any) -> Any:
        asked = self._clock.now()
        answer = await super().send(request, **options)
        self._skew.note(asked, self._clock.now(), answer.headers.get("Date"))
        return answer

    async def sleep(self, duration: float) -> None:
        await self._clock.sleep(duration)


@asynccontextmanager
async def open_transport(cloud: Cloud, clock: Clock, skew: Skew) -> AsyncIterator[AioHttpTransport]:
    """Open a connection pool that trusts the cloud's authorities, for the credential and the pipeline to share.

    skew: learns from each answer. Raises Abort (ca_bundle_unreadable).

    The TLS context is made once: azure-core's own `connection_verify` makes one a request, which costs a handshake
    each. Proxies come from the environment (HTTPS_PROXY, NO_PROXY).
    """
    context = tls_context(cloud)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"Accept-Encoding": "gzip, deflate"},  # what azure-core inflates
    )
    async with session:
        yield _Transport(
            clock,
            skew,
            session=cast("aiohttp.ClientSession", _VerbatimSession(session)),
            session_owner=False,
        )


def _proxy(address: URL) -> str | None:
    """Return the environment's proxy for an address (HTTPS_PROXY, NO_PROXY).

    aiohttp's own reading of the environment would also take logins from ~/.netrc.
    """
    host = address.host or ""
    return None if proxy_bypass(host) else getproxies().get(address.scheme)


def tls_context(cloud: Cloud) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=cloud.ca_bundle)
    except OSError as error:
        raise Abort(
            "ca_bundle_unreadable",
            f"The ca_bundle of the cloud {cloud.name}, {cloud.ca_bundle}, cannot be used: {error.strerror or error}.",
            "Put the authority's certificates there in PEM form, or correct the entry in the AISOC_CLOUDS file.",
        ) from error

"""The HTTP transport of azure-core over aiohttp: links byte for byte, and a cloud's own certificate authority."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Self, cast

import aiohttp
from azure.core.pipeline.transport import AioHttpTransport
from yarl import URL

from app.microsoft.clouds import Cloud

_CONNECT_SECONDS = 15
_READ_SECONDS = 60


class _VerbatimSession:
    """An aiohttp session for azure-core that sends each URL as it was written.

    aiohttp re-quotes a URL given as text, and a nextLink's skip token does not survive that
    (Azure/azure-powershell#3169: its raw `:` and `;` are part of the cursor).
    """

    auto_decompress = False

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def request(self, method: str, url: str, **options: Any) -> aiohttp.ClientResponse:
        return await self._session.request(method, URL(url, encoded=True), **options)

    async def __aenter__(self) -> Self:
        return self

    async def close(self) -> None:
        """Leave the session open: its owner closes it."""


@asynccontextmanager
async def open_transport(cloud: Cloud) -> AsyncIterator[AioHttpTransport]:
    """Open a connection pool that trusts the cloud's authorities, for the credential and the pipeline to share.

    The TLS context is made once: azure-core's own `connection_verify` makes one a request, which costs a handshake
    each. Proxies come from the environment (HTTPS_PROXY, NO_PROXY).
    """
    context = ssl.create_default_context(cafile=cloud.ca_bundle)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(ssl=context),
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        trust_env=True,
    )
    async with session:
        yield AioHttpTransport(
            session=cast("aiohttp.ClientSession", _VerbatimSession(session)),
            session_owner=False,
            connection_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
        )

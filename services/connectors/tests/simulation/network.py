"""The way to the simulated cloud without sockets: under azure-core's own transport, in place of aiohttp's session."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus
from random import Random
from typing import Any, Self, cast
from unittest.mock import patch
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict

from app.clock import Clock, VirtualClock
from app.microsoft import session
from app.microsoft.clouds import Cloud as DeclaredCloud
from app.microsoft.transport import _CONNECT_SECONDS, _READ_SECONDS, _Transport
from simulator import Cloud, faults
from simulator.dispatch import HOSTS, Call
from simulator.wire import Ask, Origins, Reply

ORIGINS = Origins(**{host: f"https://{host.replace('_', '-')}.example" for host in HOSTS})


class Network:
    """Carries requests to a cloud. Each takes some of the story's time; when `down`, nothing arrives."""

    def __init__(self, cloud: Cloud, clock: VirtualClock, rng: Random) -> None:
        self._cloud, self._clock, self._rng = cloud, clock, rng
        self.down = False
        self.requests = 0

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let the product's sessions use this network."""

        @asynccontextmanager
        async def open_transport(cloud: DeclaredCloud, clock: Clock) -> AsyncIterator[Any]:
            yield _Transport(
                clock,
                session=cast("aiohttp.ClientSession", _Session(self)),
                session_owner=False,
                connection_timeout=_CONNECT_SECONDS,
                read_timeout=_READ_SECONDS,
            )

        with patch.object(session, "open_transport", open_transport):
            yield

    def carry(self, method: str, url: str, headers: dict[str, str], body: bytes, patience: float) -> "_Response":
        """Bring a request to its host and the answer back. Raises what aiohttp raises."""
        self.requests += 1
        self._clock.advance(seconds=self._rng.uniform(0.02, 0.8))
        if self.down:
            raise aiohttp.ClientConnectionError("Network is unreachable")
        host = next(host for host in HOSTS if url.startswith(getattr(ORIGINS, host) + "/"))
        ask = Ask(method, url.removeprefix(getattr(ORIGINS, host)), CIMultiDict(headers), body)
        call = Call(self._cloud, ORIGINS, host, ask)
        if isinstance(call.fault, faults.Hang):
            self._clock.advance(seconds=min(call.fault.seconds, patience))
            if call.fault.seconds > patience:
                call.break_off()
                raise aiohttp.SocketTimeoutError("Timeout on reading data from socket")
        if isinstance(call.fault, faults.Reset):
            call.break_off()
            raise self._rng.choice((aiohttp.ServerDisconnectedError(), aiohttp.ClientOSError(104, "reset by peer")))
        return _Response(call.answer(), self._clock.now(), cut_short=call.cut_short)


class _Session:
    """What azure-core's transport uses of an aiohttp session."""

    auto_decompress = False

    def __init__(self, network: Network) -> None:
        self._network = network

    async def request(self, method: str, url: str, **options: Any) -> "_Response":
        data = options.get("data")
        body = urlencode(data).encode() if isinstance(data, dict) else data or b""
        await asyncio.sleep(0)
        return self._network.carry(method, url, options["headers"], body, options["timeout"].sock_read)

    async def __aenter__(self) -> Self:
        return self

    async def close(self) -> None:
        pass


class _Response:
    """What azure-core's transport uses of aiohttp's response."""

    def __init__(self, reply: Reply, now: datetime, *, cut_short: bool) -> None:
        self.status, self.reason = reply.status, HTTPStatus(reply.status).phrase
        self.headers = CIMultiDict(reply.headers)
        self.headers["Date"] = format_datetime(now, usegmt=True)
        self.headers["Content-Type"] = f"{reply.content_type}; charset=utf-8"
        self.headers["Content-Length"] = str(len(reply.body))
        self._body, self._cut_short = reply.body, cut_short

    async def read(self) -> bytes:
        if self._cut_short:
            raise aiohttp.ClientPayloadError("Response payload is not completed")
        return self._body

    def close(self) -> None:
        pass

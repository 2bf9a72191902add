"""The way to the simulated cloud without sockets: under the product's own transport, in place of aiohttp's session."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from random import Random
from typing import Any, cast
from unittest.mock import patch
from urllib.parse import urlencode

import aiohttp
from multidict import CIMultiDict

from app.clock import Clock, VirtualClock
from app.microsoft import transport
from app.microsoft.clouds import Cloud as DeclaredCloud
from app.microsoft.skew import Skew
from app.microsoft.transport import _Transport, _VerbatimSession
from simulator import Cloud, faults
from simulator.dispatch import HOSTS, Call
from simulator.wire import Ask, Origins, Reply

ORIGINS = Origins(**{host: f"https://{host.replace('_', '-')}.example" for host in HOSTS})


class Network:
    """Carries requests to a cloud. Each takes some of the story's time; when `down`, nothing arrives."""

    def __init__(self, cloud: Cloud, clock: VirtualClock, rng: Random) -> None:
        self._cloud, self._clock, self._rng = cloud, clock, rng
        self.down = False

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let the product's sessions use this network."""

        @asynccontextmanager
        async def open_transport(cloud: DeclaredCloud, clock: Clock, skew: Skew) -> AsyncIterator[Any]:
            verbatim = _VerbatimSession(cast("aiohttp.ClientSession", _Session(self)))
            yield _Transport(clock, skew, session=cast("aiohttp.ClientSession", verbatim), session_owner=False)

        with patch.object(transport, "open_transport", open_transport):
            yield

    def carry(self, url: str, ask: Ask, patience: aiohttp.ClientTimeout) -> "_Response":
        """Bring a request to its host and the answer back. Raises what aiohttp raises."""
        self._pass(self._rng.uniform(0.02, 0.8))
        if self.down:
            raise aiohttp.ClientConnectionError("Network is unreachable")
        host = next(host for host in HOSTS if url.startswith(getattr(ORIGINS, host) + "/"))
        call = Call(self._cloud, ORIGINS, host, ask)
        if isinstance(call.fault, faults.Hang) and not self._waited(call.fault.seconds, patience.sock_read):
            call.break_off()
            raise aiohttp.SocketTimeoutError("Timeout on reading data from socket")
        if isinstance(call.fault, faults.Reset):
            call.break_off()
            raise self._rng.choice((aiohttp.ServerDisconnectedError(), aiohttp.ClientOSError(104, "reset by peer")))
        reply = call.answer()
        if call.cut_short:
            return _Response(reply, aiohttp.ClientPayloadError("Response payload is not completed"))
        if isinstance(call.fault, faults.Drip):
            steps = len(reply.body) // call.fault.size
            return _Response(
                reply, None if self._waited(steps * call.fault.seconds, patience.total) else TimeoutError()
            )
        return _Response(reply)

    def _waited(self, seconds: float, patience: float | None) -> bool:
        """Let time pass, no longer than somebody waits; return whether it was enough."""
        self._pass(min(seconds, patience or seconds))
        return patience is None or seconds <= patience

    def _pass(self, seconds: float) -> None:
        self._clock.advance(seconds=seconds)


class _Session:
    """What the product's transport uses of an aiohttp session."""

    def __init__(self, network: Network) -> None:
        self._network = network

    async def request(self, method: str, address: object, **options: Any) -> "_Response":
        url, data = str(address), options.get("data")
        body = urlencode(data).encode() if isinstance(data, dict) else data or b""
        target = "/" + url.split("/", 3)[3]
        await asyncio.sleep(0)
        return self._network.carry(url, Ask(method, target, CIMultiDict(options["headers"]), body), options["timeout"])


class _Response:
    """What azure-core's transport uses of aiohttp's response. broken: why its body does not come whole."""

    def __init__(self, reply: Reply, broken: Exception | None = None) -> None:
        self.status, self.reason = reply.status, HTTPStatus(reply.status).phrase
        self.headers = CIMultiDict(reply.headers)
        self.headers["Content-Type"] = f"{reply.content_type}; charset=utf-8"
        self.headers["Content-Length"] = str(len(reply.body))
        self._body, self._broken = reply.body, broken

    async def read(self) -> bytes:
        if self._broken is not None:
            raise self._broken
        return self._body

    def close(self) -> None:
        pass

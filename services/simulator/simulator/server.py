"""The simulated cloud on loopback over HTTPS, each of its hosts on a port of its own, with a CA of its own."""

import asyncio
import shutil
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import trustme
from aiohttp import web

from simulator import faults
from simulator.cloud import Cloud
from simulator.dispatch import HOSTS, Call
from simulator.wire import Ask, Origins, Reply


class Server:
    """Serves a cloud while the `async with` lasts.

    `elsewhere` answers 404 to all and journals it, so that a test can say what was not sent there. A `directory` that
    is given keeps its ca.pem; without one a temporary directory is made and removed.
    """

    authority: str
    resource_manager: str
    elsewhere: str
    ca_bundle: Path
    origins: Origins

    def __init__(self, cloud: Cloud, *, port: int = 0, arm_port: int = 0, directory: Path | None = None) -> None:
        self.cloud = cloud
        self._ports = {"authority": port, "resource_manager": arm_port}
        self._directory = directory
        self._owned: Path | None = None
        self._runners: list[web.ServerRunner] = []
        self._closing = asyncio.Event()

    async def __aenter__(self) -> Self:
        try:
            tls = self._certificates()
            ports = {name: await self._listen(name, tls) for name in HOSTS}
        except BaseException:
            await self._close()
            raise
        self.origins = Origins(**{name: f"https://localhost:{port}" for name, port in ports.items()})
        self.authority, self.resource_manager = self.origins.authority, self.origins.resource_manager
        self.elsewhere = self.origins.elsewhere
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    def clouds_toml(self, name: str = "Lab") -> str:
        """Describe this server as a cloud in the product's configuration."""
        lines = [f"[clouds.{name}]"]
        lines += [f'{host} = "{getattr(self.origins, host)}"' for host in HOSTS if host != "elsewhere"]
        lines.append(f'ca_bundle = "{self.ca_bundle}"')
        return "\n".join(lines) + "\n"

    def _certificates(self) -> ssl.SSLContext:
        if self._directory is None:
            self._owned = Path(tempfile.mkdtemp(prefix="aisoc-simulator-"))
        directory = self._directory or self._owned
        assert directory is not None
        authority = trustme.CA(organization_name="AiSOC simulator")
        self.ca_bundle = directory / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca_bundle))
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost", "127.0.0.1").configure_cert(tls)
        return tls

    async def _listen(self, host: str, tls: ssl.SSLContext) -> int:
        async def handle(request: web.BaseRequest) -> web.StreamResponse:
            return await self._handle(host, request)

        runner = web.ServerRunner(web.Server(handle, access_log=None), shutdown_timeout=0.1)
        self._runners.append(runner)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", self._ports.get(host, 0), ssl_context=tls)
        await site.start()
        port: int = runner.addresses[0][1]
        return port

    async def _close(self) -> None:
        self._closing.set()
        for runner in self._runners:
            await runner.cleanup()
        if self._owned is not None:
            shutil.rmtree(self._owned, ignore_errors=True)

    async def _handle(self, host: str, request: web.BaseRequest) -> web.StreamResponse:
        ask = Ask(request.method, request.raw_path, request.headers, await request.read())
        call = Call(self.cloud, self.origins, host, ask)
        if isinstance(call.fault, faults.Hang):
            await self._pause(call.fault.seconds)
        if isinstance(call.fault, faults.Reset):
            call.break_off()
            return _aborted(request)
        reply = call.answer()
        if isinstance(call.fault, faults.Drip):
            return await self._drip(request, reply, call.fault)
        return await _cut_short(request, reply) if call.cut_short else _response(reply)

    async def _drip(self, request: web.BaseRequest, reply: Reply, fault: faults.Drip) -> web.StreamResponse:
        response = await _begun(request, reply)
        with suppress(ConnectionError):  # the client gave up
            for start in range(0, len(reply.body), fault.size):
                await self._pause(fault.seconds)
                if self._closing.is_set():
                    break
                await response.write(reply.body[start : start + fault.size])
        return response

    async def _pause(self, seconds: float) -> None:
        """Real time passes, but no longer than the server runs."""
        try:
            await asyncio.wait_for(self._closing.wait(), seconds)
        except TimeoutError:
            return


def _response(reply: Reply) -> web.Response:
    return web.Response(
        status=reply.status,
        body=reply.body,
        headers=reply.headers,
        content_type=reply.content_type,
        charset="utf-8" if reply.body else None,
    )


def _aborted(request: web.BaseRequest) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)


async def _cut_short(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """Half of the body that Content-Length promises, then the connection closes."""
    response = await _begun(request, reply)
    await response.write(reply.body[: len(reply.body) // 2])
    if request.transport is not None:
        request.transport.close()
    return response


async def _begun(request: web.BaseRequest, reply: Reply) -> web.StreamResponse:
    """Send status and headers; the body is to follow."""
    response = web.StreamResponse(status=reply.status, headers={**reply.headers, "Content-Type": reply.content_type})
    response.content_length = len(reply.body)
    await response.prepare(request)
    return response


@contextmanager
def serve_in_thread(cloud: Cloud) -> Iterator[Server]:
    """Serve a cloud from a thread with its own event loop, for tests that are not async or start processes."""
    runner = _ThreadedServer(cloud)
    runner.start()
    try:
        yield runner.server
    finally:
        runner.stop()


class _ThreadedServer:
    def __init__(self, cloud: Cloud) -> None:
        self.server = Server(cloud)
        self._ready = threading.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stop = asyncio.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), name="simulator", daemon=True)

    def start(self) -> None:
        self._thread.start()
        self._ready.wait()
        if self._error is not None:
            raise self._error

    def stop(self) -> None:
        assert self._loop is not None
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        try:
            async with self.server:
                self._ready.set()
                await self._stop.wait()
        except OSError as error:
            self._error = error
        finally:
            self._ready.set()

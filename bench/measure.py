"""One measurement, in a fresh process: how long reading a window took, and what it cost."""

import asyncio
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import psutil
from pydantic import SecretStr
from sqlalchemy import func, select

from app.clock import SystemClock, iso
from app.collection.manage import add_connector
from app.collection.poll import poll
from app.connectors import get_connector
from app.connectors.base import Context, Window
from app.detection.rulebook import RuleBook
from app.log import configure_logging
from app.main import open_service
from app.microsoft.clouds import read_clouds
from app.microsoft.pace import Paces
from app.microsoft.skew import Skew
from app.microsoft.transport import open_transport
from app.service import Service
from app.settings import Settings
from app.storage.detection_tables import alerts as alerts_table


@dataclass(frozen=True)
class Task:
    """What is measured: the way of the events (a key of `_WAYS`), whose they are, and where they are stored.

    cloud, server: the process of the simulated cloud, and the first one of the database server. rules: folders of the
    rules that judge the events; None for the shipped ones.
    """

    way: str
    cloud: int
    clouds: str
    config: dict[str, str]
    home: str = ""
    database_url: str = ""
    server: int = 0
    rules: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Cost:
    """What it took. CPU in seconds: of the process, of the database server and of the cloud; most memory, in MB."""

    events: int
    seconds: float
    cpu: float
    server_cpu: float
    cloud_cpu: float
    memory: int
    alerts: int = 0

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def measure(task: Task) -> Cost:
    """Measure in a process of its own, so that warming up and memory are this measurement's alone."""
    command = [sys.executable, "-m", "bench.measure", json.dumps(asdict(task))]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    return Cost(**json.loads(done.stdout))


class _Stopwatch:
    """Runs from its making on."""

    def __init__(self, task: Task) -> None:
        self._processes = (os.getpid(), task.server, task.cloud)
        self._cpu = [_cpu(process) for process in self._processes]
        self._began = time.perf_counter()

    def cost(self, events: int) -> Cost:
        seconds = time.perf_counter() - self._began
        own, server, cloud = (_cpu(pid) - before for pid, before in zip(self._processes, self._cpu, strict=True))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        return Cost(events, seconds, own, server, cloud, memory)


def _cpu(pid: int) -> float:
    """Return the CPU seconds of a process and its children, also of those that ended; of none for 0."""
    if not pid:
        return 0
    process = psutil.Process(pid)
    times = [process.cpu_times(), *(child.cpu_times() for child in process.children())]
    ended = times[0].children_user + times[0].children_system
    return ended + sum(each.user + each.system for each in times)


async def _pipeline(task: Task) -> Cost:
    """Poll as the service does, from the first request to the checkpoint."""
    url = SecretStr(task.database_url)
    settings = Settings(home=Path(task.home), clouds=Path(task.clouds), database_url=url, keyring=None)
    async with open_service(settings) as opened:
        service = opened if task.rules is None else replace(opened, rules=_rules(task.rules))
        await service.rules.current(service.engine)  # they are read once, when a worker starts
        row = await add_connector(
            service, "azure_activity", task.config["subscription_id"], json.dumps(task.config).encode()
        )
        before = await _count_alerts(service)
        stopwatch = _Stopwatch(task)
        result = await poll(service, row)
        assert result.error is None, result.error
        cost = stopwatch.cost(result.events_read)
        return replace(cost, alerts=await _count_alerts(service) - before)


async def _count_alerts(service: Service) -> int:
    async with service.engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(alerts_table))).scalar_one())


def _rules(folders: tuple[str, ...]) -> RuleBook:
    return RuleBook([Path(folder) for folder in folders], None, SystemClock())


async def _models(task: Task) -> Cost:
    """Iterate the models of Microsoft's own client, and do nothing with them.

    On our transport: its own makes a TLS context for each request, and would be slower.
    """
    from azure.identity.aio import ClientSecretCredential  # noqa: PLC0415 - in no other measurement's memory
    from azure.mgmt.monitor.aio import MonitorManagementClient  # noqa: PLC0415

    cloud = read_clouds(Path(task.clouds)).get("Lab")
    since = iso(datetime.now(UTC) - timedelta(days=1))
    stopwatch, events = _Stopwatch(task), 0
    async with (
        open_transport(cloud, SystemClock(), Skew()) as transport,
        ClientSecretCredential(
            task.config["tenant_id"],
            task.config["client_id"],
            task.config["client_secret"],
            authority=cloud.authority,
            transport=transport,
        ) as credential,
        MonitorManagementClient(
            credential,
            task.config["subscription_id"],
            cloud.resource_manager,
            credential_scopes=[f"{cloud.resource_manager}/.default"],
            transport=transport,
        ) as client,
    ):
        async for _ in client.activity_logs.list(filter=f"eventTimestamp ge '{since}'"):
            events += 1
    return stopwatch.cost(events)


async def _ceiling(task: Task) -> Cost:
    """Fetch and decode as the connector does, and do nothing more."""
    connector = get_connector("azure_activity")
    context = Context(read_clouds(Path(task.clouds)), SystemClock(), Paces(SystemClock()))
    now = datetime.now(UTC)
    stopwatch, events = _Stopwatch(task), 0
    async with connector.connect(connector.Config.model_validate(task.config), context) as session:
        async for page in connector.fetch(session, connector.streams[0], Window(now - timedelta(days=1), now)):
            for raw in page:
                msgspec.json.decode(raw)
            events += len(page)
    return stopwatch.cost(events)


_WAYS: dict[str, Callable[[Task], Awaitable[Cost]]] = {"a": _pipeline, "b": _models, "c": _ceiling}


async def _main(task: Task) -> None:
    configure_logging("ERROR")
    sys.stdout.write(json.dumps(asdict(await _WAYS[task.way](task))))


if __name__ == "__main__":
    asyncio.run(_main(Task(**json.loads(sys.argv[1]))))

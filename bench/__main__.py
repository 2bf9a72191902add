"""How fast a window is collected: the whole pipeline against the ceiling, side by side in one run.

(a) the poll as the service runs it, from TLS to committed rows; (c) the same HTTP client and JSON decoding, nothing
more. The simulated cloud is a process of its own with pages rendered beforehand. Figures are events a second; only
their ratio means something on another machine.
"""

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from app.collection.configuration import open_config
from app.collection.manage import add_connector
from app.collection.poll import poll
from app.connectors.base import Window
from app.log import configure_logging
from app.main import open_service
from app.service import Service
from app.settings import Settings
from app.storage.connectors import ConnectorRow
from app.storage.private import stop_private_server


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=20_000, help="events in the window (default 20,000)")
    options = parser.parse_args()
    configure_logging("ERROR")
    with tempfile.TemporaryDirectory(prefix="aisoc-bench-") as folder, _cloud(Path(folder), options.events) as lab:
        asyncio.run(_measure(Path(folder), lab))


@contextmanager
def _cloud(folder: Path, events: int) -> Iterator[dict[str, str]]:
    command = [sys.executable, "-m", "simulator", "--json", "--no-throttle"]
    with subprocess.Popen(
        [*command, "--events", str(events), "--directory", str(folder / "cloud")], stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        try:
            yield json.loads(process.stdout.readline())
        finally:
            process.terminate()


async def _measure(folder: Path, lab: dict[str, str]) -> None:
    home = folder / "home"
    config = await asyncio.to_thread(Path(lab["connector"]).read_bytes)
    settings = Settings(home=home, clouds=Path(lab["clouds"]), database_url=None, keyring=None)
    shown = Table("", "events", "seconds", "CPU seconds", "events/s", box=None)
    rates = {}
    try:
        async with open_service(settings) as service:
            row = await add_connector(service, "azure_activity", "bench", config)
            for name, work in (("(c) ceiling", _read_only), ("(a) pipeline", _whole)):
                began, cpu = time.perf_counter(), _cpu()
                events = await work(service, row)
                seconds, used = time.perf_counter() - began, _cpu() - cpu
                rates[name] = events / seconds
                shown.add_row(name, f"{events:,}", f"{seconds:.2f}", f"{used:.2f}", f"{events / seconds:,.0f}")
    finally:
        stop_private_server(home)
    console = Console()
    console.print(shown)
    console.print(f"peak memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024} MB")
    console.print(f"(a)/(c) = {rates['(a) pipeline'] / rates['(c) ceiling']:.2f}")


async def _whole(service: Service, row: ConnectorRow) -> int:
    result = await poll(service, row)
    assert result.error is None, result.error
    return result.events_read


async def _read_only(service: Service, row: ConnectorRow) -> int:
    connector, config = open_config(row, service.vault)
    now, count = service.clock.now(), 0
    async with connector.connect(config, service.context) as session:
        async for page in connector.fetch(session, connector.streams[0], Window(now - timedelta(days=1), now)):
            for raw in page:
                msgspec.json.decode(raw)
                count += 1
    return count


def _cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


if __name__ == "__main__":
    main()

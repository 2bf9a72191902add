"""What the simulation stands on: a database of the real server for each test process, and a folder for the key ring."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from simulation.server import Server
from sqlalchemy import make_url


@pytest.fixture(scope="session")
def simulated_server(postgres: str) -> Iterator[Server]:
    """A database that each story empties: half the cost of making one."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE simulation TEMPLATE template_aisoc")
    server = Server(postgres, make_url(postgres).set(database="simulation").render_as_string(hide_password=False))
    yield server
    server.close()


@pytest.fixture(scope="session")
def simulated_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("simulation")

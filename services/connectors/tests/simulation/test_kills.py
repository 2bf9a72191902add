"""Real worker processes, killed with SIGKILL in the middle of their polls: nothing is lost, nothing twice."""

from datetime import timedelta

import pytest
from simulation.live import Fire

from simulator.chance import seeded

_CHUNK = 4


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for four kills, so that test processes share them."""
    first, many = metafunc.config.getoption("--seed-start"), metafunc.config.getoption("--kills")
    chunks = [(first + n, min(_CHUNK, many - n)) for n in range(0, many, _CHUNK)]
    metafunc.parametrize(("seed", "kills"), chunks, ids=[f"{kills} kills from {seed}" for seed, kills in chunks])


@pytest.fixture
def fire(live_lab, database_url, seed, kills):
    return Fire(live_lab, database_url, seeded(seed), lasts=timedelta(seconds=5 * kills))


def test_a_service_that_is_killed_again_and_again_stores_every_event_once(aisoc, added, fire, kills):
    for _ in range(kills):
        fire.poll_now()
        with aisoc.start("serve") as process:
            fire.in_a_poll(process)
            process.kill()
    with aisoc.start("serve") as process:
        fire.settle(process)
    assert fire.stored() == fire.shown()
    assert fire.endings() == {None, "interrupted"}, "no kill met a poll, or a poll told something else"

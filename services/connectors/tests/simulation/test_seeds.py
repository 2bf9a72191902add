"""Nothing lost, nothing twice, and health that tells the truth, whatever a seed lets go wrong."""

import pytest
from simulation.story import Story

_CHUNK = 5


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """One test for five seeds, so that test processes share them evenly."""
    if "seeds" not in metafunc.fixturenames:
        return
    first, many = metafunc.config.getoption("--seed-start"), metafunc.config.getoption("--seeds")
    chunks = [range(start, min(start + _CHUNK, first + many)) for start in range(first, first + many, _CHUNK)]
    metafunc.parametrize("seeds", chunks, ids=[f"seeds {chunk[0]} to {chunk[-1]}" for chunk in chunks])


def test_nothing_is_lost_nothing_twice_and_health_is_true(seeds, simulated_server, simulated_home):
    for seed in seeds:
        tell(Story(seed, simulated_server, simulated_home))


def tell(story: Story) -> None:
    """Run a story; where it goes wrong, say how, and how to see it again."""
    wrong = story.found_wrong()
    if wrong is not None:
        replay = f"make simulate SEEDS=1 SEED_START={story.seed}"
        pytest.fail("\n".join([wrong, *story.log, f"Replay: {replay}"]), pytrace=False)

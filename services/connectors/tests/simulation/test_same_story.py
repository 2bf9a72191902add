"""A seed is worth nothing unless it tells the same story each time."""

import pytest
from simulation.story import Story


@pytest.mark.parametrize("seed", [3, 8])
def test_a_seed_tells_the_same_story_each_time(seed, simulated_server, simulated_home):
    first, second = (Story(seed, simulated_server, simulated_home) for _ in range(2))
    first.run()
    second.run()
    assert len(first.log) > 5
    assert first.log == second.log

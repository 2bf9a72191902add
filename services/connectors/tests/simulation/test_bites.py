"""The simulation bites: a product that is broken on purpose is found out."""

import pytest
from simulation.breakages import BREAKAGES
from simulation.story import Story

# A rare breakage shows in one story of several.
_ENOUGH = 30


@pytest.mark.parametrize("breakage", [pytest.param(breakage, id=breakage.name) for breakage in BREAKAGES])
def test_a_broken_product_is_noticed(breakage, simulated_server, simulated_home, pytestconfig):
    many = pytestconfig.getoption("--bites")
    noticed = 0
    for seed in range(many) if many else range(breakage.seed, breakage.seed + _ENOUGH):
        with breakage.broken():
            story = Story(seed, simulated_server, simulated_home, breakage.config)
            noticed += story.found_wrong() is not None
        if noticed and not many:
            break
    print(f"{noticed} of the seeds up to {seed} notice: {breakage.name}")  # noqa: T201 - the table of the decision
    assert noticed

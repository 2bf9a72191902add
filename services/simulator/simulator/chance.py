"""Chance that can be repeated: what the simulator draws comes from a seed, and none of it guards anything."""

from random import Random


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - repeatable on purpose

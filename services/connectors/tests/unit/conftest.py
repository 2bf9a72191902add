"""A record and what it becomes, for the tests of normalize."""

import pytest
from unit.records import encode

from app.errors import Skip


@pytest.fixture
def normalize(connector):
    """Normalize a record that is no read."""

    def of(record):
        event = connector.normalize(record if isinstance(record, bytes) else encode(record))
        assert event is not None
        return event

    return of


@pytest.fixture
def skipped(connector):
    """Return the code that a record is quarantined with."""

    def of(record) -> str:
        with pytest.raises(Skip) as caught:
            connector.normalize(record if isinstance(record, bytes) else encode(record))
        return caught.value.code

    return of

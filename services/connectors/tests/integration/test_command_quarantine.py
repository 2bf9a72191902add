"""`aisoc quarantine`: what is listed, exact bytes, and another try."""

import pytest

BROKEN = b'{"strange": "\x1b[31m"}\n{"also": 1}\n'


@pytest.fixture
def filled(aisoc):
    """Two records that nobody understands, of a file ingested as `archive`."""
    aisoc("ingest", "-", "--name", "archive", stdin=BROKEN)


def test_an_empty_quarantine_says_so(aisoc):
    assert aisoc("quarantine", "list")[0].strip() == "Quarantine is empty."
    assert aisoc.json("quarantine", "list") == []


def test_records_are_listed_and_read_by_their_first_digits(aisoc, filled):
    listed = aisoc.json("quarantine", "list")
    assert {record["connector"] for record in listed} == {"archive"}
    assert {record["source"] for record in listed} == {"azure_activity"}
    assert len(aisoc.json("quarantine", "list", "--limit", "1")) == 1
    assert aisoc.json("quarantine", "list", "--connector", "other") == []
    raws = {aisoc("quarantine", "raw", record["id"][:8])[0] for record in listed}
    assert raws == {line.decode() for line in BROKEN.splitlines()}
    assert listed[0]["id"][:8] in aisoc("quarantine", "list")[0]


def test_what_is_still_not_understood_stays(aisoc, filled):
    assert "2 still not understood" in aisoc("quarantine", "retry", code=1)[0]
    told = aisoc.json("quarantine", "retry", "--connector", "archive", code=1)
    assert told == {"tried": 2, "added": 0, "duplicate": 0, "dropped": 0, "kept": 2}
    record = aisoc.json("quarantine", "list")[0]
    assert aisoc.json("quarantine", "retry", record["id"], code=1)["tried"] == 1
    assert aisoc.json("quarantine", "retry", "--connector", "other")["tried"] == 0


@pytest.mark.parametrize("record_id", ["11a3b073", "nonsense"])
def test_an_id_of_nothing_is_refused(aisoc, record_id):
    for command in ("raw", "retry"):
        assert "Error: " in aisoc("quarantine", command, record_id, code=2)[1]

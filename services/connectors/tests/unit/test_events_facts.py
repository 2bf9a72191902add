"""What the drawer tells of an event, and an event as a line of a file."""

import csv
import io
import json
from datetime import timedelta

import msgspec
import pytest
from conftest import NOW

from app.console.events.export import cells, csv_line, json_line
from app.console.events.facts import pretty, sections_of, summary
from app.console.events.rows import row_of
from app.storage.search import StoredEvent
from app.storage.tables import EVENT_FIELDS


@pytest.fixture
def event(connector):
    record = {
        "time": "2026-05-01T10:00:00Z",
        "resourceId": "/subscriptions/s/resourceGroups/g/providers/Microsoft.KeyVault/vaults/v",
        "operationName": "Microsoft.KeyVault/vaults/delete",
        "resultType": "Success",
        "callerIpAddress": "203.0.113.7",
        "correlationId": "f00dcafe-0000-0000-0000-000000000001",
    }
    return connector.normalize(json.dumps(record).encode())


def stored(event, **changes):
    return StoredEvent(msgspec.structs.replace(event, **changes), "prod", NOW)


def told(event, **changes):
    return {
        (section.title, fact.name): fact for section in sections_of(stored(event, **changes)) for fact in section.facts
    }


def test_what_an_event_does_not_have_is_not_told(event):
    facts = told(event, actor=None, actor_email=None)
    assert ("Who", "Actor") not in facts
    assert facts["Where", "Connector"].value == "prod"
    assert all(fact.value for fact in facts.values())


def test_a_value_is_searched_for_as_it_is_stored_not_as_it_is_shown(event):
    fact = told(event, outcome="in_progress")["What", "Outcome"]
    assert (fact.value, fact.field, fact.typed) == ("in progress", "outcome", "in_progress")


def test_how_late_an_event_became_readable_is_told(event):
    facts = told(event, available_time=event.event_time + timedelta(minutes=7))
    assert facts["When", "Readable"].value == "2026-05-01 10:07:00.000 UTC, 7 min later"


def test_a_summary_says_who_did_what_and_how_it_ended(event):
    assert summary(stored(event, actor="alice", title="Delete Key Vault", resource_name="v").event) == (
        "alice: Delete Key Vault on v. It succeeded."
    )
    assert summary(stored(event, actor=None, title="Delete v", resource_name="v", outcome="unknown").event).endswith(
        ": Delete v."
    )


def test_a_row_has_a_text_for_each_column(event):
    row = row_of(stored(event, actor=None, status=None, outcome="in_progress"))
    assert row["time"] == "2026-05-01 10:00:00"
    assert (row["actor"], row["outcome"], row["connector"]) == ("", "in progress", "prod")


def test_json_is_shown_line_by_line_with_its_numbers_as_they_were():
    assert pretty(b'{"a":1.10,"b":[12345678901234567890123]}') == (
        '{\n  "a": 1.10,\n  "b": [\n    12345678901234567890123\n  ]\n}'
    )


@pytest.mark.parametrize("raw", [b"\xff{", b"no json", b""])
def test_what_is_no_json_is_shown_as_it_is(raw):
    assert pretty(raw) == raw.decode(errors="replace")


def test_very_long_json_is_cut():
    assert len(pretty(json.dumps(["x" * 300_000]).encode())) < 201_000


@pytest.mark.parametrize("typed", ['=HYPERLINK("x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_no_cell_of_a_spreadsheet_is_a_formula(event, typed):
    line = csv_line(cells(stored(event, title=typed))).decode()
    (row,) = csv.reader(io.StringIO(line, newline=""))
    assert row[EVENT_FIELDS.index("title")] == f"'{typed}"


def test_a_line_of_json_has_every_field(event):
    line = json_line(stored(event))
    assert line.endswith(b"\n")
    assert set(json.loads(line)) == {*EVENT_FIELDS, "connector", "stored_at"}

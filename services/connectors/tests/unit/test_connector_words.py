"""What is said about connectors is said in plain sentences."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest
from unit.standings import NOW, READ, WIDTHS, ago, connector, standing

from app.clock import iso
from app.collection.coverage import Coverage
from app.collection.lags import BOUNDS, Lags
from app.connectors import get_connector
from app.connectors.base import Window
from app.console import connector_words as words
from app.console.connector_edit import secret_form_fields
from app.console.connector_polls import poll_line
from app.storage.readings import ReadingRow

LATE = Lags((*(int(bound in {60, 900}) for bound in BOUNDS), 0), timedelta(minutes=14))


def reading(**changes):
    row = ReadingRow(UUID(int=2), UUID(int=1), "backfill", ago(days=90), "running", "ada", ago(minutes=2))
    return replace(row, **changes)


def poll(**changes):
    counts = dict.fromkeys(("events_added", "events_duplicate", "late_recovered", "events_quarantined"), 0)
    times = {"started_at": ago(minutes=3), "finished_at": NOW, "window_since": ago(hours=1), "window_until": NOW}
    return {"id": 7, "tier": "poll", "duration": 1.26, "error": None} | counts | times | changes


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(1, "1 second"), (59, "59 seconds"), (60, "1 minute"), (90, "1.5 minutes"), (1199, "20 minutes"),
     (3600, "1 hour"), (216_000, "2.5 days"), (7_776_000, "90 days")],
)  # fmt: skip
def test_spans_are_said_as_people_say_them(seconds, said):
    assert words.span(timedelta(seconds=seconds)) == said


def test_a_standing_says_covered_settled_and_late():
    coverage = replace(READ, unsettled=(Window(ago(minutes=22), NOW),))
    said = words.standing_words(standing(coverage=coverage), 3, NOW)
    assert said.startswith("Covered to 12:00 UTC, settled to 11:38")
    assert "3 events came late today and were recovered." in said


def test_a_standing_says_what_is_not_read_yet():
    coverage = replace(READ, missing=(Window(ago(days=20), ago(days=7)),))
    said = words.standing_words(standing(coverage=coverage), 0, NOW)
    assert "13 days are not read yet: a backfill reads them" in said
    assert words.standing_words(standing(coverage=None), 0, NOW) == "Nothing was read completely yet."


def test_a_connector_that_is_not_healthy_says_why():
    behind = standing("behind", behind=timedelta(hours=3), covered_until=ago(hours=3)).health
    assert words.health_words(behind, NOW) == "3 hours behind: nothing later than 09:00 was read."
    failing = standing("failing", since=ago(minutes=30)).health
    assert words.health_words(failing, NOW) == "Failing since 11:30; tried again in 3 min."
    assert words.health_words(standing().health, NOW) == ""
    assert words.health_words(standing("paused").health, NOW).startswith("It is paused")


def test_the_next_poll_is_said_as_a_phrase():
    assert words.next_poll(standing().health, NOW) == "Next poll in 3 min"
    assert words.next_poll(standing(next_try=NOW).health, NOW) == "Due now"
    assert words.next_poll(standing("paused").health, NOW) == "Paused"


def test_lags_say_what_was_measured_and_what_follows():
    said = words.lag_words(LATE, WIDTHS)
    assert "half became readable within 1 minute and 95 % within 14 minutes; the latest took 14 minutes" in said
    assert said.endswith("So each poll reads the last 5 minutes again, and each sweep 1 hour.")
    assert "sweeps are off" in words.lag_words(LATE, replace(WIDTHS, sweep=timedelta()))
    assert "not known yet" in words.lag_words(Lags(), WIDTHS)


def test_lag_bars_go_from_the_first_to_the_last_that_has_events():
    bars = words.lag_bars(LATE.counts)
    assert (bars[0], bars[-1]) == (("60 s", 1), ("15 min", 1))
    assert words.lag_bars((*[0] * len(BOUNDS), 5)) == [("longer", 5)]
    assert words.lag_bars(Lags().counts) == []


def test_a_backfill_under_way_says_parts_events_pace_and_time_left():
    told = {"slices": 90, "slices_done": 30, "events_read": 60_000, "events_added": 59_000}
    row = reading(started_at=ago(minutes=1), progress=told)
    assert words.reading_words(row, NOW) == (
        "Running: 30 of 90 parts read; 60,000 events read, 59,000 new; 1,000 events a second, about 2 min left."
    )
    assert words.reading_share(row) == pytest.approx(1 / 3)


def test_a_backfill_that_waits_says_until_when():
    told = {"slices": 9, "slices_done": 0, "waiting_until": iso(NOW)}
    assert "waiting until 12:00:00, as the source asked" in words.reading_words(reading(progress=told), NOW)


def test_a_reading_that_ended_says_how_and_how_long_it_took():
    told = {"slices": 0, "slices_done": 0, "events_read": 0}
    done = reading(state="done", started_at=ago(seconds=70), finished_at=NOW, progress=told)
    assert words.reading_words(done, NOW) == "Done: all of it was read before; nothing new so far; took 70 s."
    assert words.reading_words(reading(state="waiting"), NOW) == "Waits for a worker."
    assert words.reading_share(reading(kind="poll", progress={"pages": 3})) is None


def test_a_poll_is_told_in_texts_with_the_reason_of_its_failure():
    line = poll_line(poll(events_added=1200), NOW)
    assert (line["added"], line["took"], line["result"], line["failed"]) == ("1,200", "1.3 s", "Done", False)
    error = {"code": "wrong_secret", "message": "It is wrong.", "remedy": "Make a new one."}
    line = poll_line(poll(error=error, window_since=None), NOW)
    assert (line["result"], line["message"], line["window"]) == ("wrong_secret", "It is wrong.", "none")
    assert poll_line(poll(finished_at=None, duration=None), NOW)["result"] == "Running"


def test_settings_show_no_secret_and_units_in_words():
    config = {"tenant_id": "t", "client_id": "c", "cloud": "AzureCloud", "initial_lookback_hours": 24}
    row = connector(**config, overlap_seconds=300, sweep_minutes=0, client_secret_expires_on=None)
    said = dict(words.settings_words(row, get_connector("azure_activity").Config))
    assert said["Client secret"] == "stored, encrypted"
    assert (said["Poll interval"], said["Sweep"]) == ("5 minutes", "0 minutes")
    assert said["Secret expires on"] == "not told"


def test_a_new_secret_is_asked_for_with_what_belongs_to_it():
    assert secret_form_fields(get_connector("azure_activity")) == {"client_secret", "client_secret_expires_on"}


def test_before_a_backfill_it_is_said_what_was_read_already():
    window = Window(ago(days=10), NOW)
    some = Coverage(ago(days=4), (Window(ago(days=4), NOW),))
    assert words.read_already(None, window) == "Nothing of these 10 days was read yet."
    assert words.read_already(some, window).startswith("4 days of these 10 days were read already; the other 6 days")
    assert "has nothing to do" in words.read_already(replace(READ, read=(Window(ago(days=11), NOW),)), window)


@pytest.mark.parametrize(
    ("action", "facts", "said"),
    [
        ("connector.update", {"client_secret": "given anew"}, "ada changed client_secret (console)"),
        ("connector.disable", {}, "ada paused it (console)"),
        ("reading.backfill", {"since": None}, "ada asked for a backfill (console)"),
        ("reading.stop", {"kind": "backfill"}, "ada stopped a backfill (console)"),
    ],
)
def test_changes_say_who_did_what(action, facts, said):
    change = {"actor": "ada", "via": "console", "action": action, "facts": facts}
    assert words.change_words(change) == said

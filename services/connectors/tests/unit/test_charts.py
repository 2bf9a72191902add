"""The severity chart: what it draws, what it says in words, how it labels its bars."""

from datetime import UTC, datetime, timedelta

from app.console.charts import bar_label, chart_options, histogram_in_words, severity_counts
from app.events.event import Severity
from app.storage.figures import Bar, Histogram

START = datetime(2026, 5, 1, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def bars(*counts, bucket=HOUR):
    drawn = tuple(Bar(START + number * bucket, each) for number, each in enumerate(counts))
    return Histogram(bucket, START, START + len(counts) * bucket, drawn)


def test_each_severity_is_a_series_with_a_number_for_every_bar():
    options = chart_options(bars({Severity.HIGH: 2}, {}, {Severity.INFO: 5}))
    series = {each["name"]: each["data"] for each in options["series"]}
    assert series == {
        "Info": [0, 0, 5],
        "Low": [0, 0, 0],
        "Medium": [0, 0, 0],
        "High": [2, 0, 0],
        "Critical": [0, 0, 0],
    }


def test_the_words_say_how_many_of_what_and_when_most():
    told = histogram_in_words(bars({Severity.HIGH: 2}, {Severity.HIGH: 1, Severity.INFO: 1200}))
    assert told == (
        "1,203 events from 01 May 2026 09:00 UTC to 01 May 2026 11:00 UTC: 3 high, 1,200 info. "
        "Most at 01 May 2026 10:00 UTC: 1,201."
    )


def test_nothing_is_said_in_words_too():
    assert histogram_in_words(bars({}, {})).startswith("No events from 01 May 2026 09:00 UTC")


def test_bars_of_one_day_are_labelled_by_the_clock_and_those_of_days_by_the_day():
    assert bar_label(START, bars({}, {})) == "09:00"
    assert bar_label(START, bars(*[{}] * 48)) == "01 May 09:00"
    assert bar_label(START, bars({}, {}, bucket=timedelta(days=1))) == "01 May"
    assert bar_label(START, bars({}, {}, bucket=timedelta(seconds=5))) == "09:00:00"


def test_counts_are_of_all_bars():
    counts = severity_counts(bars({Severity.LOW: 1}, {Severity.LOW: 2, Severity.HIGH: 4}))
    assert (counts[Severity.LOW], counts[Severity.HIGH], counts[Severity.INFO]) == (3, 4, 0)

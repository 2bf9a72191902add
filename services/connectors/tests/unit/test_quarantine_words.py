"""Quarantine in the console: bytes as text that can be looked at, and what became of records tried again."""

import pytest

from app.collection.quarantine import Retried
from app.console.quarantine import readable, retried_words


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b'{"a": 1}', '{"a": 1}'),
        ("ä\n\tb".encode(), "ä\n\tb"),
        (b"\xff\x00", "\\xff\\u0000"),
        (b"\x1b[31m", "\\u001b[31m"),
        ("\u202egpj.exe".encode(), "\\u202egpj.exe"),
    ],
)
def test_what_is_no_text_or_steers_how_text_is_shown_is_written_as_its_code(raw, text):
    assert readable(raw) == text


def test_a_long_record_is_cut_and_says_so():
    told = readable(b"a" * 30_000)
    assert len(told) < 21_000
    assert told.endswith("(30,000 bytes in all; the download has them)")


@pytest.mark.parametrize(
    ("done", "said"),
    [
        (Retried(), "There was nothing to try."),
        (Retried(1, added=1), "1 record tried: 1 became an event."),
        (
            Retried(10, added=2, duplicate=3, dropped=1, kept=4),
            (
                "10 records tried: 2 became events, 3 were stored already, 1 is left out on purpose, "
                "4 are still not understood."
            ),
        ),
    ],
)
def test_what_became_of_records_is_said_in_words(done, said):
    assert retried_words(done) == said

"""What the search box proposes at a place of the text."""

import pytest

from app.console.events.suggest import Typed, fields_like, typed_at


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("op", Typed(0, "", "op")),
        ("x -op", Typed(3, "", "op")),
        ("(op", Typed(1, "", "op")),
        ("actor:ali", Typed(6, "actor", "ali")),
        ("x caller:ali", Typed(9, "actor", "ali")),
        ("severity>=me", Typed(10, "severity", "me")),
        ("severity:high,lo", Typed(14, "severity", "lo")),
        ("operation:", Typed(10, "operation", "")),
    ],
)
def test_what_is_being_typed_is_found(text, expected):
    assert typed_at(text, len(text)) == expected


def test_it_is_found_in_the_middle_too():
    assert typed_at("op severity:high", 2) == Typed(0, "", "op")


@pytest.mark.parametrize("text", ["colour:re", '"free te', 'actor:"ali'])
def test_nothing_is_proposed_for_unknown_fields_and_within_quotes(text):
    assert typed_at(text, len(text)) is None


def test_fields_are_found_by_all_their_names():
    assert [each["text"] for each in fields_like("call")] == ["actor:"]
    assert {each["text"] for each in fields_like("t")} == {"type:", "tenant:", "title:", "text:", "resource:"}
    assert fields_like("") == []

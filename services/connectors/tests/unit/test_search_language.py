"""The language of searches: what is understood, how it is written back, and where a mistake is."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.errors import InvalidInput
from app.events.event import Severity
from app.search.fields import NAMES
from app.search.language import caret, parse
from app.search.mistakes import InvalidSearch
from app.search.refine import with_term, with_times

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
NAMED = [f"{name}{sign}" for name in (*NAMES, "nosuch") for sign in (":", "=", ">=", "<")]
SIGNS = ["(", ")", "-", "--", "NOT ", " OR ", " ", ",", '"', "\\", "*", "/", "\0", "İ"]
WORDS = ["high", "24h", "2026-05-01", "203.0.113.0/24", "alice@contoso.com"]
PIECES = st.sampled_from([*NAMED, *SIGNS, *WORDS])
TYPED = st.lists(PIECES | st.text(st.characters(), max_size=6), max_size=14).map("".join)


def written(text: str) -> str:
    return str(parse(text, NOW))


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", ""),
        ("  storage   delete ", "storage delete"),
        ("a AND b", "a b"),
        ("a OR b c", "a OR b c"),
        ("(a OR b) c", "(a OR b) c"),
        ("((a))", "a"),
        ("NOT a --b -NOT c", "-a b c"),
        ("-(a b)", "-(a b)"),
        ("or and not", "or and not"),
        ('"OR"', '"OR"'),
        ('"key vault" "-x"', '"key vault" "-x"'),
        ("caller:Alice user=bob", "actor:Alice actor=bob"),
        ("SEVERITY>=Medium sev:HIGH,low", "severity>=medium severity:high,low"),
        ("target:/subscriptions/s/rg(1)", 'resource:"/subscriptions/s/rg(1)"'),
        ('actor:"Smith, Alice",bob*', 'actor:"Smith, Alice",bob*'),
        ('"a*b"* c**d', '"a*b"* c*d'),
        ("ip:* -ip:*", "ip:* -ip:*"),
        ("ip:2001:db8::1", "ip:2001:db8::1"),
        (r'"say \"hi\" \\ \n"', r'"say \"hi\" \\ \\n"'),
        ("since:24h until:2026-05-01T10:00:00Z", "since:24h until:2026-05-01T10:00:00Z"),
        ("severity:*", "severity:info,low,medium,high,critical"),
    ],
)
def test_a_search_is_understood_and_written_back(typed, understood):
    assert written(typed) == understood
    assert parse(understood, NOW) == parse(typed, NOW)


@pytest.mark.parametrize(
    ("typed", "piece", "told"),
    [
        ("actr:alice", "actr", "Did you mean actor?"),
        ("zebra:1", "zebra", "severity, operation"),
        ("a severity>=mediun", "mediun", "Did you mean medium?"),
        ("severity:medium+", "medium+", "severity>=medium"),
        ("severity>=low,high", "high", "list"),
        ("outcome:failed", "failed", "Did you mean failure?"),
        ("since:yesterday", "yesterday", "24h"),
        ("since:1h,2h", "1h,2h", "one"),
        ("actor:", "actor:", "actor:alice"),
        ("actor:a,,b", "actor:a,,b", "actor:alice"),
        ('x ""', '""', "text"),
        ("actor>b", ">", "only severity"),
        ("actor:(a OR b)", "(a", "a,b"),
        ("ip:203.0.113.0/33", "203.0.113.0/33", "203.0.113.0/24"),
        ("id:xyz", "xyz", "id:11a3b073"),
        ('a "b c', '"b c', '"'),
        ("(a (b)", "(", ")"),
        ("a ) b", ")", "out"),
        ("()", ")", "between"),
        ("a OR", "OR", "after"),
        ("OR a", "OR", "quotes"),
        ("a -", "-", "after"),
        ("(" * 11 + "a" + ")" * 11, "(", "fewer"),
        ("a " * 51, "a", "less"),
    ],
)
def test_a_mistake_names_its_place_and_what_to_type(typed, piece, told):
    with pytest.raises(InvalidSearch) as refused:
        parse(typed, NOW)
    start, end = refused.value.position
    assert typed[start:end] == piece
    assert f"Column {start + 1}" in refused.value.message
    assert told in refused.value.remedy
    assert refused.value.facts()["position"] == [start, end]
    assert (refused.value.code, isinstance(refused.value, InvalidInput)) == ("invalid_search", True)


def test_a_search_may_have_two_thousand_characters():
    assert parse("a" * 2000, NOW)
    with pytest.raises(InvalidSearch, match="2,000"):
        parse("a" * 2001, NOW)


def test_a_caret_line_points_at_the_piece():
    assert caret("a actr:x", (2, 6)).splitlines() == ["a actr:x", "  ^^^^"]


@settings(max_examples=600, deadline=None)
@given(TYPED)
def test_whatever_is_typed_is_understood_or_refused_with_a_place(typed):
    try:
        search = parse(typed, NOW)
    except InvalidSearch as refused:
        problem = refused
    else:
        assert parse(str(search), NOW) == search
        return
    start, end = problem.position
    assert 0 <= start <= end <= len(typed)
    assert problem.remedy
    assert "^" in caret(typed, problem.position)


@pytest.mark.parametrize(
    ("typed", "chosen"),
    [
        ("severity>medium", "high critical"),
        ("severity>=medium", "medium high critical"),
        ("severity<low", "info"),
        ("severity<=low", "info low"),
        ("severity:high,info", "info high"),
        ("severity<info", ""),
    ],
)
def test_severities_are_compared_in_their_order(typed, chosen):
    [part] = parse(typed, NOW).parts
    assert part.chosen == tuple(map(Severity, chosen.split()))


def test_the_time_of_a_search_is_the_narrowest_that_it_says():
    search = parse("since:24h since:2h until:1h (since:1m OR a)", NOW)
    assert (search.since, search.until) == (NOW - timedelta(hours=2), NOW - timedelta(hours=1))
    assert parse("-since:1h", NOW).since is None


@pytest.mark.parametrize(
    ("text", "value", "negated", "expected"),
    [
        ("", "alice@contoso.com", False, "actor=alice@contoso.com"),
        ("a OR b", "x", False, "(a OR b) actor=x"),
        ("since:24h", "Alice Smith", True, 'since:24h -actor="Alice Smith"'),
        ("actor=x", "x", False, "actor=x"),
        ("", "a*b,c", False, 'actor="a*b,c"'),
        ("", "", False, "-actor:*"),
        ("", "", True, "actor:*"),
    ],
)
def test_a_click_on_a_value_narrows_a_search_to_it(text, value, negated, expected):
    found = with_term(text, "actor", value, negated=negated)
    assert found == expected
    assert written(found) == found


def test_a_click_on_a_bar_replaces_the_time():
    hour = NOW.replace(minute=30)
    found = with_times("a since:24h -(b until:1h)", hour, hour + timedelta(hours=1))
    assert found == "a -(b until:1h) since:2026-05-01T12:30:00Z until:2026-05-01T13:30:00Z"
    assert parse(found, NOW).since == hour
    assert with_times(found, None, None) == "a -(b until:1h)"

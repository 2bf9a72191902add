"""Why a rule matches an event or does not, told part by part."""

from unit.records import WRITE, rest
from unit.sigma_rules import one_rule, record_of

from app.detection.explaining import explain

RULE = """\
selection:
    operationName|endswith: ['/write', '/delete']
    Caller|contains|all: [contoso, megan]
filter:
    status: Started
filter_empty:
    x: null
words: [listKeys]
condition: selection and not 1 of filter* or words"""


def test_each_part_is_told_with_what_the_event_has(tmp_path):
    rule = one_rule(tmp_path, RULE)
    told = list(explain(rule, record_of(rest(x=[1, "two", True]))).render())
    assert told == [
        "yes The rule",
        "yes   one of these",
        "yes     all of these",
        "yes       selection",
        f"yes         operationName endswith '/write' or '/delete'  (the event has '{WRITE}')",
        "yes         Caller contains 'contoso' and 'megan'  (the event has 'megan@contoso.com')",
        "yes       not 1 of filter*",
        "no          1 of filter*",
        "no            filter",
        "no              status is 'Started'  (the event has 'Succeeded', 'Success')",
        "no            filter_empty",
        "no              x is null  (the event has 1, 'two', true)",
        "no      words",
        "no        any value has 'listKeys'  (found in no value)",
    ]


def test_what_decides_is_seen(tmp_path):
    rule = one_rule(tmp_path, RULE)
    told = explain(rule, record_of(rest("a/listKeys/action")))
    assert told.matched
    lines = list(told.render())
    assert "yes       any value has 'listKeys'  (found in 'a/listKeys/action', 'a/listKeys/action')" in lines
    assert any(line.startswith("yes") and "x is null  (the event has no such value)" in line for line in lines)


def test_a_request_that_is_not_known_is_told(tmp_path):
    rule = one_rule(tmp_path, "aisoc.request.properties.a: b")
    unknown = explain(rule, record_of(rest()))
    assert not unknown.matched
    assert "reads the request's body, which no record of the operation has brought" in unknown.detail
    assert "the request's body is not known" in list(unknown.render())[-1]
    known = explain(rule, record_of(rest(), request={"properties": {"a": "b"}}))
    assert known.matched
    assert known.detail == ""


def test_long_and_many_values_are_cut(tmp_path):
    rule = one_rule(tmp_path, "x: [a, b, c, d, e, f, g]\ny: z")
    lines = list(explain(rule, record_of(rest(x=["v"] * 9, y="l" * 5000))).render())
    assert "'a' or 'b' or 'c' or 'd' or 'e' … (7 values)" in lines[2]
    assert "and 4 more" in lines[2]
    assert all(len(line) < 250 for line in lines)

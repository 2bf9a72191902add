"""Whatever a file holds, reading it gives rules and problems, and never an error."""

from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.records import exported, rest, row
from unit.sigma_rules import LOGSOURCE, record_of, rule_id

from app.detection.drafts import Draft, draft_of
from app.detection.linking import linked
from app.detection.yaml_documents import Mistake, read_documents

FILE = Path("any.yml")
EVENTS = [record_of(shape(x=[1, {"y": None}, "a"])) for shape in (rest, exported, row)]
GOOD = f"""\
title: Any
id: {rule_id("Any")}
name: any
{LOGSOURCE}level: high
tags: [attack.t1098.003]
date: 2026-05-01
detection:
  selection:
    operationName|endswith: [/write, /delete]
    x|re: '^a+$'
  words: [a, 'b*c']
  filter:
    - x: null
    - CallerIpAddress|cidr: 10.0.0.0/8
  condition: (selection and not 1 of filter*) or words
aisoc:
  title: '{{actor}} did'
  first_seen: {{group-by: [aisoc.actor], timespan: 30d}}
"""
TOGETHER = f"""\
title: Together
id: {rule_id("Together")}
correlation:
  type: value_count
  rules: [any]
  group-by: [caller]
  timespan: 1h
  condition: {{gte: 3, field: x}}
"""
KEYS = [
    "title",
    "id",
    "logsource",
    "detection",
    "condition",
    "selection",
    "aisoc",
    "first_seen",
    "correlation",
    "rules",
]
KEYS += [
    "x|re",
    "x|cidr",
    "x|gt",
    "x|exists",
    "|all",
    "x|expand",
    "type",
    "timespan",
    "group-by",
    "level",
    "tags",
    "date",
]
leaves = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 5),
    st.floats(allow_nan=True),
    st.sampled_from(["", "a", "(", "%x%", "1 of them", "selection", "event_count", "{a", "\\", "azure", "1h", "*"]),
    st.text(max_size=5),
)
anything = st.recursive(
    leaves,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(KEYS), inner, max_size=3)),
    max_leaves=8,
)


def use(text: str) -> None:
    """Read a text as a file would be, and judge events by what came of it."""
    try:
        found = [draft_of(document, FILE, {"x": ("a",)}) for document in read_documents(text)]
    except Mistake:
        return
    drafts = [draft for draft in found if isinstance(draft, Draft)]
    problems = [problem for draft in found if not isinstance(draft, Draft) for problem in draft]
    assert all(problem.reason for problem in problems)
    rules = linked(drafts, problems)
    for rule in rules.rules.values():
        for record in EVENTS:
            matched = rule.matches(record)
            event = record.event
            assert not matched or rule.may_match(event.event_type, event.activity_category or "")


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_rule_of_which_a_part_is_replaced(data):
    documents = [yaml.safe_load(GOOD), yaml.safe_load(TOGETHER)]
    place: Any = documents[data.draw(st.sampled_from([0, 0, 1]))]
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], (dict, list)) or not place[key] or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(anything)
    use(yaml.safe_dump_all(documents, sort_keys=False))


@settings(max_examples=300, deadline=None)
@given(
    at=st.integers(0, len(GOOD)),
    length=st.integers(0, 12),
    text=st.text("[]{}:,-*&!|>'\"%@ \n\t#a1\\\0\u2028é", max_size=6),
)
def test_a_rule_whose_text_is_broken(at, length, text):
    use(GOOD[:at] + text + GOOD[at + length :] + "---\n" + TOGETHER)


@settings(max_examples=200, deadline=None)
@given(text=st.text(max_size=60))
def test_any_text(text):
    use(text)


def test_the_rules_that_are_broken_here_are_good():
    found = [draft_of(document, FILE, {}) for document in read_documents(f"{GOOD}---\n{TOGETHER}")]
    assert all(isinstance(draft, Draft) for draft in found)

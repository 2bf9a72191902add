"""The compiler says what a plain evaluator says, of any rule and any event; and no rule is kept from its event."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import naive_sigma
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.records import encode, rest

from app.connectors.azure_activity import CONNECTOR
from app.detection.drafts import Draft, draft_of
from app.detection.explaining import explain
from app.detection.record import Record
from app.detection.rules import ActiveRules, EventRule
from app.detection.yaml_documents import read_documents

OPERATIONS = ["Microsoft.Compute/disks/write", "microsoft.compute/disks/delete", "A/B/action", "Administrative", "a"]
CATEGORIES = ["Administrative", "Policy", "ServiceHealth"]
FIELDS = ["alpha", "Beta", "gamma.delta", "gamma.list.name", "a.b.c", "operationName", "OperationNameValue", "category"]
TEXTS = ["", "a", "A", "ab", "aB/c", "write", "disks", "Administrative", "Microsoft.Compute/disks/write", "10", "-1.5"]
TEXTS += ["true", "null", "a*b", "a?b", "a\\b", "2026-05-01T10:20:30Z", "10.0.0.7", "fe80::1", "-x /y", "é", "A/B"]
PATTERNS = [
    "",
    "*",
    "a*",
    "*b",
    "*i*",
    "a?",
    "?",
    "a\\*b",
    "a\\?b",
    "*/w*e",
    "m*.c*/*",
    "\\\\*",
    "a\\b",
    "*\\\\b",
    "??*",
]
REGEXES = ["a", "^a.?$", "(a|w)+", "[A-Z]+", "rit", "\\d+", "^$", "(?:x|write)$", "disks.w", "B"]
NETWORKS = ["10.0.0.0/8", "10.0.0.7/32", "fe80::/10", "0.0.0.0/0"]
FILE = Path("generated.yml")

scalars = st.sampled_from([*TEXTS, 10, -1.5, 10.0, 0, True, False, None])
values = st.one_of(scalars, st.lists(scalars, max_size=3), st.lists(st.lists(scalars, max_size=2), max_size=2))
names = st.fixed_dictionaries({}, optional={"name": values, "NAME": scalars})


@st.composite
def records(draw: Any) -> dict[str, Any]:
    """Draw a REST record with a few fields of no vocabulary."""
    gamma = draw(st.fixed_dictionaries({}, optional={"delta": values, "List": st.lists(names, max_size=3)}))
    nested = draw(st.fixed_dictionaries({}, optional={"b": st.fixed_dictionaries({}, optional={"c": values})}))
    dotted = draw(st.dictionaries(st.sampled_from(["b.c", "b", "B.C"]), values, max_size=2))
    return rest(
        draw(st.sampled_from(OPERATIONS)),
        category=draw(st.sampled_from(CATEGORIES)),
        alpha=draw(values),
        beta=draw(values),
        gamma=json.dumps(gamma) if draw(st.booleans()) else gamma,
        a=nested | dotted,
    )


def listed(of: Any) -> Any:
    return st.one_of(of, st.lists(of, min_size=1, max_size=3))


texts = st.sampled_from([*TEXTS, *PATTERNS, *OPERATIONS])
plain = st.sampled_from([*TEXTS, *PATTERNS, *OPERATIONS, 10, -1.5, 0, True, None])
numbers = st.sampled_from([10, 0, -1.5, 9])
ITEMS: list[tuple[str, Any]] = [
    ("", listed(plain)),
    ("|all", st.lists(texts, min_size=1, max_size=3)),
    ("|contains", listed(texts)),
    ("|contains|all", st.lists(texts, min_size=1, max_size=3)),
    ("|startswith", listed(texts)),
    ("|endswith", listed(texts)),
    ("|cased", listed(texts)),
    ("|contains|cased", listed(texts)),
    ("|neq", listed(plain)),
    ("|re", listed(st.sampled_from(REGEXES))),
    ("|re|i", listed(st.sampled_from(REGEXES))),
    ("|gt", numbers),
    ("|gte", numbers),
    ("|lt", numbers),
    ("|lte", numbers),
    ("|exists", st.booleans()),
    ("|cidr", listed(st.sampled_from(NETWORKS))),
    ("|fieldref", st.sampled_from(FIELDS)),
    ("|fieldref|startswith", st.sampled_from(FIELDS)),
    ("|fieldref|contains", st.sampled_from(FIELDS)),
    ("|hour", st.sampled_from([10, 11])),
    ("|minute|gte", st.sampled_from([20, 21])),
    ("|windash", st.sampled_from(["-x /y", "/x -y"])),
    ("|base64", st.sampled_from(["a", "ab"])),
    ("|base64offset|contains", st.sampled_from(["foo", "foobar"])),
]
KEYWORDS: list[tuple[str, Any]] = [
    ("", listed(st.sampled_from([*TEXTS, *PATTERNS, 10]))),
    ("|all", st.lists(texts, min_size=1, max_size=3)),
    ("|startswith", listed(texts)),
    ("|cased", listed(texts)),
    ("|re", st.sampled_from(REGEXES)),
]


@st.composite
def items(draw: Any) -> tuple[str, Any]:
    modifiers, wanted = draw(st.sampled_from(ITEMS))
    return draw(st.sampled_from(FIELDS)) + modifiers, draw(wanted)


@st.composite
def keywords(draw: Any) -> dict[str, Any]:
    modifiers, wanted = draw(st.sampled_from(KEYWORDS))
    return {modifiers: draw(wanted)}


mappings = st.lists(items(), min_size=1, max_size=3).map(dict)
selections = st.one_of(
    mappings,
    mappings,
    st.lists(mappings, min_size=1, max_size=2),
    keywords(),
    st.lists(st.sampled_from([*TEXTS, *PATTERNS, 10]), min_size=1, max_size=2),
)
conditions = st.recursive(
    st.sampled_from(["s1", "s2", "t1", "1 of s*", "all of s*", "1 of them", "all of them", "any of t*"]),
    lambda inner: st.one_of(
        inner.map(lambda part: f"not ({part})"),
        inner.map(lambda part: f"not {part}" if " " not in part else f"({part})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda parts: f"({' '.join(parts)})"),
    ),
    max_leaves=4,
)


@st.composite
def rules(draw: Any) -> str:
    detection = {name: draw(selections) for name in ("s1", "s2", "t1")}
    told = {
        "title": "Generated",
        "id": str(uuid4()),
        "logsource": {"product": "azure", "service": "activitylogs"},
        "detection": detection | {"condition": draw(conditions)},
    }
    return yaml.safe_dump(told, sort_keys=False)


def compiled(told: str, path: Any) -> EventRule:
    drafts = [draft_of(document, path, {}) for document in read_documents(told)]
    assert isinstance(drafts[0], Draft), drafts
    assert drafts[0].rule is not None
    return drafts[0].rule


@settings(max_examples=400, deadline=None)
@given(told=rules(), record=records())
def test_a_rule_matches_what_the_naive_evaluator_matches(told, record):
    rule = compiled(told, FILE)
    raw = encode(record)
    event = CONNECTOR.normalize(raw)
    assert event is not None
    matches = rule.matches(Record(event, raw))
    assert matches == naive_sigma.matches(told, json.loads(raw))
    assert explain(rule, Record(event, raw)).matched == matches


@settings(max_examples=400, deadline=None)
@given(told=rules(), record=records())
def test_a_rule_that_matches_is_among_the_candidates(told, record):
    rule = compiled(told, FILE)
    raw = encode(record)
    event = CONNECTOR.normalize(raw)
    assert event is not None
    found = ActiveRules({rule.id: rule}).candidates(event)
    if rule.matches(Record(event, raw)):
        assert found == (rule,)
        assert rule.may_be_in(raw)
    # Asked without what operation and category tell already, a candidate answers the same.
    assert any(candidate.matches(Record(event, raw)) for candidate in found) == rule.matches(Record(event, raw))

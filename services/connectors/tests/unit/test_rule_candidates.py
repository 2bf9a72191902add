"""Which rules an event meets: judged by operation and category alone, and never a no where the event would match."""

from textwrap import indent

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.records import SHAPES, rest
from unit.sigma_rules import LOGSOURCE, one_rule, record_of, rule_id
from unit.test_rules_against_naive import CATEGORIES, FILE, ITEMS, OPERATIONS, compiled, conditions, listed

from app.detection.rules import ActiveRules

WRITE, DELETE = "microsoft.contoso/things/write", "microsoft.contoso/things/delete"


@pytest.mark.parametrize(
    ("detection", "operation", "category", "expected"),
    [
        ("operationName: Microsoft.Contoso/things/write", WRITE, "Administrative", True),
        ("operationName: Microsoft.Contoso/things/write", DELETE, "Administrative", False),
        ("operationName|endswith: [/delete, /WRITE]", WRITE, "Administrative", True),
        ("operationName|contains|all: [contoso, delete]", WRITE, "Administrative", False),
        ("operationName|cased: Microsoft.Contoso/things/write", WRITE, "Administrative", True),
        ("operationName|cased: Microsoft.Contoso/things/write", DELETE, "Administrative", False),
        ("a: {operationName|cased: Microsoft.Contoso/things/write}\ncondition: not a", WRITE, "Administrative", True),
        ("a: {operationName|re: ^Microsoft}\ncondition: not a", WRITE, "Administrative", True),
        ("a: {operationName|re|i: ^Microsoft}\ncondition: not a", WRITE, "Administrative", False),
        ("operationName|re: '^Microsoft.*/write$'", WRITE, "Administrative", True),
        ("operationName|re: '^Microsoft.*/write$'", DELETE, "Administrative", False),
        ("operationName|re|i: 'THINGS/write'", WRITE, "Administrative", True),
        ("operationName|re|i: 'THINGS/write'", DELETE, "Administrative", False),
        ("operationName|re: '[A-Z]'", WRITE, "Administrative", True),
        ("operationName|re: '[^a-z./]'", DELETE, "Administrative", True),
        ("operationName|re: '(?i:MICROSOFT)'", WRITE, "Administrative", True),
        ("operationName|neq: Microsoft.Contoso/things/write", WRITE, "Administrative", False),
        ("operationName|neq: Microsoft.Contoso/things/write", DELETE, "Administrative", True),
        ("operationName|fieldref: authorization.action", WRITE, "Administrative", True),
        ("operationName|exists: false", WRITE, "Administrative", False),
        ("operationName: null", WRITE, "Administrative", False),
        ("operationName: null", "administrative", "Administrative", True),
        ("operationName: null", "unknown", "", True),
        ("operationName: null\ncategory: null", "unknown", "", True),
        ("category: null", WRITE, "", True),
        ("category: null", WRITE, "Policy", False),
        ("category: policy", WRITE, "Policy", True),
        ("category|cased: policy", WRITE, "Policy", True),
        ("CategoryValue: Policy", WRITE, "Administrative", False),
        ("aisoc.event_type|startswith: microsoft.contoso/", WRITE, "Administrative", True),
        ("aisoc.event_type|startswith: microsoft.fabrikam/", WRITE, "Administrative", False),
        ("- contoso/things/delete", WRITE, "Administrative", True),
        ("operationName: a\nx: b", WRITE, "Administrative", False),
        ("a: {operationName: a}\nb: {x: b}\ncondition: a or b", WRITE, "Administrative", True),
        ("a: {operationName|endswith: /write}\ncondition: not a", WRITE, "Administrative", False),
        ("a: {operationName|endswith: /write, x: y}\ncondition: not a", WRITE, "Administrative", True),
        ("a: {operationName|endswith: /write}\nb: {x: y}\ncondition: not (a or b)", WRITE, "Administrative", False),
        ("operationName: '*'", "x" * 3000, "Administrative", True),
        ("operationName|endswith: y", "x" * 3000, "Administrative", True),
        ("operationName|endswith: y", "x\u0130", "Administrative", True),
    ],
)
def test_a_rule_may_match_an_operation_or_cannot(tmp_path, detection, operation, category, expected):
    assert one_rule(tmp_path, detection).may_match(operation, category) is expected


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("category", ["Administrative", "Service Health", ""])
@pytest.mark.parametrize("operation", ["Microsoft.Contoso/\u0130/write", "", "Administrative", "ServiceHealth"])
@pytest.mark.parametrize(
    "detection",
    [
        "operationName: null",
        "operationName: administrative",
        "category: null",
        "category|contains: e",
        "operationName: '*'",
    ],
)
def test_an_event_without_operation_or_category_meets_its_rules(tmp_path, shape, category, operation, detection):
    rule = one_rule(tmp_path, detection)
    record = record_of(SHAPES[shape](operation, category=category))
    if rule.matches(record):
        assert ActiveRules({rule.id: rule}).candidates(record.event) == (rule,)


KNOWN = ["operationName", "OperationNameValue", "category", "aisoc.event_type", "aisoc.operation", "x"]
TEXTUAL = {"", "|contains", "|startswith", "|endswith", "|cased", "|contains|cased", "|neq"}
operations = st.sampled_from([*OPERATIONS, "", "AB", "\u212a/write", "\u0130"])


@st.composite
def rules_of_operations(draw):
    """Draw a rule that asks for little else than operation and category."""

    def selection() -> str:
        items = []
        for _ in range(draw(st.integers(1, 2))):
            modifiers, wanted = draw(st.sampled_from(ITEMS))
            texts = listed(operations) if modifiers in TEXTUAL else wanted
            value = draw(st.sampled_from(KNOWN) if "fieldref" in modifiers else st.one_of(wanted, texts))
            items.append((draw(st.sampled_from(KNOWN)) + modifiers, value))
        return yaml.safe_dump(dict(items))

    body = "".join(f"  {name}:\n{indent(selection(), '    ')}" for name in ("s1", "s2", "t1"))
    return f"title: T\nid: {rule_id('T')}\n{LOGSOURCE}detection:\n{body}  condition: {draw(conditions)}\n"


@settings(max_examples=500, deadline=None)
@given(told=rules_of_operations(), operation=operations, category=st.sampled_from([*CATEGORIES, ""]), x=operations)
def test_a_rule_about_operations_is_never_kept_from_an_event_that_it_matches(told, operation, category, x):
    rule = compiled(told, FILE)
    record = record_of(rest(operation, category=category, x=x))
    if rule.matches(record):
        assert ActiveRules({rule.id: rule}).candidates(record.event) == (rule,)

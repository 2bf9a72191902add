"""The page on the rule pack is true: its table is that of the rules, and it names every fact."""

import re

import msgspec
import pytest
from docs.pack_table import AREAS, PACK, PAGE, parts, table

from app.detection.facts import REQUEST_FACTS
from app.detection.reading import read_rules
from app.events.event import Event

TEXT = PAGE.read_text(encoding="utf-8")
PLACES = {"scope", "scope_name", "scope_level", "src_country"}


def test_the_table_of_rules_is_that_of_the_rules():
    assert parts(TEXT)[1].strip() == table().strip(), "run `python services/connectors/tests/docs/pack_table.py`"


def test_every_folder_of_rules_is_an_area_of_the_table():
    assert {rule.parent.name for rule in PACK.rglob("*.yml")} == AREAS.keys()


@pytest.mark.parametrize("fact", sorted(REQUEST_FACTS | PLACES))
def test_every_fact_is_explained(fact):
    assert re.search(rf"^\| .*`aisoc\.{fact}`.* \| .+ \|$", TEXT, re.MULTILINE)


def test_the_titles_of_alerts_name_facts_that_exist():
    pack = read_rules([PACK], {})
    fields = {field.name for field in msgspec.structs.fields(Event)}
    known = REQUEST_FACTS | PLACES | fields | {"resource", "principal", "ip", "subscription", "country"}
    for rule in [*pack.rules.values(), *pack.correlations.values()]:
        named = set(re.findall(r"\{(\w+)\}", rule.alert_title or ""))
        assert named <= known, rule.title

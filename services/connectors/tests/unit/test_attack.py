"""The ATT&CK matrix: below which tactics a rule stands, which techniques are bare, what techniques are called."""

from datetime import timedelta
from pathlib import Path

import pytest

from app.detection.attack import coverage, tactics_of, technique_name, technique_of, watches
from app.detection.attack_table import NEW_TECHNIQUES, SUB_TECHNIQUES, TACTICS, TECHNIQUES
from app.detection.rules import Correlation
from app.events.event import Severity


def rule(rule_id="one", techniques=(), tactics=()):
    return Correlation(
        id=rule_id,
        title=rule_id,
        severity=Severity.HIGH,
        path=Path("rule.yml"),
        techniques=techniques,
        tactics=tactics,
        type="event_count",
        rules=(),
        group_by=(),
        timespan=timedelta(hours=1),
        at_least=2,
    )


def standing(*rules):
    """Return where each rule stands: tactic and technique."""
    return {
        (column.tactic, cell.technique, each)
        for column in coverage(rules)
        for cell in column.cells
        for each in cell.rules
    }


def test_a_rule_stands_below_the_tactics_that_it_names():
    assert standing(rule(techniques=("T1098.003",), tactics=("privilege-escalation",))) == {
        ("privilege-escalation", "T1098", "one")
    }


def test_a_rule_without_a_fitting_tactic_stands_below_all_of_its_technique():
    below = {("persistence", "T1098", "one"), ("privilege-escalation", "T1098", "one")}
    assert standing(rule(techniques=("T1098",))) == below
    assert standing(rule(techniques=("T1098",), tactics=("impact",))) == below


def test_a_technique_that_no_cloud_matrix_has_stands_below_the_rules_own_tactics():
    assert standing(rule(techniques=("T9999",), tactics=("command-and-control",))) == {
        ("command-and-control", "T9999", "one")
    }


def test_the_words_of_version_19_mean_what_they_were_before():
    new = rule(techniques=("T1685.002",), tactics=("defense-impairment",))
    assert standing(new) == {("defense-evasion", "T1562", "one")}
    assert tactics_of(new) == ("defense-evasion",)
    assert watches(new, "T1562.008")
    assert technique_name("T1685.002") == "Impair Defenses: Disable or Modify Cloud Logs"


def test_a_rule_with_two_sub_techniques_counts_once():
    [cell] = [
        cell
        for column in coverage([rule(techniques=("T1098.001", "T1098.003"), tactics=("persistence",))])
        for cell in column.cells
        if cell.rules
    ]
    assert (cell.rules, cell.parts) == (("one",), ("T1098.001", "T1098.003"))


def test_techniques_without_rules_are_shown_and_come_last():
    [column] = [
        each for each in coverage([rule(techniques=("T1490",), tactics=("impact",))]) if each.tactic == "impact"
    ]
    assert column.covered == 1
    assert column.cells[0].technique == "T1490"
    assert len(column.cells) == sum("impact" in tactics.split() for _, tactics in TECHNIQUES.values())


def test_tactics_come_in_the_order_of_the_matrix_and_only_where_there_is_something():
    named = [column.tactic for column in coverage([])]
    assert named == [tactic for tactic in TACTICS if tactic in named]
    assert "reconnaissance" not in named
    assert "initial-access" in named


@pytest.mark.parametrize(
    ("technique", "name"),
    [
        ("T1098", "Account Manipulation"),
        ("T1098.003", "Account Manipulation: Additional Cloud Roles"),
        ("t1098.003", "Account Manipulation: Additional Cloud Roles"),
        ("T1098.999", "Account Manipulation (T1098.999)"),
        ("T9999", "T9999"),
    ],
)
def test_a_technique_is_called_by_its_name(technique, name):
    assert technique_name(technique) == name


def test_a_rule_watches_for_a_technique_by_its_sub_technique_but_not_the_other_way_round():
    assert watches(rule(techniques=("T1098.003",)), "T1098")
    assert watches(rule(techniques=("T1098.003",)), "t1098.003")
    assert not watches(rule(techniques=("T1098",)), "T1098.003")


def test_the_table_holds_together():
    assert all(tactic in TACTICS for _, tactics in TECHNIQUES.values() for tactic in tactics.split())
    assert all(technique_of(each) in TECHNIQUES for each in SUB_TECHNIQUES)
    assert all(each in SUB_TECHNIQUES for each in NEW_TECHNIQUES.values())


def test_a_rule_without_techniques_is_found_by_its_tactic_alone():
    bare = rule(tactics=("impact",))
    assert watches(bare)
    assert watches(bare, tactic="impact")
    assert not watches(bare, tactic="discovery")
    assert not watches(bare, "T1485", "impact")


def test_a_rule_is_found_by_the_cell_of_the_matrix_in_which_it_stands():
    both = rule(techniques=("T1098.003", "T1485"), tactics=("persistence", "impact"))
    assert watches(both, "T1098", "persistence")
    assert not watches(both, "T1098", "privilege-escalation")
    assert not watches(both, "T1485", "persistence")

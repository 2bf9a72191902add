"""The rule pack keeps what it promises: each rule is complete, and does to its samples what they say, in each shape."""

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import yaml
from shapes import exported_of, row_of

from app.detection import countries
from app.detection.attack_table import SUB_TECHNIQUES, TACTICS, TECHNIQUES
from app.detection.reading import read_rules
from app.detection.roles import BUILT_IN_ROLES
from app.detection.samples import check_samples, samples_beside
from app.events.event import Severity

PACK = Path(__file__).parents[4] / "detections"
FILES = sorted(file for file in PACK.rglob("*.yml") if not file.name.endswith(".samples.yml"))
NAMES = [file.relative_to(PACK).with_suffix("").as_posix() for file in FILES]
# A rule whose match depends on the operator's own database of countries; its positive is tested below.
WITHOUT_POSITIVE = {"azure/first-seen/new_country"}

every_rule = pytest.mark.parametrize("file", FILES, ids=NAMES)


@pytest.fixture(scope="module")
def pack():
    return read_rules([PACK], {})


def load(file: Path) -> Any:
    return yaml.load(file.read_bytes(), yaml.CSafeLoader)


def test_the_pack_is_read_without_a_problem(pack):
    assert pack.problems == ()
    assert len(pack.rules) + len(pack.correlations) == len(FILES)


def test_the_pack_is_as_large_as_it_is_said_to_be(pack):
    kinds = Counter(rule.kind for rule in pack.rules.values() if rule.alerts)
    assert kinds["event"] >= 45
    assert kinds["first_seen"] >= 3
    assert len(pack.correlations) >= 6


@every_rule
def test_a_rule_is_complete(file):
    rule = load(file)
    assert UUID(rule["id"]).version == 4
    assert rule["author"] == "AiSOC"
    assert rule["status"] in {"stable", "test", "experimental"}
    assert rule["level"] in {"informational", "low", "medium", "high", "critical"}
    assert len(rule["description"]) > len("too short to say anything")
    assert len(rule["references"]) >= 2
    assert all(reference.startswith("https://") for reference in rule["references"])
    assert rule["falsepositives"]
    ours = rule["aisoc"]
    assert len(ours["why"]) > len("too short to say anything")
    assert ours["next_steps"]
    assert ours["title"]
    if "correlation" not in rule:
        assert rule["logsource"] == {"product": "azure", "service": "activitylogs"}


@every_rule
def test_a_rule_names_techniques_of_attack_and_their_tactics(file):
    tags = [tag.removeprefix("attack.") for tag in load(file)["tags"]]
    techniques = [tag.upper() for tag in tags if tag[1:2].isdigit()]
    tactics = {tag for tag in tags if not tag[1:2].isdigit()}
    assert techniques
    assert tactics
    assert tactics <= TACTICS.keys()
    for technique in techniques:
        assert technique in TECHNIQUES or technique in SUB_TECHNIQUES
        assert tactics & set(TECHNIQUES[technique.partition(".")[0]][1].split()), technique


@every_rule
def test_a_rule_has_samples_that_it_matches_and_such_that_it_must_not(file):
    expected = [sample["expected"] for sample in load(samples_beside(file))]
    assert False in expected
    assert True in expected or file.relative_to(PACK).with_suffix("").as_posix() in WITHOUT_POSITIVE


def test_every_rule_does_to_its_samples_what_they_say():
    results = check_samples(PACK)
    assert [(result.path.stem, result.name, result.why) for result in results if not result.passed] == []
    assert len(results) >= 3 * len(FILES)


@pytest.mark.parametrize("shape", [exported_of, row_of])
def test_a_rule_says_the_same_of_a_record_in_another_shape(shape, tmp_path):
    for file, name in zip(FILES, NAMES, strict=True):
        copied = tmp_path / f"{name}.yml"
        copied.parent.mkdir(parents=True, exist_ok=True)
        copied.write_bytes(file.read_bytes())
        samples = load(samples_beside(file))
        for sample in samples:
            sample["events"] = [shape(event) if "eventTimestamp" in event else event for event in sample["events"]]
        samples_beside(copied).write_text(json.dumps(samples), encoding="utf-8")
    results = check_samples(tmp_path)
    assert results
    assert [(result.path.stem, result.name, result.why) for result in results if not result.passed] == []


def test_no_two_rules_say_the_same():
    said = Counter(json.dumps(rule.get("detection", rule.get("correlation"))) for rule in map(load, FILES))
    assert [what for what, times in said.items() if times > 1] == []
    for key in ("title", "id"):
        assert len({load(file)[key] for file in FILES}) == len(FILES)


def test_roles_differ_by_what_they_give_and_where(pack):
    levels = {rule.path.stem: rule.severity for rule in pack.rules.values() if rule.path.parent.name == "identity"}
    roles = ["role_full_control_wide", "role_contributor_wide", "role_full_control_narrow", "role_other"]
    assert all(levels[first].rank > levels[second].rank for first, second in pairwise(roles))
    assert levels["role_full_control_wide"] is Severity.CRITICAL


def test_every_role_that_is_weighed_is_known_by_its_id():
    known = set(BUILT_IN_ROLES.values())
    for name in ("role_sensitive", "role_full_control_wide", "role_contributor_wide", "pim_privileged_assigned"):
        assert roles_of(name) <= known, name


def test_a_role_is_another_one_only_where_no_other_rule_weighs_it():
    weighed = roles_of("role_sensitive") | roles_of("role_full_control_wide") | roles_of("role_contributor_wide")
    assert roles_of("role_other") == weighed


def roles_of(name: str) -> set[str]:
    """Return the roles that a rule of the pack names, anywhere in its detection."""
    parts = load(PACK / "azure" / "identity" / f"{name}.yml")["detection"].values()
    named = [part["aisoc.role"] for part in parts if "aisoc.role" in part]
    return {role for roles in named for role in ([roles] if isinstance(roles, str) else roles)}


def test_a_person_in_a_new_country_is_told(tmp_path, monkeypatch):
    known = countries.Countries()
    known.country = {"198.51.100.24": "NO", "203.0.113.200": "BR"}.get
    monkeypatch.setattr(countries, "_in_use", [known])
    file = next(file for file in FILES if file.stem == "new_country")
    (tmp_path / file.name).write_bytes(file.read_bytes())
    samples = load(samples_beside(file))
    samples_beside(tmp_path / file.name).write_text(json.dumps([samples[0] | {"expected": True}]), encoding="utf-8")
    assert [result.passed for result in check_samples(tmp_path)] == [True]

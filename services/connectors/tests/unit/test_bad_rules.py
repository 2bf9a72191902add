"""A mistake in a rule is told with its file, its line and its reason, and stops no other rule."""

import os
from pathlib import Path

import pytest
from unit.sigma_rules import LOGSOURCE, read, rule_id, told

from app.detection.reading import read_rules

GOOD = told("Good", "operationName: a/write")
HEAD = f"title: Bad\nid: {rule_id('Bad')}\n{LOGSOURCE}"


def problem_of(folder: Path, text: str) -> tuple[int, str]:
    """Return line and reason of the one problem of a file; the good rule beside it is read."""
    rules = read(folder, GOOD, text)
    assert [rule.title for rule in rules.rules.values()] == ["Good"]
    assert len(rules.problems) == 1, rules.problems
    problem = rules.problems[0]
    assert problem.path == folder / "1.yml"
    return problem.line, problem.reason


def detection(*lines: str, condition: str = "selection") -> str:
    return (
        HEAD + "detection:\n  selection:\n" + "".join(f"    {line}\n" for line in lines) + f"  condition: {condition}\n"
    )


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        (detection("x|contians: a"), 6, "Unknown modifier"),
        (detection("a: b", "x|re: '(?=a)b'"), 7, "lookahead"),
        (detection("x|re: '(?<!a)b'"), 6, "negative lookbehind"),
        (detection("x|re: '(a)\\1'"), 6, "reference to a group"),
        (detection("x|re: '['"), 6, "missing ]"),
        (detection("x|re: 'a{1000}{1000}'"), 6, "repetition"),
        (detection("x|re:", "  - fine", "  - '(?!no)'"), 8, "negative lookahead"),
        (detection("x|re: 5"), 6, "put it in quotes"),
        (detection("x|cidr:", "  - 10.0.0.0/8", "  - 10.0.0.1/8"), 8, "host bits"),
        (detection("x|gt: many"), 6, "incompatible"),
        (detection("x|exists: maybe"), 6, "incompatible"),
        (detection("x: {y: z}"), 6, "no text, number"),
        (detection("x: []"), 6, "empty list"),
        (detection("a: b", "aisoc.actr|contains: a"), 7, "no field 'aisoc.actr'"),
        (detection("x|fieldref: aisoc.actr"), 6, "no field 'aisoc.actr'"),
        (detection("x: a") + "aisoc:\n  first_seen: {group-by: [aisoc.x], timespan: 3d}\n", 9, "no field 'aisoc.x'"),
        (detection("x|expand: '%Admins%'"), 6, "AISOC_RULE_VALUES"),
        (detection("x|base64: 'a*'"), 6, "wildcards"),
        (detection("x|fieldref: 'a*'"), 6, "wildcards"),
        (detection("x|windash: ' -a -b -c -d'"), 6, "windash"),
        (detection("- null"), 6, "asked of a field"),
        (detection("x: a", condition="selection and filter"), 7, "names 'filter', which is not defined"),
        (detection("x: a", condition="1 of filter*"), 7, "no selection has such a name"),
        (detection("x: a", condition="selection and"), 7, "cannot be read"),
        (detection("x: a", condition="2 of them"), 7, "cannot be read"),
        (detection("x: a", condition="selection | count() > 5"), 7, "pipe"),
        (detection("x: a", condition="(" * 30 + "selection" + ")" * 30), 7, "too long"),
        (detection("x: a", condition="5"), 7, "A condition is a text"),
        (HEAD + "detection:\n  selection:\n    x: a\n", 4, "no condition"),
        (HEAD + "detection: none\n", 4, "mapping of selections"),
        (HEAD, 1, "mapping of selections"),
        (detection("x: a") + "level: hgih\n", 8, "'hgih' is unknown"),
        (detection("x: a") + "status: done\n", 8, "not a valid Sigma rule status"),
        (detection("x: a") + "date: yesterday\n", 8, "use yyyy-mm-dd"),
        (detection("x: a") + "tags: [attack]\n", 8, "tag"),
        (detection("x: a") + "tags:\n  - 7\n", 8, "list of texts"),
        (detection("x: a") + "falsepositives: {a: b}\n", 8, "list of texts"),
        (detection("x: a").replace("title: Bad\n", ""), 1, "no title"),
        (detection("x: a").replace(f"id: {rule_id('Bad')}\n", ""), 1, "no id"),
        (detection("x: a").replace(rule_id("Bad"), "7"), 2, "no UUID"),
        (detection("x: a").replace(rule_id("Bad"), "one"), 2, "no UUID"),
        (detection("x: a").replace("activitylogs", "signinlogs"), 3, "service: signinlogs"),
        (detection("x: a").replace("product: azure", "product: windows"), 3, "not for this source"),
        (detection("x: a").replace(LOGSOURCE, ""), 1, "no `logsource`"),
        (detection("x: a") + "aisoc:\n  tilte: x\n", 9, "knows no 'tilte'"),
        (detection("x: a") + "aisoc:\n  alerts: sometimes\n", 9, "true or false"),
        (detection("x: a") + "aisoc: [a]\n", 8, "is a mapping"),
        (detection("x: a") + "aisoc:\n  title: '{actor'\n", 9, "no partner"),
        (detection("x: a") + "aisoc:\n  title: '{actor!r}'\n", 9, "name of a fact"),
        (detection("x: a") + "aisoc:\n  title: '{a[0]}'\n", 9, "name of a fact"),
        (detection("x: a") + "aisoc:\n  title: '{Actor}'\n", 9, "name of a fact"),
        (detection("x: a") + "aisoc:\n  title: '{{actor}'\n", 9, "no partner"),
        (detection("x: a") + "aisoc:\n  next_steps: {a: b}\n", 9, "list of texts"),
        (detection("x: a") + "aisoc:\n  first_seen: {timespan: 30d}\n", 9, "group-by"),
        (detection("x: a") + "aisoc:\n  first_seen:\n    group-by: [caller]\n", 9, "timespan is missing"),
        (detection("x: a") + "aisoc:\n  first_seen:\n    group-by: [caller]\n    timespan: long\n", 11, "'long'"),
        (
            detection("x: a") + "aisoc:\n  first_seen:\n    group-by: [caller]\n    timespan: 900d\n",
            11,
            "longer than 400",
        ),
        (detection("x: a") + "aisoc:\n  first_seen:\n    group_by: [caller]\n", 10, "knows no 'group_by'"),
        ("action: global\ntitle: x\n", 1, "`action:`"),
        (f"title: F\nid: {rule_id('F')}\n{LOGSOURCE}filter: {{rules: [a]}}\n", 4, "filters are not supported"),
        ("- a\n- b\n", 1, "A rule is a mapping"),
        ("just text\n", 1, "A rule is a mapping"),
        ("title: [unclosed\n", 2, "not YAML"),
        ("title: a\ntitle: b\n", 2, "twice"),
        (detection("x: a", "x: b"), 7, "twice"),
        ("a: &a [x]\nb: *a\n", 2, "Aliases"),
        ("a: " + "[" * 100 + "]" * 100 + "\n", 1, "nested deeper"),
        ("a: " + "[" * 500_000 + "\n", 1, "nested deeper"),
        ("title: !!python/object/apply:os.system ['true']\n", 1, "not YAML"),
        ("? [a]\n: b\n", 1, "A key is a text"),
        ("title: \x07\n", 0, "not YAML"),
        ("a: [" + "1," * 120_000 + "]\n", 1, "more than 100,000 values"),
        ("# " + "x" * (1 << 20) + "\n", 0, "larger than 1 MB"),
    ],
)
def test_a_mistake_has_its_line_and_its_reason(tmp_path, text, line, reason):
    found_line, found = problem_of(tmp_path, text)
    assert reason in found
    assert found_line == line


def test_all_mistakes_of_a_rule_are_told_at_once(tmp_path):
    rules = read(tmp_path, detection("x|cidr: a") + "level: none\naisoc: {a: b}\n")
    assert sorted(problem.line for problem in rules.problems) == [6, 8, 9]
    assert {problem.rule for problem in rules.problems} == {"Bad"}


def test_of_several_documents_the_bad_one_is_told_with_the_line_in_the_file(tmp_path):
    text = f"# first\n---\n{GOOD}---\n{detection('x|cidr: a')}---\n"
    rules = read(tmp_path, text)
    assert [rule.title for rule in rules.rules.values()] == ["Good"]
    assert next(iter(rules.rules.values())).line == 3
    assert [(problem.line, problem.rule) for problem in rules.problems] == [(16, "Bad")]


def test_a_rules_source_is_what_was_written(tmp_path):
    rules = read(tmp_path, f"{GOOD}---\n{told('Other', 'x: a')}")
    assert [rule.source for rule in rules.rules.values()] == [GOOD, told("Other", "x: a")]


def test_files_that_cannot_be_read_are_problems(tmp_path):
    (tmp_path / "latin.yml").write_bytes(b"title: caf\xe9")
    os.mkfifo(tmp_path / "pipe.yml")
    (tmp_path / "gone.yml").symlink_to(tmp_path / "nowhere")
    rules = read_rules([tmp_path, tmp_path / "missing"], {})
    reasons = {problem.path.name: problem.reason for problem in rules.problems}
    assert reasons == {
        "latin.yml": "The file is not UTF-8 text.",
        "pipe.yml": "It is no file.",
        "gone.yml": "The file cannot be read: No such file or directory.",
        "missing": "The file cannot be read: No such file or directory.",
    }


def test_samples_hidden_files_and_other_files_are_no_rules(tmp_path):
    for name in ("a.samples.yml", ".hidden.yml", "readme.md", ".git/a.yml"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("not: a rule\n", encoding="utf-8")
    (tmp_path / "below" / "deep").mkdir(parents=True)
    (tmp_path / "below" / "deep" / "a.YAML").write_text(GOOD, encoding="utf-8")
    rules = read_rules([tmp_path, tmp_path], {})
    assert [rule.title for rule in rules.rules.values()] == ["Good"]
    assert rules.problems == ()


def test_an_id_that_is_there_twice_is_a_problem_of_the_second(tmp_path):
    rules = read(tmp_path, GOOD, GOOD.replace("Good", "Copy"))
    assert [rule.title for rule in rules.rules.values()] == ["Good"]
    assert rules.problems[0].line == 2
    assert f"that of another rule: {tmp_path / '0.yml'}, line 1" in rules.problems[0].reason


def test_a_name_that_is_there_twice_is_a_problem(tmp_path):
    one, two = told("One", "x: a", "name: same\n"), told("Two", "x: a", "name: same\n")
    rules = read(tmp_path, one, two)
    assert len(rules.rules) == 2
    assert "The name 'same'" in rules.problems[0].reason


RULES = (told("One", "x: a", "name: one\n"), told("Two", "x: b", "name: two\n"))


@pytest.mark.parametrize(
    ("body", "line", "reason"),
    [
        (
            "  type: event_count\n  rules: [three]\n  timespan: 1h\n  condition: {gte: 3}",
            5,
            "'three', which is not there",
        ),
        ("  type: value_avg\n  rules: [one]\n  timespan: 1h\n  condition: {gte: 3}", 4, "'value_avg' is not supported"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {lt: 3}", 7, "`lt` is not supported"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {eq: 3}", 7, "take an alert back"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {gte: 0}", 7, "from 1 to"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {gte: 2.5}", 7, "whole number"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {gte: a}", 7, "cannot be read"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {gte: 2, gt: 3}", 7, "exactly one"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n", 3, "mapping such as"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1h\n  condition: {gte: 2, field: a}", 7, "has no field"),
        ("  type: value_count\n  rules: [one]\n  timespan: 1h\n  condition: {gte: 2}", 7, "needs the field"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1 hour\n  condition: {gte: 3}", 6, "'1 hour'"),
        ("  type: event_count\n  rules: [one]\n  timespan: 0m\n  condition: {gte: 3}", 6, "cannot be read"),
        ("  type: event_count\n  rules: [one]\n  timespan: 1y\n  condition: {gte: 3}", 6, "longer than 90 days"),
        ("  type: event_count\n  rules: [one]\n  condition: {gte: 3}", 3, "timespan is missing"),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  group-by: [aisoc.who]", 7, "no field 'aisoc.who'"),
        ("  type: event_count\n  rules: []\n  timespan: 1h\n  condition: {gte: 3}", 5, "names no rules"),
        ("  type: temporal\n  rules: [one]\n  timespan: 1h", 5, "at least two rules"),
        ("  type: temporal\n  rules: [one, one]\n  timespan: 1h", 5, "twice"),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  condition: one or two", 7, "two correlations"),
        (
            "  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  condition: one and not two",
            7,
            "take an alert back",
        ),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  condition: {gte: 1}", 7, "all of its rules"),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  aliases: {u: {three: x}}", 7, "'three'"),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  aliases: {u: x}", 7, "maps rules to fields"),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  group_by: x", 7, "knows no 'group_by'"),
        ("  type: temporal\n  rules: [one, two]\n  timespan: 1h\n  generate: yes please", 7, "true or false"),
    ],
)
def test_a_correlations_mistake_has_its_line_and_its_reason(tmp_path, body, line, reason):
    text = f"title: Together\nid: {rule_id('Together')}\ncorrelation:\n{body}\n"
    rules = read(tmp_path, *RULES, text)
    assert len(rules.rules) == 2
    assert not rules.correlations
    assert len(rules.problems) == 1, rules.problems
    assert reason in rules.problems[0].reason
    assert rules.problems[0].line == line


def together(name: str, rules: str, more: str = "") -> str:
    return (
        f"title: {name}\nid: {rule_id(name)}\nname: {name.lower()}\ncorrelation:\n  type: event_count\n"
        f"  rules: {rules}\n  timespan: 1h\n  group-by: [caller]\n  condition: {{gt: 4}}\n{more}"
    )


def test_a_correlation_of_a_correlation_is_a_problem(tmp_path):
    rules = read(tmp_path, *RULES, together("First", "[one]"), together("Second", "[first]"))
    assert [correlation.title for correlation in rules.correlations.values()] == ["First"]
    assert "correlations of correlations are not supported" in rules.problems[0].reason


def test_a_correlation_of_a_first_seen_rule_is_a_problem(tmp_path):
    first = told("New", "x: a", "name: new\naisoc: {first_seen: {group-by: caller, timespan: 30d}}\n")
    rules = read(tmp_path, first, together("First", "[new]"))
    assert not rules.correlations
    assert "first_seen condition" in rules.problems[0].reason


def test_a_correlation_whose_rule_has_a_problem_is_one_too(tmp_path):
    rules = read(tmp_path, told("One", "x|cidr: a", "name: one\n"), together("First", "[one]"))
    assert len(rules.problems) == 2
    assert "has a problem itself" in rules.problems[1].reason


def test_a_correlation_is_read_with_all_that_it_says(tmp_path):
    text = together("First", f"[one, {rule_id('Two').upper()}]", "level: high\n").replace(
        "condition:", f"aliases: {{who: {{one: caller, {rule_id('Two').upper()}: claims.upn}}}}\n  condition:"
    )
    rules = read(tmp_path, *RULES, text)
    assert rules.problems == ()
    found = rules.correlations[rule_id("First")]
    assert found.rules == (rule_id("One"), rule_id("Two"))
    assert (found.type, found.at_least, found.group_by) == ("event_count", 5, ("caller",))
    assert found.timespan.total_seconds() == 3600
    assert found.field_of("who", rule_id("Two")) == "claims.upn"
    assert found.severity == "high"
    assert found.kind == "correlation"


@pytest.mark.parametrize(
    ("own", "generate", "expected"),
    [
        ("", False, False),
        ("", True, True),
        ("aisoc: {alerts: true}\n", False, True),
        ("aisoc: {alerts: false}\n", True, False),
    ],
)
def test_a_rule_that_serves_a_correlation_makes_alerts_only_where_that_is_said(tmp_path, own, generate, expected):
    counting = together("First", "[one]").replace("  condition:", f"  generate: {str(generate).lower()}\n  condition:")
    rules = read(tmp_path, told("One", "x: a", f"name: one\n{own}"), RULES[1], counting)
    assert rules.problems == ()
    assert rules.rules[rule_id("One")].alerts is expected
    assert rules.rules[rule_id("Two")].alerts is True


def test_what_a_rule_says_of_itself_is_kept(tmp_path):
    more = (
        "status: stable\nlevel: informational\nauthor: us\ndescription: |\n  What it finds.\n"
        "tags: [attack.privilege_escalation, attack.T1098.003, attack.t1078, attack.g0016, cve.2021-44228]\n"
        "references: [https://example.com]\nfalsepositives: [Deployments]\n"
        "aisoc:\n  title: '{actor} wrote {resource}'\n  why: It matters.\n  next_steps: [Ask, Look]\n"
        "  first_seen: {group-by: [aisoc.actor], field: aisoc.src_ip, timespan: 30d}\n"
    )
    rules = read(tmp_path, told("One", "x: a", more))
    assert rules.problems == ()
    rule = rules.rules[rule_id("One")]
    assert (rule.id, rule.title, rule.severity, rule.status, rule.author) == (
        rule_id("One"),
        "One",
        "info",
        "stable",
        "us",
    )
    assert rule.techniques == ("T1098.003", "T1078")
    assert rule.tactics == ("privilege-escalation",)
    assert rule.description == "What it finds."
    assert rule.references == ("https://example.com",)
    assert rule.false_positives == ("Deployments",)
    assert (rule.alert_title, rule.why, rule.next_steps) == ("{actor} wrote {resource}", "It matters.", ("Ask", "Look"))
    assert rule.kind == "first_seen"
    assert rule.first_seen is not None
    assert (rule.first_seen.group_by, rule.first_seen.field) == (("aisoc.actor",), "aisoc.src_ip")
    assert rule.first_seen.timespan.days == 30

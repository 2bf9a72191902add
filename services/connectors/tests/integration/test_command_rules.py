"""`aisoc rules` and `aisoc alerts` as a person who writes rules and works alerts meets them."""

import json
import re
import signal
import time
from datetime import timedelta

import psycopg
import pytest

RULE = """title: Storage account written
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10
status: experimental
level: high
tags: [attack.impact, attack.t1485]
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Storage/storageAccounts/write
    aisoc.outcome: success
  condition: selection
falsepositives: [Deployments]
aisoc:
  title: "{actor} writes {resource}"
  why: Storage holds what thieves want.
  next_steps: [Ask the actor.]
"""
SAMPLES = """
- name: A success
  expected: true
  events:
    - &success
      eventTimestamp: "2026-05-01T10:00:00Z"
      operationName: {value: Microsoft.Storage/storageAccounts/write}
      status: {value: Succeeded}
      resourceId: /subscriptions/s/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/a
- name: A failure
  expected: false
  events:
    - <<: *success
      status: {value: Failed}
"""
TITLE = "Storage account written"


@pytest.fixture
def folder(aisoc, tmp_path):
    """A folder of rules that the settings name, with one rule and its samples."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "storage.yml").write_text(RULE)
    (folder / "storage.samples.yml").write_text(SAMPLES)
    aisoc.environment["AISOC_RULES"] = str(folder)
    return folder


@pytest.fixture
def ingested(aisoc, folder, live_lab, tmp_path):
    """Three writes of storage accounts, two records each, from before the rule was there."""
    at = live_lab.clock.now() - timedelta(minutes=30)
    write, group = "Microsoft.Storage/storageAccounts/write", "resourceGroups/rg/providers/x/y"
    records = [live_lab.operation(write, at, resource=f"{group}/{number}") for number in range(3)]
    file = tmp_path / "export.json"
    file.write_text(json.dumps({"value": [each for found in records for each in found]}))
    (folder / "storage.yml").rename(tmp_path / "later.yml")
    aisoc("ingest", str(file), "--name", "export")
    (tmp_path / "later.yml").rename(folder / "storage.yml")


def test_a_mistake_in_a_rule_is_told_with_file_and_line_and_stops_no_other(aisoc, folder):
    bad = folder / "bad.yml"
    bad.write_text(RULE.replace("level: high", "level: enormous").replace("3a9d10", "3a9d99"))
    out, said = aisoc("rules", "check", str(folder), code=1)
    assert out == "1 rules can be used, 1 problems.\n"
    assert re.fullmatch(rf"{re.escape(str(bad))}:\d+: .*enormous.*\n", said)
    [problem] = json.loads(aisoc("rules", "check", str(folder), "--json", code=1)[0])["problems"]
    assert (problem["file"], problem["line"]) == (str(bad), int(said.removeprefix(str(bad)).split(":")[1]))
    assert TITLE in aisoc("rules", "list", code=1)[0]
    bad.unlink()
    assert aisoc("rules", "check", str(folder))[0] == "1 rules can be used, no problem.\n"
    assert "There is no file or folder" in aisoc("rules", "check", "/nowhere", code=2)[1]


def test_samples_are_judged_and_a_wrong_one_is_told_with_the_reason(aisoc, folder):
    out, _ = aisoc("rules", "test", str(folder))
    assert out == "2 of 2 samples of 1 rules passed.\n"
    (folder / "storage.samples.yml").write_text(SAMPLES.replace("expected: false", "expected: true"))
    out, _ = aisoc("rules", "test", str(folder / "storage.yml"), code=1)
    assert "A failure: Storage account written was expected to match, and does not" in out
    assert re.search(r"no +aisoc\.outcome.*failure", out)
    assert "1 of 2 samples" in out
    (folder / "storage.samples.yml").write_text("- name: 1\n  wrong: true\n")
    assert "cannot be judged" in aisoc("rules", "test", str(folder), code=1)[0]


def test_rules_are_listed_shown_and_switched(aisoc, folder):
    found = {rule["title"]: rule for rule in aisoc.json("rules", "list", "--severity", "high+")["rules"]}
    assert (found[TITLE]["severity"], found[TITLE]["techniques"], found[TITLE]["on"]) == ("high", ["T1485"], True)
    assert TITLE not in aisoc("rules", "list", "--severity", "low")[0]
    out, _ = aisoc("rules", "show", TITLE)
    assert "Storage holds what thieves want." in out
    assert "1. Ask the actor." in out
    assert aisoc("rules", "off", "6c0f3f43")[0] == f"{TITLE} is off.\n"
    assert [rule["title"] for rule in aisoc.json("rules", "list", "--off")["rules"]] == [TITLE]
    aisoc("rules", "on", TITLE)
    assert aisoc.json("rules", "list", "--off")["rules"] == []
    assert "No rule goes by 'nothing'" in aisoc("rules", "off", "nothing", code=2)[1]


def test_without_a_database_rules_are_listed_and_none_is_made(aisoc, folder, tmp_path):
    del aisoc.environment["AISOC_DATABASE_URL"]
    out, _ = aisoc("rules", "list")
    assert TITLE in out
    assert "hits" not in out
    assert TITLE in aisoc("rules", "show", TITLE)[0]
    assert not (tmp_path / "home" / "postgres").exists()


def test_an_event_is_explained_from_the_store_and_from_standard_input(aisoc, ingested, folder):
    events = aisoc("events", "--json")[0].splitlines()
    by_outcome = {json.loads(line)["outcome"]: json.loads(line)["id"] for line in events}
    out, _ = aisoc("rules", "explain", TITLE, by_outcome["success"][:8])
    assert f"{TITLE} matches" in out
    out, _ = aisoc("rules", "explain", TITLE, by_outcome["in_progress"], code=1)
    assert re.search(r"no +aisoc\.outcome.*in_progress", out)
    raw = aisoc("events", "raw", by_outcome["success"])[0].encode()
    [told] = json.loads(aisoc("rules", "explain", str(folder / "storage.yml"), "-", "--json", stdin=raw)[0])
    assert (told["matched"], told["event"]) == (True, by_outcome["success"])
    assert "no record to judge" in aisoc("rules", "explain", TITLE, "-", stdin=b"[]", code=2)[1]
    assert "no event with the id" in aisoc("rules", "explain", TITLE, "00000000", code=2)[1]


def test_a_hunt_tells_what_it_found_and_makes_alerts_only_when_asked(aisoc, ingested, folder):
    out, _ = aisoc("rules", "hunt", str(folder / "storage.yml"), "--since", "1d", "--limit", "2")
    assert f"{TITLE}: 3 found, 3 events matched of 6 that could" in out
    assert len(re.findall(r"^20\d\d-", out, re.MULTILINE)) == 2
    assert aisoc.json("alerts", "list", "--rule", "6c0f3f43") == []
    facts = aisoc.json("rules", "hunt", TITLE, "--alerts")
    assert (facts["matches"], facts["alerts_added"], facts["complete"], len(facts["event_ids"])) == (3, 3, True, 3)
    assert aisoc.json("rules", "hunt", TITLE, "--alerts")["alerts_added"] == 0
    assert "is not before" in aisoc("rules", "hunt", TITLE, "--since", "1d", "--until", "2d", code=2)[1]


def test_ctrl_c_stops_a_hunt_and_tells_what_was_found(aisoc, ingested, database_url):
    with psycopg.connect(database_url) as other:
        other.execute("LOCK TABLE events IN ACCESS EXCLUSIVE MODE")
        with aisoc.start("rules", "hunt", TITLE) as process, psycopg.connect(database_url, autocommit=True) as watch:
            waiting = "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%FROM event_facts%'"
            deadline = time.monotonic() + 40
            while not watch.execute(waiting).fetchall():
                assert time.monotonic() < deadline
                time.sleep(0.1)
            process.send_signal(signal.SIGINT)
            out, said = process.communicate(timeout=40)
    assert process.returncode == 130
    assert b"0 found, 0 events matched of 0 that could" in out
    assert b"Stopped: 6 events were not judged." in said
    assert b"Traceback" not in said


@pytest.fixture
def alerts(aisoc, ingested):
    aisoc("rules", "hunt", TITLE, "--alerts")
    return [alert["id"] for alert in aisoc.json("alerts", "list", "--rule", TITLE)]


def test_alerts_are_shown_assigned_noted_and_closed(aisoc, alerts):
    out, _ = aisoc("alerts", "list", "--severity", "high+", "--since", "1d")
    assert len(re.findall(r" writes \d", out)) == 3
    aisoc("users", "add", "anna", "--role", "analyst")
    assert "assigned to anna" in aisoc("alerts", "assign", alerts[0][:8], "--to", "anna")[0]
    aisoc("alerts", "note", alerts[0], "Asked her")
    out, _ = aisoc("alerts", "close", alerts[0], alerts[1], "--verdict", "benign", "--note", "Planned")
    assert out.count("closed as benign") == 2
    out, _ = aisoc("alerts", "show", alerts[0])
    for told in ("Storage holds what thieves want.", "1. Ask the actor.", "Asked her", "Planned", "closed, benign"):
        assert told in out
    assert [alert["id"] for alert in aisoc.json("alerts", "list", "--rule", TITLE)] == [alerts[2]]
    assert len(aisoc.json("alerts", "list", "--rule", TITLE, "--status", "all")) == 3
    assert aisoc.json("alerts", "reopen", alerts[0])[0]["verdict"] is None
    history = [entry["facts"] for entry in aisoc.json("alerts", "show", alerts[0])["history"]]
    assert {"text": "Asked her"} in history


def test_a_suppression_holds_alerts_back_until_it_is_removed(aisoc, alerts):
    out, _ = aisoc("alerts", "suppress", "--rule", TITLE, "--until", "7d", "--reason", "Migration")
    assert "holds back 3 alerts" in out
    assert aisoc.json("alerts", "list", "--rule", TITLE) == []
    assert len(aisoc.json("alerts", "list", "--rule", TITLE, "--suppressed")) == 3
    [row] = aisoc.json("alerts", "suppressions")
    assert (row["reason"], row["alerts"]) == ("Migration", 3)
    assert TITLE in aisoc("alerts", "suppressions")[0]
    aisoc("alerts", "unsuppress", row["id"][:8])
    assert len(aisoc.json("alerts", "list", "--rule", TITLE)) == 3
    assert aisoc.json("alerts", "suppressions") == []
    assert len(aisoc.json("alerts", "suppressions", "--past")) == 1


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("show", "0000"), "no alert 0000"),
        (("show", "nonsense"), "no alert nonsense"),
        (("list", "--status", "shut"), "not a status"),
        (("close", "0000", "--verdict", "maybe"), "none of true_positive"),
        (("suppress", "--until", "7d", "--reason", "x"), "Neither a rule nor an entity"),
        (("suppress", "--until", "7d", "--reason", "x", "--entity", "anna"), "is no entity"),
        (("unsuppress", "1234"), "No suppressions have an id"),
    ],
)
def test_a_mistake_with_alerts_is_told_and_exits_with_2(aisoc, arguments, told):
    assert told in " ".join(aisoc("alerts", *arguments, code=2)[1].split())

"""The command line as a user starts it: its own process, the real database, a cloud over TLS."""

import gzip
import json
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
from conftest import SECRET
from support import stored, story


def test_the_whole_way_from_adding_to_the_exact_bytes(aisoc, live_lab, config):
    records = story(live_lab)
    live_lab.publish(records)
    said, _ = aisoc("connectors", "add", "azure_activity", "--name", "lab", "--config", str(config))
    assert "aisoc connectors test lab" in said
    report = aisoc.json("connectors", "test", "lab")
    assert report["ok"]
    assert all(set(finding) == {"level", "code", "message", "remedy"} for finding in report["findings"])
    polled = aisoc.json("connectors", "poll", "lab")
    assert polled["events_added"] == 6
    counts = {f"events_{kind}" for kind in ("read", "added", "dropped", "duplicate", "quarantined")}
    assert counts | {"window", "requests", "pages", "duration", "error"} <= set(polled)
    high = [json.loads(line) for line in aisoc("events", "--severity", "high", "--json")[0].splitlines()]
    assert len(high) == 2
    assert {event["severity_reason"] for event in high} == {"grants a role (ATT&CK T1098.003)"}
    raw, _ = aisoc("events", "raw", high[0]["id"])
    assert json.loads(raw) in records
    shown = aisoc.json("connectors", "show", "lab")
    assert shown["polls"][0]["events_added"] == 6
    assert SECRET not in json.dumps(shown)


def test_an_event_is_named_by_the_first_digits_of_its_id(aisoc, live_lab, added):
    records = story(live_lab)
    live_lab.publish(records)
    aisoc("connectors", "poll", "lab")
    event = json.loads(aisoc("events", "--limit", "1", "--json")[0])
    assert event["id"][:8] in aisoc("events", "--limit", "1")[0]
    raw, _ = aisoc("events", "raw", event["id"][:8])
    assert json.loads(raw)["id"] == event["external_id"]


def test_a_second_poll_adds_nothing(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    assert aisoc.json("connectors", "poll", "lab")["events_added"] == 6
    assert aisoc.json("connectors", "poll", "lab")["events_added"] == 0


def test_an_audit_says_how_many_are_present_and_fetches_what_is_missing(aisoc, live_lab, added, database_url):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "poll", "lab")
    with psycopg.connect(database_url) as connection:
        connection.execute("DELETE FROM events WHERE id IN (SELECT id FROM events LIMIT 2)")
    said, _ = aisoc("connectors", "audit", "lab", "--since", "2d")
    assert "4 of 6 present; 2 were missing and are stored now" in said
    assert "6 of 6 present." in aisoc("connectors", "audit", "lab")[0]
    assert aisoc.json("connectors", "poll", "lab", "--sweep")["tier"] == "sweep"


def test_the_configuration_may_come_from_standard_input(aisoc, live_lab):
    arguments = ("connectors", "add", "azure_activity", "--name", "piped", "--config", "-")
    assert aisoc.json(*arguments, stdin=live_lab.config().encode())["name"] == "piped"


def test_an_update_changes_what_is_named_and_keeps_checkpoint_and_history(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "poll", "lab")
    live_lab.cloud.add_secret(live_lab.app, "the-renewed-secret")
    changes = json.dumps({"client_secret": "the-renewed-secret", "overlap_seconds": 600}).encode()
    changed = aisoc.json("connectors", "update", "lab", "--config", "-", stdin=changes)
    assert changed["config"]["overlap_seconds"] == 600
    assert changed["config"]["tenant_id"] == live_lab.tenant
    again = aisoc.json("connectors", "poll", "lab")
    assert (again["error"], again["events_added"]) == (None, 0)


def test_a_poll_in_a_pipe_logs_its_line(aisoc, live_lab, added):
    _, said = aisoc("connectors", "poll", "lab")
    (line,) = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert (line["event"], line["events_added"]) == ("poll", 0)


def test_a_disabled_connector_is_listed_as_paused_and_enabled_again(aisoc, added):
    aisoc("connectors", "disable", "lab")
    assert "paused" in aisoc("connectors", "list")[0]
    assert aisoc.json("connectors", "list")[0]["enabled"] is False
    assert aisoc.json("connectors", "enable", "lab") == {"name": "lab", "enabled": True}


def test_a_removed_connector_is_gone_and_its_events_stay(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "poll", "lab")
    aisoc("connectors", "remove", "lab")
    assert aisoc.json("connectors", "list") == []
    assert len(aisoc("events", "--connector", "lab", "--json")[0].splitlines()) == 6


def test_events_are_filtered_by_time_severity_and_limit(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "poll", "lab")

    def found(*options):
        return len(aisoc("events", *options, "--json")[0].splitlines())

    assert found("--severity", "medium+") == 3
    assert found("--severity", "medium") == 1
    assert found("--since", "4m") == 0
    assert found("--since", "1h", "--until", "4m") == 6
    assert found("--limit", "2") == 2
    assert "grants a role" in aisoc("events", "--severity", "high")[0]


def test_events_are_searched_in_the_language_and_options_narrow_further(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "poll", "lab")

    def found(*words):
        return len(aisoc("events", *words, "--json")[0].splitlines())

    assert found("severity>=medium since:1h") == 3
    assert found("severity>=medium", "operation:roleassignments") == 2
    assert found("-operation:roleassignments") == 4
    assert found("--severity", "medium+", "NOT operation:roleassignments", "--since", "1h") == 1
    assert found("--connector", "lab", "actor:*") == 6
    assert found("--connector", "la") == 0
    assert "raw" in aisoc("events", "--help")[0]


def test_a_mistake_in_a_search_is_pointed_at(aisoc, added):
    _, told = aisoc("events", "delete actr:alice", code=2)
    assert told.splitlines()[:2] == ["delete actr:alice", "       ^^^^"]
    assert "Did you mean actor?" in told
    problem = json.loads(aisoc("events", "actr:alice", "--json", code=2)[1])["error"]
    assert (problem["code"], problem["position"]) == ("invalid_search", [0, 4])


def test_one_event_is_shown_with_what_was_around_it(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "poll", "lab")
    event = json.loads(aisoc("events", "roleassignments", "--limit", "1", "--json")[0])
    told, _ = aisoc("events", "show", event["id"][:8])
    for fact in (event["title"], event["actor"], event["resource_id"], "grants a role", "by lab", "Same actor"):
        assert fact in told
    shown = aisoc.json("events", "show", event["id"])
    assert (shown["event"], shown["connector"]) == (event, "lab")
    assert {kind: len(found) for kind, found in shown["neighbours"].items()} == {
        "operation": 1,
        "actor": 5,
        "resource": 1,
    }
    assert "unknown_event" in aisoc("events", "show", "00000000", "--json", code=2)[1]


def test_key_rotation_leaves_the_connectors_working(aisoc, added, tmp_path):
    ring = tmp_path / "home" / "keyring.json"
    before = ring.read_text()
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600
    assert aisoc.json("keys", "rotate") == {"reencrypted": 1}
    assert ring.read_text() != before
    assert aisoc.json("connectors", "test", "lab")["ok"]


def test_normalize_prints_a_line_an_event_and_needs_no_database(aisoc, live_lab, tmp_path):
    aisoc.environment["AISOC_DATABASE_URL"] = "postgresql://nobody@127.0.0.1:9/none"
    records = story(live_lab)
    file = tmp_path / "list.json.gz"
    file.write_bytes(gzip.compress(json.dumps({"value": records}).encode()))
    lines = aisoc("normalize", str(file))[0].splitlines()
    assert [json.loads(line)["external_id"] for line in lines] == [record["id"] for record in records]
    piped, _ = aisoc("normalize", "-", stdin=json.dumps(records).encode())
    assert piped.splitlines() == lines


def test_normalize_of_a_cut_file_prints_what_is_whole_and_exits_with_1(aisoc, live_lab):
    text = json.dumps({"value": story(live_lab)}).encode()
    lines, said = aisoc("normalize", "-", stdin=text[:-200], code=1)
    assert len(lines.splitlines()) == 5
    assert "ends in the middle, after 5 complete records" in said


def test_ingest_of_a_cut_file_stores_what_is_whole_and_exits_with_1(aisoc, live_lab, tmp_path):
    file = tmp_path / "cut.json"
    file.write_text(json.dumps({"value": story(live_lab)})[:-200])
    out, said = aisoc("ingest", str(file), "--name", "archive", code=1)
    assert "5 events added" in out
    assert "ends in the middle" in said
    file.write_text(json.dumps({"value": story(live_lab)}))
    assert aisoc.json("ingest", str(file), "--name", "archive")["files"][0]["error"] is None


def test_the_private_database_starts_by_itself_and_keeps_events_between_commands(aisoc, live_lab, config):
    del aisoc.environment["AISOC_DATABASE_URL"]
    with TemporaryDirectory(prefix="aisoc-tests-") as home:
        aisoc.environment["AISOC_HOME"] = home
        live_lab.publish(story(live_lab))
        aisoc("connectors", "add", "azure_activity", "--name", "lab", "--config", str(config))
        assert aisoc.json("connectors", "poll", "lab")["events_added"] == 6
        assert stored(aisoc) == 6
        assert not (Path(home) / "postgres" / "postmaster.pid").exists()

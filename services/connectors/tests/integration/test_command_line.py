"""The command line as a user starts it: its own process, the real database, a cloud over TLS."""

import gzip
import json
import os
import pty
import signal
import stat
import subprocess
import time
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from conftest import SECRET
from sqlalchemy import make_url

from simulator import faults


@pytest.fixture
def config(tmp_path, live_lab):
    file = tmp_path / "connector.json"
    file.write_text(live_lab.config())
    return file


@pytest.fixture
def added(aisoc, config):
    aisoc("connectors", "add", "azure_activity", "--name", "lab", "--config", str(config))


def story(lab):
    """Return a granted role, a failed write and two routine writes, five minutes ago."""
    at = lab.clock.now() - timedelta(minutes=5)
    return [
        *lab.operation("Microsoft.Authorization/roleAssignments/write", at),
        *lab.operation("Microsoft.Storage/storageAccounts/write", at, outcome="Failed"),
        *lab.operation("Microsoft.Storage/storageAccounts/write", at),
    ]


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


def test_the_secret_is_nowhere_in_the_database_or_the_home_folder(aisoc, live_lab, added, tmp_path, database_url):
    live_lab.publish(story(live_lab))
    aisoc("connectors", "test", "lab")
    aisoc("connectors", "poll", "lab")
    with psycopg.connect(database_url) as connection:
        tables = [row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
        statements = [f'SELECT * FROM "{table}"' for table in tables]  # noqa: S608 - names from the catalogue
        dump = "".join(str(connection.execute(statement).fetchall()) for statement in statements)
    assert "lab" in dump
    assert SECRET not in dump
    for file in (tmp_path / "home").rglob("*"):
        assert not file.is_file() or SECRET.encode() not in file.read_bytes()


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


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ('{"subscription_id": "99999999-9999-4999-8999-999999999999"}', "subscription_id of lab cannot be changed"),
        ('{"poll_interval_seconds": 1}', "poll_interval_seconds should be greater than or equal to 30"),
        ("[]", "not an object"),
    ],
)
def test_an_update_that_cannot_be_used_changes_nothing(aisoc, added, changes, words):
    before = aisoc.json("connectors", "show", "lab")["config"]
    assert words in aisoc("connectors", "update", "lab", "--config", "-", stdin=changes.encode(), code=2)[1]
    assert aisoc.json("connectors", "show", "lab")["config"] == before


def test_a_lost_key_ring_is_said_and_a_new_secret_mends_it(aisoc, live_lab, added, tmp_path):
    (tmp_path / "home" / "keyring.json").unlink()
    assert "the key ring" in aisoc("connectors", "poll", "lab", code=1)[1]
    arguments = ("connectors", "add", "azure_activity", "--name", "second", "--config", "-")
    assert "the key ring" in aisoc(*arguments, stdin=live_lab.config().encode(), code=1)[1]
    assert not (tmp_path / "home" / "keyring.json").exists()
    aisoc("connectors", "update", "lab", "--config", "-", stdin=json.dumps({"client_secret": SECRET}).encode())
    assert aisoc.json("connectors", "poll", "lab")["error"] is None


def test_what_an_event_says_does_not_steer_the_terminal(aisoc, live_lab):
    record = live_lab.operation("Microsoft.Storage/storageAccounts/write", live_lab.clock.now())[0]
    record |= {"caller": "mallory\x1b[2J\x1b]0;owned\x07", "description": "\u202e"}
    aisoc("ingest", "-", "--name", "archive", stdin=json.dumps(record).encode())
    shown, _ = aisoc("events")
    assert "mallory" in shown
    assert not set("\x1b\x07\u202e") & set(shown)


def test_a_database_of_a_newer_version_is_left_alone(aisoc, database_url):
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "newer AiSOC" in aisoc("connectors", "list", code=1)[1]


@pytest.mark.parametrize("wrap", ["'{}'", '"{}"', "{}x"], ids=["quoted", "double quoted", "spoiled"])
def test_a_spoiled_key_ring_in_the_environment_is_never_quoted(aisoc, added, tmp_path, wrap):
    ring = (tmp_path / "home" / "keyring.json").read_text().replace("\n", "")
    aisoc.environment["AISOC_KEYRING"] = wrap.format(ring)
    said = "".join(aisoc("connectors", "poll", "lab", code=1))
    assert "key ring" in said
    for key in json.loads(ring)["keys"].values():
        assert key not in said
        assert key not in "".join(aisoc("connectors", "show", "lab"))


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@127.0.0.1:9/db?password=hunter2",
        "postgresql://u:pa@hunter2@127.0.0.1:9/db",
        "postgresql://u:hunter2@127.0.0.1:abc/db",
    ],
)
def test_a_database_password_is_shown_from_no_place_in_the_address(aisoc, url):
    aisoc.environment["AISOC_DATABASE_URL"] = url
    said = "".join(aisoc("connectors", "list", code=1 if "?" in url else 2))
    assert "hunter2" not in said


def test_what_microsoft_says_is_text_and_never_markup(aisoc, live_lab, added):
    live_lab.cloud.faults.add(faults.error("activity", 400, "Odd", "see [/docs] [red]x[/red] \x1b[31m", count=None))
    aisoc("connectors", "poll", "lab", code=1)
    assert "[/docs] [red]x[/red]" in aisoc("connectors", "show", "lab")[0] + aisoc("connectors", "show", "lab")[1]
    assert "\x1b[31m" not in aisoc("connectors", "list")[0]


def test_a_file_name_is_no_markup_and_redirected_input_is_read(aisoc, live_lab, tmp_path):
    odd = tmp_path / "[bold]x[" / "y.json"
    odd.parent.mkdir()
    odd.write_text(json.dumps(story(live_lab)))
    assert "[bold]x[" in aisoc("ingest", str(odd), "--name", "archive")[0]
    with (
        odd.open("rb") as stdin,
        subprocess.Popen(
            [aisoc.program, "ingest", "-", "--name", "archive"],
            stdin=stdin,
            env=aisoc.environment,
            stderr=subprocess.PIPE,
        ) as process,
    ):
        assert b"Traceback" not in process.communicate(timeout=60)[1]
    assert process.returncode == 0


def test_a_poll_in_a_pipe_logs_its_line(aisoc, live_lab, added):
    _, said = aisoc("connectors", "poll", "lab")
    (line,) = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert (line["event"], line["events_added"]) == ("poll", 0)


def test_serve_takes_up_at_once_what_a_killed_one_left(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    live_lab.cloud.faults.add(faults.hang(seconds=5))
    with aisoc.start("serve") as process:
        wait_until(lambda: not live_lab.cloud.faults.pending)
        process.kill()
    with aisoc.start("serve") as process:
        wait_until(lambda: stored(aisoc) == 6, seconds=25)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def test_the_simulator_stops_when_it_is_told(aisoc):
    with aisoc.start("simulate", "--json") as process:
        assert process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=20)
    assert (process.returncode, said) == (0, b"")


def test_output_that_cannot_be_written_is_a_sentence(aisoc):
    with (
        Path("/dev/full").open("wb") as full,
        subprocess.Popen(
            [aisoc.program, "connectors", "catalog"], stdout=full, stderr=subprocess.PIPE, env=aisoc.environment
        ) as process,
    ):
        _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert b"Traceback" not in said


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


def test_key_rotation_leaves_the_connectors_working(aisoc, added, tmp_path):
    ring = tmp_path / "home" / "keyring.json"
    before = ring.read_text()
    assert stat.S_IMODE(ring.stat().st_mode) == 0o600
    assert aisoc.json("keys", "rotate") == {"reencrypted": 1}
    assert ring.read_text() != before
    assert aisoc.json("connectors", "test", "lab")["ok"]


@pytest.mark.parametrize(
    ("changes", "words", "code"),
    [
        ({"client_secret": "wrong"}, "secret of the app", 1),
        ({"tenant_id": "99999999-9999-4999-8999-999999999999"}, "There is no tenant", 1),
        ({"subscription_id": "99999999-9999-4999-8999-999999999999"}, "is not one that the app", 1),
    ],
)
def test_a_wrong_value_fails_test_and_poll_with_a_sentence(aisoc, live_lab, changes, words, code):
    text = live_lab.config(**changes).encode()
    aisoc("connectors", "add", "azure_activity", "--name", "wrong", "--config", "-", stdin=text)
    assert words in aisoc("connectors", "test", "wrong", code=code)[0]
    failed, _ = aisoc("connectors", "poll", "wrong", "--json", code=code)
    assert words in json.loads(failed)["error"]["message"]
    assert "failing" in aisoc("connectors", "list")[0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{not json", "not a JSON object"),
        ("[]", "not an object in braces"),
        ('{"tenant_id": "12345678-1234-1234-1234-12345678901"}', "tenant_id is not a GUID"),
        ('{"tenant": "x"}', "tenant is not a field of this connector"),
    ],
)
def test_a_configuration_that_cannot_be_used_exits_with_2_and_names_the_place(aisoc, text, words):
    arguments = ("connectors", "add", "azure_activity", "--name", "bad", "--config", "-")
    _, said = aisoc(*arguments, stdin=text.encode(), code=2)
    assert words in said
    assert "To do:" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("connectors", "add", "azure_activity", "--name", "x", "--config", "no-such-file.json"),
        ("connectors", "add", "gcp", "--name", "x", "--config", "-"),
        ("connectors", "show", "nobody"),
        ("connectors", "poll"),
        ("events", "raw", "not-an-id"),
        ("events", "raw", "0123456789" * 4),
        ("events", "--limit", "99999999999999999999"),
        ("events", "--since", "yesterday-ish"),
        ("events", "--severity", "terrible"),
        ("normalize", "no-such-file.json"),
        ("frobnicate",),
    ],
    ids=" ".join,
)
def test_what_cannot_be_used_exits_with_2_and_a_sentence(aisoc, arguments):
    _, said = aisoc(*arguments, code=2)
    assert "Error" in said


def test_a_database_that_is_down_is_a_sentence_without_its_password(aisoc):
    aisoc.environment["AISOC_DATABASE_URL"] = "postgresql://aisoc:hunter2@127.0.0.1:9/aisoc"
    _, said = aisoc("connectors", "list", code=1)
    assert "does not answer" in said
    assert "hunter2" not in said


def test_a_database_url_that_is_none_exits_with_2(aisoc):
    aisoc.environment["AISOC_DATABASE_URL"] = "mysql://root:hunter2@db/x"
    _, said = aisoc("connectors", "list", code=2)
    assert "not the address of a PostgreSQL database" in said
    assert "hunter2" not in said


def test_a_key_ring_that_others_may_read_is_refused(aisoc, added, tmp_path):
    (tmp_path / "home" / "keyring.json").chmod(0o644)
    _, said = aisoc("connectors", "poll", "lab", code=1)
    assert "chmod 600" in said


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


def test_a_reader_that_closes_the_pipe_ends_the_command_without_a_traceback(aisoc, live_lab):
    events = live_lab.operations(2000, each=timedelta(milliseconds=1))
    with aisoc.start("normalize", "-") as process:
        process.stdout.close()
        _, said = process.communicate(json.dumps(events).encode(), timeout=60)
    assert b"Traceback" not in said


def test_serve_polls_due_connectors_at_once_and_stops_on_ctrl_c(aisoc, live_lab, added):
    live_lab.publish(story(live_lab))
    with aisoc.start("serve") as process:
        wait_until(lambda: stored(aisoc) == 6)
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b"Traceback" not in said
    lines = [json.loads(line) for line in said.splitlines() if line.startswith(b"{")]
    (polled,) = [line for line in lines if line["event"] == "poll"]
    assert polled["events_added"] == 6
    assert SECRET.encode() not in said


def test_serve_goes_on_by_itself_after_the_database_was_lost(aisoc, live_lab, added, postgres, database_url):
    with aisoc.start("serve") as process:
        wait_until(lambda: stored(aisoc) == 0 and live_lab.cloud.journal.of("activity"))
        with psycopg.connect(postgres, autocommit=True) as connection:
            name = make_url(database_url).database
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
            live_lab.publish(story(live_lab))
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("UPDATE connectors SET next_poll_at = now()")
        wait_until(lambda: stored(aisoc) == 6)
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert b'"stopped"' in said


def wait_until(fact, seconds=40):
    """Wait until a fact holds."""
    deadline = time.monotonic() + seconds
    while not fact():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def stored(aisoc):
    return len(aisoc("events", "--json")[0].splitlines())


def test_the_private_database_starts_by_itself_and_keeps_events_between_commands(aisoc, live_lab, config):
    del aisoc.environment["AISOC_DATABASE_URL"]
    with TemporaryDirectory(prefix="aisoc-tests-") as home:
        aisoc.environment["AISOC_HOME"] = home
        live_lab.publish(story(live_lab))
        aisoc("connectors", "add", "azure_activity", "--name", "lab", "--config", str(config))
        assert aisoc.json("connectors", "poll", "lab")["events_added"] == 6
        assert stored(aisoc) == 6
        assert not (Path(home) / "postgres" / "postmaster.pid").exists()


def test_the_demo_without_a_terminal_prints_lines_with_reasons_and_a_summary(aisoc):
    out, _ = aisoc("demo", "--seconds", "16")
    lines, _, summary = out.partition("Summary")
    assert " high " in lines
    assert "(removes a" in lines or "(grants a" in lines
    for fact in ("windows read completely", "events added", "late ones recovered", "high", "medium", "info"):
        assert fact in summary, fact


def test_the_demo_in_a_terminal_is_a_live_table(aisoc):
    main, side = pty.openpty()
    environment = aisoc.environment | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"}
    command = [aisoc.program, "demo", "--seconds", "5"]
    with subprocess.Popen(command, env=environment, stdout=side, stderr=side) as process:
        os.close(side)
        shown = b""
        while True:
            try:
                shown += os.read(main, 65536)
            except OSError:
                break
    os.close(main)
    assert process.returncode == 0
    assert b"time (UTC)" in shown
    assert b"s left" in shown
    assert b"Summary" in shown


def test_the_simulator_answers_help_and_a_bad_value_through_aisoc(aisoc):
    assert "--fault" in aisoc("simulate", "--help")[0]
    assert "fault" in aisoc("simulate", "--fault", "nonsense", code=2)[1]

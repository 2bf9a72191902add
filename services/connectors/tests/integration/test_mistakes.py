"""Mistakes and malice: each a sentence and an exit code, never a traceback, a secret or a steered terminal."""

import json
import signal
import subprocess
import time
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from conftest import SECRET
from support import story

from simulator import faults


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


def test_a_reader_that_closes_the_pipe_ends_the_command_without_a_traceback(aisoc, live_lab):
    events = live_lab.operations(2000, each=timedelta(milliseconds=1))
    with aisoc.start("normalize", "-") as process:
        process.stdout.close()
        _, said = process.communicate(json.dumps(events).encode(), timeout=60)
    assert b"Traceback" not in said


def test_ctrl_c_ends_an_ingest_that_waits_for_its_pipe(aisoc):
    with aisoc.start("ingest", "-", "--name", "archive") as process:
        time.sleep(3)
        process.send_signal(signal.SIGINT)
        process.wait(timeout=15)
        said = process.stderr.read()
    assert process.returncode == 130
    assert b"Traceback" not in said


def test_a_port_that_is_none_is_two_sentences_and_nothing_else(aisoc):
    aisoc.environment["AISOC_PORT"] = "99999"
    _, said = aisoc("serve", code=2)
    error, remedy = said.splitlines()
    assert error.startswith("Error: The setting AISOC_PORT cannot be used")
    assert remedy == "To do: Correct AISOC_PORT or unset it."

"""What runs until it is told to stop: serve, demo and simulate, as a user starts them."""

import json
import os
import pty
import signal
import subprocess

import psycopg
from conftest import SECRET
from sqlalchemy import make_url
from support import stored, story, wait_until

from simulator import faults


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

"""The command: files, one line of JSON when ready, a clean end."""

import json
import signal
import socket
import ssl
import stat
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from simulator.__main__ import main

COMMAND = [sys.executable, "-W", "error", "-m", "simulator"]


@contextmanager
def running(*arguments: str) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    """The command, and its first line when it is ready."""
    pipe = subprocess.PIPE
    with subprocess.Popen([*COMMAND, *arguments], text=True, stdout=pipe, stderr=pipe) as process:
        assert process.stdout is not None
        try:
            yield process, process.stdout.readline()
        finally:
            if process.poll() is None:
                process.kill()


def ended(process: "subprocess.Popen[str]", number: signal.Signals) -> tuple[int, str]:
    """Exit code and stderr after a signal."""
    process.send_signal(number)
    _, errors = process.communicate(timeout=10)
    return process.returncode, errors


async def read_log(ready: dict[str, str]) -> tuple[int, list[dict[str, Any]]]:
    """Status and first page of the activity log, read with what connector.json holds."""
    settings = json.loads(Path(ready["connector"]).read_text(encoding="utf-8"))
    form = {
        "grant_type": "client_credentials",
        "client_id": settings["client_id"],
        "client_secret": settings["client_secret"],
        "scope": f"{ready['resource_manager']}/.default",
    }
    tls = ssl.create_default_context(cafile=ready["ca_bundle"])
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
        async with http.post(f"{ready['authority']}/{settings['tenant_id']}/oauth2/v2.0/token", data=form) as answer:
            token = (await answer.json())["access_token"]
        url = f"{ready['resource_manager']}/subscriptions/{settings['subscription_id']}"
        url += "/providers/Microsoft.Insights/eventtypes/management/values"
        since = datetime.now(UTC) - timedelta(days=2)
        query = {"api-version": "2015-04-01", "$filter": f"eventTimestamp ge '{since:%Y-%m-%dT%H:%M:%SZ}'"}
        async with http.get(url, params=query, headers={"Authorization": f"Bearer {token}"}) as answer:
            return answer.status, (await answer.json()).get("value", [])


async def test_the_json_line_and_the_files_are_enough_to_read_the_log(tmp_path):
    with running("--json", "--directory", str(tmp_path), "--operations", "200", "--no-live", "--seed", "1") as (
        process,
        line,
    ):
        ready = json.loads(line)
        assert list(ready) == ["authority", "resource_manager", "ca_bundle", "clouds", "connector", "directory"]
        assert {Path(ready[name]).parent for name in ("ca_bundle", "clouds", "connector")} == {tmp_path}
        assert stat.S_IMODE((tmp_path / "connector.json").stat().st_mode) == 0o600
        clouds = tomllib.loads((tmp_path / "clouds.toml").read_text(encoding="utf-8"))["clouds"]
        assert clouds["Lab"]["resource_manager"] == ready["resource_manager"]
        status, events = await read_log(ready)
        assert (status, len(events)) == (200, 200)
        assert ended(process, signal.SIGTERM) == (0, "")
    assert (tmp_path / "connector.json").exists()


def test_the_text_says_how_to_connect_and_ctrl_c_cleans_up():
    with running("--operations", "5") as (process, first):
        assert process.stdout is not None
        lines = [first, *(process.stdout.readline() for _ in range(7))]
        directory = Path(lines[5].split("AISOC_CLOUDS=")[1]).parent
        assert directory.is_dir()
        assert [line.split()[:2] for line in lines[6:8]] == [["aisoc", "connectors"]] * 2
        assert ended(process, signal.SIGINT) == (0, "")
    assert not directory.exists()


async def test_bulk_events_and_faults_can_be_asked_for(tmp_path):
    arguments = ["--json", "--directory", str(tmp_path), "--events", "50", "--no-throttle", "--seed", "4"]
    with running(*arguments, "--fault", "activity:503:1") as (process, line):
        ready = json.loads(line)
        assert (await read_log(ready))[0] == 503
        status, events = await read_log(ready)
        assert (status, len(events)) == (200, 50)
        assert ended(process, signal.SIGTERM) == (0, "")


async def test_people_can_be_added_who_sign_in(tmp_path):
    with running("--json", "--directory", str(tmp_path), "--operations", "5", "--sign-in", "http://localhost:8080") as (
        process,
        line,
    ):
        ready = json.loads(line)
        assert stat.S_IMODE(Path(ready["sign_in"]).stat().st_mode) == 0o600
        lines = Path(ready["sign_in"]).read_text(encoding="utf-8").splitlines()
        settings = dict(setting.removeprefix("AISOC_SIGN_IN_").split("=", 1) for setting in lines)
        assert list(settings) == ["TENANT", "CLIENT_ID", "CLIENT_SECRET", "CLOUD"]
        query = {
            "client_id": settings["CLIENT_ID"],
            "response_type": "code",
            "redirect_uri": "http://localhost:8080/sign-in/entra/callback",
            "scope": "openid",
            "code_challenge": "x" * 43,
            "code_challenge_method": "S256",
        }
        tls = ssl.create_default_context(cafile=ready["ca_bundle"])
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
            url = f"{ready['authority']}/{settings['TENANT']}/oauth2/v2.0/authorize"
            async with http.get(url, params=query) as answer:
                page = await answer.text()
        assert all(name in page for name in ("Vera Viewer", "Anton Analyst", "Ada Admin", "Nora Nobody"))
        assert ended(process, signal.SIGTERM) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--fault", "activity:burn"], "fault 'activity:burn': what happens is a status 400-599 or one of reset"),
        (["--sign-in", "http://aisoc.contoso.example"], "cannot be registered: https://"),
        (["--port", "70000"], "'70000' is not a port (0 to 65535)"),
        (["--events", "many"], "'many' is not a whole number from 0"),
    ],
)
def test_a_wrong_argument_is_explained_and_ends_with_2(capsys, arguments, sentence):
    with pytest.raises(SystemExit) as ending:
        main(arguments)
    assert ending.value.code == 2
    assert sentence in capsys.readouterr().err


def test_a_port_in_use_is_one_sentence_and_ends_with_1(capsys):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        assert main(["--port", str(taken.getsockname()[1]), "--operations", "1"]) == 1
    told = capsys.readouterr().err
    assert "address already in use" in told
    assert told.count("\n") == 1


def test_the_help_has_examples(capsys):
    with pytest.raises(SystemExit) as ending:
        main(["--help"])
    assert ending.value.code == 0
    assert "aisoc-simulator --events 100000 --no-throttle" in capsys.readouterr().out

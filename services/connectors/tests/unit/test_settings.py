"""What an operator sets in the environment."""

import os
from pathlib import Path

import pytest

from app.errors import InvalidInput
from app.settings import read_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("AISOC_")]:
        monkeypatch.delenv(name)


def test_nothing_needs_to_be_set():
    settings = read_settings()
    assert settings.home.is_absolute()
    assert settings.home.name == "aisoc"
    assert (settings.database_url, settings.keyring, settings.clouds) == (None, None, None)
    assert (settings.log_level, settings.worker_concurrency) == ("INFO", 10)


def test_every_setting_is_read_from_its_variable(monkeypatch):
    monkeypatch.setenv("AISOC_HOME", "~/here")
    monkeypatch.setenv("AISOC_DATABASE_URL", "postgresql://u:hidden@db/aisoc")
    monkeypatch.setenv("AISOC_KEYRING", '{"primary": "hidden"}')
    monkeypatch.setenv("AISOC_CLOUDS", "clouds.toml")
    monkeypatch.setenv("AISOC_LOG_LEVEL", "DEBUG")
    monkeypatch.setenv("AISOC_WORKER_CONCURRENCY", "3")
    settings = read_settings()
    assert settings.home == Path.home() / "here"
    assert settings.clouds == Path("clouds.toml")
    assert (settings.log_level, settings.worker_concurrency) == ("DEBUG", 3)
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == "postgresql://u:hidden@db/aisoc"
    assert "hidden" not in f"{settings!r} {settings}"


@pytest.mark.parametrize("name", ["HOME", "DATABASE_URL", "KEYRING", "CLOUDS", "LOG_LEVEL", "WORKER_CONCURRENCY"])
def test_an_empty_variable_is_as_good_as_none(monkeypatch, name):
    monkeypatch.setenv(f"AISOC_{name}", "")
    assert read_settings().worker_concurrency == 10


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("AISOC_LOG_LEVEL", "loud-zebra"),
        ("AISOC_LOG_LEVEL", "debug-zebra"),
        ("AISOC_WORKER_CONCURRENCY", "zebra"),
        ("AISOC_WORKER_CONCURRENCY", "0"),
        ("AISOC_WORKER_CONCURRENCY", "101"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not_quoted(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    with pytest.raises(InvalidInput) as caught:
        read_settings()
    assert caught.value.code == "invalid_setting"
    assert name in caught.value.message
    assert "zebra" not in caught.value.message + caught.value.remedy


def test_folders_of_rules_are_separated_as_in_path(monkeypatch):
    assert read_settings().rules == ()
    monkeypatch.setenv("AISOC_RULES", os.pathsep.join(["~/rules", "", "/etc/aisoc rules"]))
    monkeypatch.setenv("AISOC_RULE_VALUES", "/etc/lists.toml")
    settings = read_settings()
    assert settings.rules == (Path.home() / "rules", Path("/etc/aisoc rules"))
    assert settings.rule_values == Path("/etc/lists.toml")

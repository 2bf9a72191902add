"""What every connector of the table promises; a new one inherits these tests with its line and its samples."""

import inspect
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from pydantic import SecretStr

from app.connectors import connector_ids, get_connector
from app.connectors.base import CollectionConfig
from app.errors import InvalidInput, Skip
from app.events.event import Event

ROOT = Path(__file__).parents[4]
SAMPLES = Path(__file__).parent / "samples"
EVERY = pytest.mark.parametrize("connector", [get_connector(name) for name in connector_ids()], ids=connector_ids())


def samples(connector_id):
    return sorted(file for file in (SAMPLES / connector_id).glob("*.json") if not file.stem.endswith(".expected"))


SAMPLE = pytest.mark.parametrize(
    ("connector", "sample"),
    [(get_connector(name), sample) for name in connector_ids() for sample in samples(name)],
    ids=[sample.stem for name in connector_ids() for sample in samples(name)],
)


def result(connector, raw):
    """Return what a record becomes, in the form of the expected files: fields, null for dropped, or the reason."""
    try:
        event = connector.normalize(raw)
    except Skip as problem:
        return {"skipped": problem.code}
    if event is None:
        return None
    fields = json.loads(msgspec.json.encode(event))
    del fields["id"]
    return fields


def test_an_unknown_connector_type_is_refused_with_those_there_are():
    with pytest.raises(InvalidInput, match="nonsense") as caught:
        get_connector("nonsense")
    assert all(name in caught.value.remedy for name in connector_ids())


@pytest.mark.parametrize("name", connector_ids())
def test_a_connector_is_found_by_its_own_id(name):
    assert get_connector(name).id == name
    assert get_connector(name) is get_connector(name)


@EVERY
def test_a_connector_says_what_it_is(connector):
    assert connector.name
    assert connector.category == connector.category.lower() != ""
    assert inspect.isasyncgenfunction(connector.test)
    assert inspect.isasyncgenfunction(connector.fetch)
    assert callable(connector.connect)
    assert list(inspect.signature(connector.normalize).parameters) == ["raw"]


@EVERY
def test_a_connector_has_a_page_of_documentation(connector):
    page = ROOT / connector.docs
    assert page.is_file(), f"{connector.docs} is missing"
    assert connector.name in page.read_text(encoding="utf-8")


@EVERY
def test_a_connector_declares_what_it_reads(connector):
    assert connector.streams
    assert len({stream.name for stream in connector.streams}) == len(connector.streams)
    for stream in connector.streams:
        assert stream.name
        assert timedelta() <= stream.latency < stream.retention


@EVERY
def test_every_field_of_the_configuration_explains_itself(connector):
    assert issubclass(connector.Config, CollectionConfig)
    for name, field in connector.Config.model_fields.items():
        assert field.title, f"{name} has no title"
        assert field.description, f"{name} has no description"
        assert field.description.endswith("."), name


@EVERY
def test_the_collections_own_fields_have_usable_defaults(connector):
    for name in CollectionConfig.model_fields:
        assert isinstance(connector.Config.model_fields[name].default, int), name


@EVERY
def test_what_is_called_secret_is_kept_as_a_secret(connector):
    for name, field in connector.Config.model_fields.items():
        told = any(word in name for word in ("secret", "password", "token", "key"))
        if told and not name.endswith(("_on", "_id")):
            assert field.annotation is SecretStr, name


@EVERY
def test_what_a_connector_is_bound_to_is_among_its_fields_and_no_secret(connector):
    assert connector.target_fields
    for name in connector.target_fields:
        assert connector.Config.model_fields[name].annotation is not SecretStr


@EVERY
def test_a_configuration_refuses_what_it_does_not_know(connector):
    assert connector.Config.model_config.get("extra") == "forbid"
    assert connector.Config.model_config.get("hide_input_in_errors") is True


@EVERY
def test_a_connector_has_samples_of_an_event_a_dropped_record_and_one_for_quarantine(connector):
    kinds = [json.loads(file.with_suffix(".expected.json").read_text()) for file in samples(connector.id)]
    assert len(kinds) >= 8
    assert None in kinds
    assert any(kind and "skipped" in kind for kind in kinds)
    assert len({kind["severity"] for kind in kinds if kind and "severity" in kind}) >= 2


@SAMPLE
def test_a_sample_becomes_what_is_expected_of_it(connector, sample):
    expected = json.loads(sample.with_suffix(".expected.json").read_text())
    assert result(connector, sample.read_bytes()) == expected


@SAMPLE
def test_normalizing_is_pure(connector, sample):
    raw = sample.read_bytes()
    kept = bytes(bytearray(raw))
    assert result(connector, raw) == result(connector, kept)
    assert raw == kept


@EVERY
def test_each_record_has_an_identity_of_its_own_each_time_the_same(connector):
    def identities():
        raws = [file.read_bytes() for file in samples(connector.id)]
        return [connector.normalize(raw).id for raw in raws if "event_time" in (result(connector, raw) or {})]

    assert identities() == identities()
    assert len(set(identities())) == len(identities())


@SAMPLE
def test_an_event_is_of_its_connector_and_can_be_written_and_read(connector, sample):
    raw = sample.read_bytes()
    if "event_time" not in (result(connector, raw) or {}):
        return
    event = connector.normalize(raw)
    assert (event.source, event.category) == (connector.id, connector.category)
    assert datetime(2000, 1, 1, tzinfo=UTC) < event.event_time
    assert event.severity_reason
    assert event.title
    assert msgspec.json.decode(msgspec.json.encode(event), type=Event) == event


@EVERY
@pytest.mark.parametrize("raw", [b"", b"null", b"[]", b"{}", b"\xff", b"<html>", b'{"value":[]}', b"0" * 10_000])
def test_what_is_no_record_is_skipped_with_a_reason(connector, raw):
    with pytest.raises(Skip) as caught:
        connector.normalize(raw)
    assert caught.value.code
    assert caught.value.message.endswith(".")
    assert len(caught.value.message) < 500

"""What a connector of Azure Activity Logs is given, and what is said when it is wrong."""

import json
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.collection.configuration import check_config, parse_object, split_config
from app.connectors import get_connector
from app.errors import InvalidInput
from app.microsoft.clouds import Clouds

SECRET = "zebra~Secret-Value"
GIVEN = {
    "tenant_id": "c0ffee00-1111-4222-8333-444455556666",
    "client_id": "0b5e7a1c-2222-4333-8444-555566667777",
    "client_secret": SECRET,
    "subscription_id": "5a1f0c3e-7d42-4b8e-9c61-2f0d8e4b7a11",
}
GUIDS = ["tenant_id", "client_id", "subscription_id"]


def parse(text):
    text = json.dumps(GIVEN | text) if isinstance(text, dict) else text
    return check_config(get_connector("azure_activity"), parse_object(text), Clouds())


def refused(text) -> InvalidInput:
    with pytest.raises(InvalidInput) as caught:
        parse(text)
    assert SECRET not in str(caught.value.facts())
    return caught.value


def test_four_fields_are_enough():
    config = parse({})
    assert config.model_dump(exclude={"client_secret"}) == {
        "tenant_id": GIVEN["tenant_id"],
        "client_id": GIVEN["client_id"],
        "subscription_id": GIVEN["subscription_id"],
        "cloud": "AzureCloud",
        "poll_interval_seconds": 300,
        "client_secret_expires_on": None,
        "initial_lookback_hours": 24,
        "overlap_seconds": 300,
        "sweep_minutes": 60,
    }


@pytest.mark.parametrize("field", GUIDS)
@pytest.mark.parametrize("spell", [" {} ".format, "{{{}}}".format, " {{ {} }}\n".format, "\t{}\r\n".format, str.upper])
def test_braces_spaces_and_capitals_around_a_guid_are_forgiven(field, spell):
    assert getattr(parse({field: spell(GIVEN[field])}), field) == GIVEN[field]


@pytest.mark.parametrize("field", GUIDS)
@pytest.mark.parametrize(
    ("typo", "said"),
    [
        (lambda guid: guid[:-1], "35 characters"),
        (lambda guid: guid + "0", "37 characters"),
        (lambda guid: guid.replace("-", ""), "32 characters"),
        (lambda guid: "g" + guid[1:], "only 0-9, a-f"),
        (lambda guid: guid.replace("-", "_"), "only 0-9, a-f"),
        (lambda guid: guid.replace("-4", "4-"), "only 0-9, a-f"),
        (lambda _: "", "0 characters"),
        (lambda _: "contoso.onmicrosoft.com", "23 characters"),
        (lambda _: "x" * 10_000, "at most 200"),
        (lambda _: None, "valid string"),
        (lambda _: 5, "valid string"),
    ],
)
def test_a_typo_in_a_guid_is_told_with_its_field(field, typo, said):
    error = refused({field: typo(GIVEN[field])})
    assert error.code == "invalid_config"
    assert f"{field} " in error.message
    assert said in error.message
    assert all(f"{other} " not in error.message for other in GUIDS if other != field)


@pytest.mark.parametrize("field", GIVEN)
def test_a_missing_field_is_named(field):
    error = refused(json.dumps({name: value for name, value in GIVEN.items() if name != field}))
    assert f"{field} is missing" in error.message


def test_every_wrong_field_is_told_at_once():
    message = refused({"tenant_id": "x", "poll_interval_seconds": 1, "colour": "red"}).message
    assert all(name in message for name in ("tenant_id", "poll_interval_seconds", "colour"))


@pytest.mark.parametrize("field", ["colour", "clientsecret", "Tenant_ID"])
def test_an_unknown_field_is_refused(field):
    assert f"{field} is not a field of this connector" in refused({field: SECRET}).message


@pytest.mark.parametrize(
    ("field", "least", "most"),
    [("poll_interval_seconds", 30, 86_400), ("initial_lookback_hours", 0, 2160), ("overlap_seconds", 0, 86_400)],
)
def test_a_number_has_bounds(field, least, most):
    assert getattr(parse({field: least}), field) == least
    assert getattr(parse({field: most}), field) == most
    for wrong in (least - 1, most + 1, 1.5 + least, "soon", None, [], 10**30):
        assert f"{field} " in refused({field: wrong}).message


@pytest.mark.parametrize("typed", [f" {SECRET}", f"{SECRET}\n", f"\t{SECRET} \r\n"])
def test_white_space_around_the_secret_is_dropped(typed):
    assert split_config(parse({"client_secret": typed}))[1] == {"client_secret": SECRET}


@pytest.mark.parametrize("typed", ["", " \n", None, 5, [SECRET], {"value": SECRET}, SECRET * 100])
def test_a_wrong_secret_is_refused_and_never_quoted(typed):
    assert "client_secret " in refused({"client_secret": typed}).message


@pytest.mark.parametrize("change", [{"tenant_id": SECRET}, {"poll_interval_seconds": SECRET}, {"colour": SECRET}])
def test_a_secret_in_the_wrong_field_is_never_quoted(change):
    assert refused(change).code == "invalid_config"


def test_a_configuration_tells_no_secret_when_it_is_printed():
    config = parse({})
    public, secrets = split_config(config)
    assert SECRET not in f"{config!r} {config} {config.model_dump_json()} {json.dumps(public)}"
    assert secrets == {"client_secret": SECRET}


def test_the_two_halves_of_a_configuration_make_the_whole():
    config = parse({"client_secret_expires_on": "2026-12-31", "cloud": "azureusgovernment"})
    public, secrets = split_config(config)
    assert json.loads(json.dumps(public)) == public
    assert type(config).model_validate(public | secrets) == config


def test_the_secrets_expiry_is_a_date():
    assert parse({"client_secret_expires_on": "2026-12-31"}).client_secret_expires_on == date(2026, 12, 31)
    assert "client_secret_expires_on " in refused({"client_secret_expires_on": "31.12.2026"}).message
    assert "client_secret_expires_on is not a date" in refused({"client_secret_expires_on": 0}).message


def test_a_sweep_is_not_turned_off_by_what_is_no_number() -> None:
    assert "sweep_minutes is not a number" in refused({"sweep_minutes": False}).message


def test_an_unknown_cloud_is_refused():
    assert refused({"cloud": "AzureMoon"}).code == "unknown_cloud"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1"),
        ("{", "line 1"),
        ('{"tenant_id": "x",\n"cloud" 5}', "line 2, column 9"),
        ("[]", "not an object"),
        ("null", "not an object"),
        (f'"{SECRET}"', "not an object"),
        (b'{"tenant_id": "\xff"}', "no text"),
        ("[" * 30_000, "not a JSON object"),
        ('{"a": ' + "9" * 5_000 + "}", "not a JSON object"),
        (" " * 70_000, "64 KiB"),
    ],
    ids=lambda part: repr(part[:20]),
)
def test_what_is_no_json_object_is_refused_with_the_place(text, said):
    error = refused(text)
    assert error.code == "config_not_json"
    assert said in error.message


VALUES = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10) | st.lists(st.text(), max_size=2)
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(st.sampled_from([*type(parse({})).model_fields, "other"]), VALUES, max_size=4))
def test_any_values_are_a_configuration_or_refused(changes):
    said = {}
    try:
        parse(changes)
    except InvalidInput as error:
        said = error.facts()
    assert said.get("code", "invalid_config") in {"invalid_config", "unknown_cloud"}
    assert SECRET not in str(said)

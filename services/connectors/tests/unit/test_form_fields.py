"""A connector's form: what its `Config` makes of it, and what is said of wrong fields."""

import pytest
from unit.test_config import GIVEN, SECRET

from app.collection.configuration import check_config, wrong_fields
from app.connectors import connector_ids, get_connector
from app.console.form_fields import form_fields, shown
from app.errors import InvalidInput
from app.microsoft.clouds import Cloud, Clouds

CONNECTOR = get_connector("azure_activity")
LAB = Cloud("Lab", *(["https://lab.example"] * 4))


def fields(**choice):
    return {field.name: field for field in form_fields(CONNECTOR, **choice)}


@pytest.mark.parametrize("connector_id", connector_ids())
def test_every_field_of_every_connector_is_on_its_form(connector_id):
    connector = get_connector(connector_id)
    drawn = {field.name: field for field in form_fields(connector)}
    assert drawn.keys() == connector.Config.model_fields.keys()
    for name, field in connector.Config.model_fields.items():
        assert (drawn[name].title, drawn[name].hint) == (field.title, field.description)
        assert drawn[name].required == field.is_required()


def test_each_field_gets_the_input_that_fits():
    kinds = {name: field.kind for name, field in fields(clouds=Clouds()).items()}
    assert kinds["client_secret"] == "secret"
    assert kinds["client_secret_expires_on"] == "date"
    assert kinds["poll_interval_seconds"] == "number"
    assert kinds["tenant_id"] == "text"
    assert kinds["cloud"] == "choice"


def test_the_clouds_to_choose_are_those_that_this_installation_knows():
    assert fields(clouds=Clouds((LAB,)))["cloud"].options == (
        "AzureCloud",
        "AzureUSGovernment",
        "AzureChinaCloud",
        "Lab",
    )


def test_a_number_has_its_bounds_and_its_default():
    field = fields()["poll_interval_seconds"]
    assert (field.least, field.most, field.default) == (30, 86_400, "300")


def test_what_is_required_comes_first_and_polling_last():
    drawn = list(fields().values())
    assert [field.required for field in drawn[:4]] == [True] * 4
    assert [field.polling for field in drawn[-4:]] == [True] * 4
    assert not any(field.polling for field in drawn[:-4])


def test_a_form_may_show_some_fields_only():
    assert list(fields(only={"client_secret", "client_secret_expires_on"})) == [
        "client_secret",
        "client_secret_expires_on",
    ]
    assert "subscription_id" not in fields(without=CONNECTOR.target_fields)


@pytest.mark.parametrize(
    ("name", "typed", "read"),
    [
        ("tenant_id", f" {GIVEN['tenant_id']} ", GIVEN["tenant_id"]),
        ("tenant_id", "  ", None),
        ("tenant_id", None, None),
        ("client_secret", " keeps its spaces ", " keeps its spaces "),
        ("client_secret", "", None),
        ("poll_interval_seconds", "60", 60),
        ("poll_interval_seconds", "-5", -5),
        ("poll_interval_seconds", "1.5", "1.5"),
        ("poll_interval_seconds", "9" * 30, "9" * 30),
        ("client_secret_expires_on", "2027-05-01", "2027-05-01"),
    ],
)
def test_what_was_typed_becomes_what_the_model_takes(name, typed, read):
    assert fields()[name].read(typed) == read


def test_what_is_stored_is_shown_as_it_can_be_typed():
    config = check_config(CONNECTOR, GIVEN | {"client_secret_expires_on": "2027-05-01"}, Clouds())
    for name, field in fields().items():
        if field.kind != "secret":
            value = getattr(config, name)
            typed = field.read(shown(value))
            assert check_config(CONNECTOR, GIVEN | {name: typed}, Clouds()).model_dump()[name] == value


@pytest.mark.parametrize("name", [name for name in GIVEN if name != "client_secret"])
def test_a_wrong_field_is_told_by_its_name_and_never_quoted(name):
    wrong = wrong_fields(CONNECTOR, GIVEN | {name: SECRET})
    assert list(wrong) == [name]
    assert SECRET not in wrong[name]


def test_each_wrong_field_is_told_and_a_right_form_has_none():
    assert wrong_fields(CONNECTOR, GIVEN) == {}
    assert wrong_fields(CONNECTOR, {}) == dict.fromkeys(GIVEN, "is missing")


def test_an_error_of_the_configuration_names_its_fields_for_a_form():
    with pytest.raises(InvalidInput) as caught:
        check_config(CONNECTOR, GIVEN | {"tenant_id": SECRET, "poll_interval_seconds": 1}, Clouds())
    told = caught.value.facts()["fields"]
    assert told.keys() == {"tenant_id", "poll_interval_seconds"}
    assert SECRET not in str(caught.value.facts())


def test_an_unknown_cloud_is_told_at_its_field():
    with pytest.raises(InvalidInput) as caught:
        check_config(CONNECTOR, GIVEN | {"cloud": SECRET}, Clouds())
    assert caught.value.fields.keys() == {"cloud"}
    assert SECRET not in str(caught.value.facts())


def test_an_error_that_is_about_no_field_has_no_fields():
    assert "fields" not in InvalidInput("some_code", "It happened.", "Do that.").facts()

"""The commands beside the form: filled in with what was typed, and safe to paste into a shell whatever that was."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from unit.test_config import GIVEN

from app.connectors import connector_ids, get_connector
from app.console.adding.azure import existing_app_commands, name_from, new_app_commands
from app.console.adding.guide import guide_of

COMMANDS = pytest.mark.parametrize("command", [new_app_commands, existing_app_commands])


def test_the_command_for_a_new_app_gives_reader_at_the_typed_subscription():
    assert new_app_commands({"subscription_id": GIVEN["subscription_id"]}) == (
        f"az ad sp create-for-rbac --name aisoc-reader --role Reader --scopes /subscriptions/{GIVEN['subscription_id']}"
    )


def test_the_command_for_an_existing_app_gives_it_reader_too():
    assert existing_app_commands(GIVEN | {"tenant_id": ""}) == (
        f"az role assignment create --assignee {GIVEN['client_id']} --role Reader "
        f"--scope /subscriptions/{GIVEN['subscription_id']}"
    )


@COMMANDS
def test_no_command_gives_more_than_reader(command):
    assert "Reader" in command(GIVEN)
    assert "Contributor" not in command(GIVEN)
    assert "Owner" not in command(GIVEN)


@COMMANDS
def test_the_secret_is_in_no_command(command):
    assert GIVEN["client_secret"] not in command(GIVEN)


@COMMANDS
def test_what_is_not_typed_yet_is_a_placeholder(command):
    assert "SUBSCRIPTION_ID" in command({})
    assert "None" not in command({"subscription_id": None, "client_id": None, "cloud": None, "tenant_id": None})


@COMMANDS
@pytest.mark.parametrize("cloud", ["AzureUSGovernment", "AzureChinaCloud"])
def test_another_cloud_and_the_tenant_come_first(command, cloud):
    first, second, _ = command(GIVEN | {"cloud": cloud}).splitlines()
    assert first == f"az cloud set --name {cloud}"
    assert second == f"az login --tenant {GIVEN['tenant_id']}"


@COMMANDS
def test_the_command_takes_the_ids_as_the_form_does_without_braces_and_spaces(command):
    braced = {name: f" {{{value}}} " for name, value in GIVEN.items() if name != "client_secret"}
    assert command(braced) == command(GIVEN)


@COMMANDS
@given(
    typed=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=40),
    field=st.sampled_from(["cloud", "tenant_id", "client_id", "subscription_id"]),
)
def test_whatever_is_typed_stays_one_word_of_the_shell(command, typed, field):
    def words(value):
        return shlex.split(command(GIVEN | {field: value}), posix=True)

    given_words, plain = words(f"x{typed}x"), words("xx")
    assert len(given_words) == len(plain)
    assert [word for word, other in zip(given_words, plain, strict=True) if word != other] == (
        [] if typed == "" else [other.replace("xx", f"x{typed}x") for other in plain if "xx" in other]
    )


@pytest.mark.parametrize(
    ("typed", "name"),
    [
        ("5a1f0c3e-7d42-4b8e-9c61-2f0d8e4b7a11", "azure-5a1f0c3e"),
        (" {5A1F0C3E-7d42-4b8e-9c61-2f0d8e4b7a11} ", "azure-5A1F0C3E"),
        ("", ""),
        (None, ""),
        ("'; rm -rf", ""),
    ],
)
def test_a_name_is_suggested_from_the_subscription(typed, name):
    assert name_from({"subscription_id": typed}) == name


@pytest.mark.parametrize("connector_id", connector_ids())
def test_every_connector_has_a_guide(connector_id):
    guide = guide_of(get_connector(connector_id))
    assert guide.reads
    assert guide.steps
    assert guide.commands

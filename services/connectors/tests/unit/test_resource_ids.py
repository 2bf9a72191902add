"""What an Azure Resource Manager id names."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.microsoft.arm import ResourceName, parse_resource_id

SUB = "5a1f0c3e-7d42-4b8e-9c61-2f0d8e4b7a11"
VAULT = f"/subscriptions/{SUB}/resourceGroups/rg-Contoso/providers/Microsoft.KeyVault/vaults/kv-1"


@pytest.mark.parametrize(
    ("resource_id", "group", "kind", "name"),
    [
        (VAULT, "rg-Contoso", "Microsoft.KeyVault/vaults", "kv-1"),
        (f"{VAULT}/secrets/s-1", "rg-Contoso", "Microsoft.KeyVault/vaults/secrets", "s-1"),
        (f"{VAULT}/", "rg-Contoso", "Microsoft.KeyVault/vaults", "kv-1"),
        (
            f"{VAULT}/providers/Microsoft.Authorization/roleAssignments/r-1",
            "rg-Contoso",
            "Microsoft.Authorization/roleAssignments",
            "r-1",
        ),
        (
            f"/subscriptions/{SUB}/providers/Microsoft.Insights/diagnosticSettings/d 1",
            None,
            "Microsoft.Insights/diagnosticSettings",
            "d 1",
        ),
        (f"/subscriptions/{SUB}/resourceGroups/rg", "rg", "Microsoft.Resources/subscriptions/resourceGroups", "rg"),
        (f"/subscriptions/{SUB}", None, "Microsoft.Resources/subscriptions", SUB),
        (f"/subscriptions/{SUB}/resourceGroups", None, "Microsoft.Resources/subscriptions", SUB),
        (f"/subscriptions/{SUB}/providers/Microsoft.KeyVault", None, "Microsoft.KeyVault", None),
        (f"/subscriptions/{SUB}/providers/Microsoft.KeyVault/vaults", None, "Microsoft.KeyVault/vaults", None),
        (f"/subscriptions/{SUB}/providers", None, None, None),
    ],
)
def test_a_resource_is_named_by_its_last_provider(resource_id, group, kind, name):
    assert parse_resource_id(resource_id) == ResourceName(SUB, group, kind, name)


@pytest.mark.parametrize("word", ["providers", "resourceGroups", "subscriptions"])
def test_a_group_or_a_resource_may_be_named_like_a_key(word):
    group = f"/subscriptions/{SUB}/resourceGroups/{word}"
    assert parse_resource_id(group).name == word
    vault = parse_resource_id(f"{group}/providers/Microsoft.KeyVault/vaults/{word}")
    assert vault == ResourceName(SUB, word, "Microsoft.KeyVault/vaults", word)


@pytest.mark.parametrize("spell", [str.lower, str.upper])
def test_letter_case_of_the_keys_is_ignored_and_that_of_the_names_kept(spell):
    found = parse_resource_id(spell(VAULT))
    assert found == ResourceName(SUB, spell("rg-Contoso"), spell("Microsoft.KeyVault/vaults"), spell("kv-1"))


def test_a_resource_outside_of_subscriptions_has_no_subscription():
    group = "/providers/Microsoft.Management/managementGroups/mg-contoso"
    assert parse_resource_id(group) == ResourceName(None, None, "Microsoft.Management/managementGroups", "mg-contoso")


@pytest.mark.parametrize("text", ["", "/", "//", "contoso", "Microsoft.Fabrikam/things"])
def test_what_is_no_resource_id_names_nothing(text):
    assert parse_resource_id(text) == ResourceName()


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(["subscriptions", "resourceGroups", "providers", "", "a", "B"]), max_size=12))
def test_any_path_is_read_without_raising_and_invents_nothing(segments):
    found = parse_resource_id("/".join(segments))
    assert found.name is None or found.name in segments
    assert found.resource_group is None or found.resource_group in segments

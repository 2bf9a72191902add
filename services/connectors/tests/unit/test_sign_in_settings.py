"""The settings of the sign-in with Entra: all of them or none."""

import pytest
from pydantic import SecretStr

from app.errors import InvalidInput
from app.microsoft.clouds import Clouds
from app.security.sign_in_settings import read_entra_app
from app.settings import Settings

TENANT, CLIENT = "{8F3C0000-0000-4000-8000-00000000ABCD}", "1b2c0000-0000-4000-8000-00000000abcd"
ALL = {"sign_in_tenant": TENANT, "sign_in_client_id": CLIENT, "sign_in_client_secret": SecretStr("the-canary")}


def read(**changes):
    return read_entra_app(Settings(**(ALL | changes)), Clouds())


def test_all_of_them_are_an_app():
    app = read()
    assert (app.tenant, app.client_id) == ("8f3c0000-0000-4000-8000-00000000abcd", CLIENT)
    assert app.issuer == f"https://login.microsoftonline.com/{app.tenant}/v2.0"
    assert app.keys_url == f"https://login.microsoftonline.com/{app.tenant}/discovery/v2.0/keys"
    assert "the-canary" not in repr(app)


def test_none_of_them_is_no_app():
    assert read(**dict.fromkeys(ALL)) is None


@pytest.mark.parametrize("missing", ALL)
def test_the_missing_one_is_named(missing):
    with pytest.raises(InvalidInput) as refused:
        read(**{missing: None})
    assert refused.value.code == "invalid_setting"
    assert f"AISOC_{missing.upper()} is missing" in refused.value.message


@pytest.mark.parametrize("name", ["sign_in_tenant", "sign_in_client_id"])
@pytest.mark.parametrize("value", ["contoso.onmicrosoft.com", "common", "../evil", ""])
def test_an_id_that_is_none_is_named_without_its_value(name, value):
    """Tenants such as common would let people of every tenant in."""
    with pytest.raises(InvalidInput) as refused:
        read(**{name: value})
    assert f"AISOC_{name.upper()}" in refused.value.message
    assert refused.value.code == "invalid_setting"


def test_the_cloud_must_be_known():
    with pytest.raises(InvalidInput) as refused:
        read(sign_in_cloud="Nowhere")
    assert refused.value.code == "unknown_cloud"

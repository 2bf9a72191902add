"""Which hosts a token may go to, and what an operator may declare."""

import pytest

from app.errors import InvalidInput
from app.microsoft.clouds import Clouds, read_clouds

LAB = """
[clouds.Lab]
authority = "https://login.lab.example"
resource_manager = "https://Management.Lab.example:8443/"
graph = "https://graph.lab.example"
office_management = "https://office.lab.example"
"""


@pytest.fixture
def declare(tmp_path):
    """Write a clouds file."""

    def written(text: str):
        file = tmp_path / "clouds.toml"
        file.write_text(text)
        return file

    return written


@pytest.mark.parametrize(
    ("name", "authority", "resource_manager", "graph", "office"),
    [
        ("AzureCloud", "login.microsoftonline.com", "management.azure.com", "graph.microsoft.com", "manage.office.com"),
        (
            "AzureUSGovernment",
            "login.microsoftonline.us",
            "management.usgovcloudapi.net",
            "graph.microsoft.us",
            "manage.office365.us",
        ),
        (
            "AzureChinaCloud",
            "login.chinacloudapi.cn",
            "management.chinacloudapi.cn",
            "microsoftgraph.chinacloudapi.cn",
            "manage.office365.cn",
        ),
    ],
)
@pytest.mark.parametrize("spell", [str, str.lower, str.upper, " {} ".format])
def test_microsofts_clouds_are_known_by_name(spell, name, authority, resource_manager, graph, office):
    cloud = read_clouds(None).get(spell(name))
    assert cloud.name == name
    assert (cloud.authority, cloud.resource_manager, cloud.graph, cloud.office_management) == tuple(
        f"https://{host}" for host in (authority, resource_manager, graph, office)
    )


def test_an_unknown_cloud_is_answered_with_those_that_are_known_and_not_quoted():
    with pytest.raises(InvalidInput) as caught:
        Clouds().get("AzureMoon")
    assert caught.value.code == "unknown_cloud"
    assert "AzureMoon" not in caught.value.message
    assert "AzureUSGovernment" in caught.value.message


def test_a_declared_cloud_is_read_with_bare_origins_in_lower_case(declare):
    cloud = read_clouds(declare(LAB)).get("lab")
    assert (cloud.resource_manager, cloud.ca_bundle) == ("https://management.lab.example:8443", None)
    assert read_clouds(declare(LAB)).get("AzureCloud").authority == "https://login.microsoftonline.com"


def test_a_ca_bundle_is_found_beside_the_file(declare, tmp_path):
    (tmp_path / "ca.pem").write_text("certificate")
    cloud = read_clouds(declare(LAB + 'ca_bundle = "ca.pem"\n')).get("Lab")
    assert cloud.ca_bundle == str(tmp_path / "ca.pem")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("https://login", "http://login"), "clouds.Lab.authority must be an address like https://"),
        (("login.lab.example", "login.lab.example/tenant"), "clouds.Lab.authority"),
        (("login.lab.example", "login.lab.example?x=1"), "clouds.Lab.authority"),
        (("login.lab.example", "login.lab.example#x"), "clouds.Lab.authority"),
        (("login.lab.example", "user:word@login.lab.example"), "clouds.Lab.authority"),
        (("login.lab.example", ""), "clouds.Lab.authority"),
        (("login.lab.example", "login.lab.example:99999"), "ort"),
        (("login.lab.example", "login.lab.example:http"), "ort"),
        (("login.lab.example", "[::1"), "Invalid IPv6"),
        (('"https://login.lab.example"', "5"), "clouds.Lab.authority"),
        (("graph =", "grap ="), "unknown key grap"),
        (('graph = "https://graph.lab.example"\n', ""), "the key graph is missing"),
        (("[clouds.Lab]", "[clouds]\nLab = 5\n[clouds.other]"), "clouds.Lab is not a table"),
        (("[clouds.Lab]", "clouds = 5\n[other]"), "tables like [clouds.Lab]"),
        (("[clouds.Lab]", "[cloud.Lab]"), "tables like [clouds.Lab]"),
        (("[clouds.Lab]", "[clouds.Lab"), "line"),
    ],
)
def test_a_wrong_clouds_file_is_refused_with_the_place(declare, change, said):
    file = declare(LAB.replace(*change))
    with pytest.raises(InvalidInput) as caught:
        read_clouds(file)
    assert caught.value.code == "invalid_clouds_file"
    assert str(file) in caught.value.message
    assert said in caught.value.message
    assert "word" not in caught.value.message


@pytest.mark.parametrize("bundle", ['"missing.pem"', '""', '"."', "5"])
def test_a_ca_bundle_that_is_no_file_is_refused(declare, bundle):
    with pytest.raises(InvalidInput):
        read_clouds(declare(f"{LAB}ca_bundle = {bundle}\n"))


def test_a_clouds_file_that_cannot_be_read_is_said_to_be(tmp_path):
    with pytest.raises(InvalidInput, match="No such file"):
        read_clouds(tmp_path / "none.toml")
    (tmp_path / "odd.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(InvalidInput, match="utf-8"):
        read_clouds(tmp_path / "odd.toml")

"""Which country an address is in, by a database of the operator's own."""

from datetime import timedelta

import pytest
from mmdb_writer import MMDBWriter
from naive_detections import a_correlation, an_event, an_event_rule
from netaddr import IPSet
from typer.testing import CliRunner

from app.cli import app
from app.detection.countries import Countries, country_of, unusable, use_countries
from app.detection.facts import derive
from app.detection.record import Record
from app.detection.rules import FirstSeen
from app.errors import InvalidInput

_PLACES = {
    "81.2.69.0/24": {"country": {"iso_code": "GB"}, "registered_country": {"iso_code": "US"}},
    "89.160.20.0/24": {"country": "se"},
    "67.43.156.0/24": {"country_code": "BT"},
    "2001:218::/32": {"registered_country": {"iso_code": "JP"}},
    "10.0.0.0/8": {"country": {"iso_code": "XX"}},
    "216.160.83.0/24": {"country": ["odd"]},
}


@pytest.fixture
def path(tmp_path):
    writer = MMDBWriter(ip_version=6, ipv4_compatible=True, database_type="Countries")
    for network, entry in _PLACES.items():
        writer.insert_network(IPSet([network]), entry)
    writer.to_db_file(str(tmp_path / "countries.mmdb"))
    return tmp_path / "countries.mmdb"


@pytest.fixture
def _in_use(path):
    use_countries(Countries(path))
    yield
    use_countries(Countries())


@pytest.mark.parametrize(
    ("address", "country"),
    [
        ("81.2.69.160", "GB"),
        ("::ffff:81.2.69.160", "GB"),
        ("89.160.20.1", "SE"),
        ("67.43.156.1", "BT"),
        ("2001:218::1", "JP"),
        ("10.1.2.3", None),  # private, whatever a database says
        ("127.0.0.1", None),
        ("fe80::1", None),
        ("216.160.83.1", None),
        ("8.8.8.8", None),
        ("no address", None),
        ("", None),
        (None, None),
    ],
)
def test_the_country_of_an_address(path, address, country):
    assert Countries(path).country(address) == country


def test_without_a_database_no_address_has_a_country():
    assert Countries().country("81.2.69.160") is None
    assert "src_country" not in derive(an_event(0, src_ip="81.2.69.160"), None)


def test_ipv6_addresses_have_none_in_a_database_of_ipv4(tmp_path):
    writer = MMDBWriter(ip_version=4, database_type="Countries")
    writer.insert_network(IPSet(["81.2.69.0/24"]), {"country": {"iso_code": "GB"}})
    writer.to_db_file(str(tmp_path / "four.mmdb"))
    countries = Countries(tmp_path / "four.mmdb")
    assert (countries.country("81.2.69.1"), countries.country("2001:218::1")) == ("GB", None)


@pytest.mark.usefixtures("_in_use")
def test_rules_and_titles_read_the_country():
    assert country_of("81.2.69.160") == "GB"
    assert Record(an_event(0, src_ip="81.2.69.160"), b"{}").values("aisoc.src_country") == ["GB"]


@pytest.mark.parametrize("content", [b"", b"no database", None])
def test_what_is_no_database_is_told_at_the_start(tmp_path, content):
    if content is not None:
        (tmp_path / "odd.mmdb").write_bytes(content)
    with pytest.raises(InvalidInput) as caught:
        Countries(tmp_path / "odd.mmdb")
    assert caught.value.code == "unreadable_countries"
    assert "AISOC_COUNTRIES" in caught.value.message


def test_rules_that_read_the_country_need_the_database():
    by_country = FirstSeen(group_by=("aisoc.actor",), timespan=timedelta(days=30), field="aisoc.src_country")
    for rule in (
        an_event_rule("rule-a", first_seen=by_country),
        a_correlation("value_count", field="AISOC.src_country"),
        a_correlation("event_count", group_by=("where",), aliases={"where": {"rule-a": "aisoc.src_country"}}),
        an_event_rule("rule-a", fields=frozenset({"aisoc.src_country"})),
    ):
        assert "AISOC_COUNTRIES" in (unusable(rule) or "")
    assert unusable(an_event_rule("rule-b")) is None


@pytest.mark.usefixtures("_in_use")
def test_with_the_database_they_can_be_used():
    assert unusable(a_correlation("value_count", field="aisoc.src_country")) is None


def test_what_is_remembered_is_bounded(path):
    countries = Countries(path)
    assert countries.country.cache_info().maxsize == 65_536


def test_the_command_line_says_what_such_a_rule_needs(tmp_path, path, monkeypatch):
    (tmp_path / "rule.yml").write_text(
        "title: New country\nid: 55555555-5555-4555-8555-555555555556\n"
        "logsource: {product: azure, service: activitylogs}\n"
        "detection: {selection: {operationName: '*'}, condition: selection}\n"
        "aisoc: {first_seen: {group-by: [aisoc.actor], field: aisoc.src_country, timespan: 30d}}\n"
    )
    run = CliRunner()
    assert "needs AISOC_COUNTRIES" in run.invoke(app, ["rules", "check", str(tmp_path)]).output
    monkeypatch.setenv("AISOC_COUNTRIES", str(path))
    told = run.invoke(app, ["rules", "check", str(tmp_path)])
    use_countries(Countries())
    assert (told.exit_code, "needs" in told.output) == (0, False)

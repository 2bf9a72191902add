from dataclasses import replace
from datetime import timedelta

import pytest

from app.collection.configuration import open_config
from app.collection.manage import add_connector, probe_connector
from app.collection.poll import poll
from app.errors import Abort, InvalidInput
from app.microsoft.clouds import Clouds
from simulator import faults

OTHER = "99999999-9999-4999-8999-999999999999"


def found(report):
    return {finding.code: finding for finding in report.findings}


async def test_a_good_connector_is_ok_with_one_request_for_at_most_one_entry(service, row, lab):
    lab.publish(lab.operations(5))
    report = await probe_connector(service, row)
    assert report.ok
    assert found(report)["activity_log_readable"].level == "ok"
    (visit,) = lab.cloud.journal.of("activity")
    assert visit.target.endswith("&$top=1")


async def test_a_quiet_subscription_is_ok_and_its_first_page_said_to_be_empty(service, row):
    report = await probe_connector(service, row)
    assert report.ok
    assert "is empty" in found(report)["activity_log_readable"].message


async def test_each_finding_is_told_before_the_next_is_asked_for(service, row, lab):
    asked = []
    report = await probe_connector(service, row, lambda _: asked.append(len(lab.cloud.journal)))
    assert len(asked) == len(report.findings) >= 3
    assert asked[0] < asked[1]


async def test_a_failed_sign_in_is_told_as_it_is_found(service, lab):
    row, told = await add_connector(service, "azure_activity", "wrong", lab.config(client_secret="no")), []
    report = await probe_connector(service, row, told.append)
    assert tuple(told) == report.findings != ()


async def test_an_app_that_is_only_reader_is_said_to_be_read_only(service, row):
    assert found(await probe_connector(service, row))["read_only"].level == "ok"


async def test_an_app_that_may_write_is_warned_of(service, row, lab):
    lab.cloud.grant(lab.app, lab.subscription, "Contributor")
    report = await probe_connector(service, row)
    warning = found(report)["more_than_reader"]
    assert report.ok
    assert warning.level == "warning"
    assert "Reader is enough" in warning.remedy


async def test_permissions_that_cannot_be_told_are_a_warning(service, row, lab):
    lab.cloud.faults.add(faults.error("permissions", 404, "NotFound", "no such endpoint", count=None))
    assert found(await probe_connector(service, row))["permissions_unknown"].level == "warning"


@pytest.mark.parametrize(
    ("days", "code", "level"),
    [(31, "secret_valid", "ok"), (30, "secret_expires_soon", "warning"), (-1, "secret_expires_soon", "warning")],
)
async def test_the_secrets_expiry_is_warned_of_thirty_days_before(service, lab, days, code, level):
    expires = (lab.clock.now() + timedelta(days=days)).date().isoformat()
    row = await add_connector(service, "azure_activity", "dated", lab.config(client_secret_expires_on=expires))
    assert found(await probe_connector(service, row))[code].level == level


async def test_an_expiry_that_is_not_given_cannot_be_told(service, row):
    assert found(await probe_connector(service, row))["secret_expiry_unknown"].level == "warning"


@pytest.mark.parametrize(
    ("changes", "code", "words"),
    [
        ({"client_secret": "not-the-secret"}, "wrong_secret", "Secret ID"),
        ({"client_id": OTHER}, "unknown_app", "Application (client) ID"),
        ({"tenant_id": OTHER}, "unknown_tenant", "Directory (tenant) ID"),
        ({"subscription_id": OTHER}, "subscription_not_found", "same"),
    ],
)
async def test_a_wrong_field_is_a_finding_that_says_what_to_do(service, lab, changes, code, words):
    row = await add_connector(service, "azure_activity", "wrong", lab.config(**changes))
    report = await probe_connector(service, row)
    assert not report.ok
    (finding,) = report.findings
    assert finding.code == code
    assert words in finding.remedy + finding.message or code == "subscription_not_found"
    failed = await poll(service, row)
    assert failed.error["code"] == code
    assert "not-the-secret" not in str(failed)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (-300, "300 seconds behind"),
        (-61, "61 seconds behind"),
        (62, "61 seconds ahead of"),
        (301, "300 seconds ahead of"),
    ],
)
async def test_a_clock_that_differs_from_azures_is_warned_of(service, row, lab, seconds, words):
    lab.cloud.clock = lambda: lab.clock.now() - timedelta(seconds=seconds)
    report = await probe_connector(service, row)
    assert report.ok
    assert words in found(report)["clock_differs"].message
    assert "NTP" in found(report)["clock_differs"].remedy


@pytest.mark.parametrize("seconds", [-60, 0, 61])
async def test_a_clock_that_differs_by_a_minute_is_let_pass(service, row, lab, seconds):
    lab.cloud.clock = lambda: lab.clock.now() - timedelta(seconds=seconds)
    assert "clock_differs" not in found(await probe_connector(service, row))


async def test_a_clock_that_differs_is_told_beside_the_error_that_it_may_have_caused(service, row, lab):
    lab.cloud.clock = lambda: lab.clock.now() + timedelta(hours=2)
    lab.cloud.faults.add(faults.error("activity", 400, "BadRequest", "no", count=None))
    assert list(found(await probe_connector(service, row))) == ["request_refused", "clock_differs"]


async def test_an_expired_secret_says_so(service, lab):
    lab.cloud.add_secret(lab.app, "old-secret", expires=lab.clock.now() - timedelta(days=1))
    row = await add_connector(service, "azure_activity", "old", lab.config(client_secret="old-secret"))
    assert list(found(await probe_connector(service, row))) == ["expired_secret"]


async def test_an_app_without_the_reader_role_is_told_where_to_give_it(service, row, lab):
    lab.cloud.revoke(lab.app, lab.subscription)
    (finding,) = (await probe_connector(service, row)).findings
    assert finding.code == "no_reader_role"
    assert "Access control (IAM)" in finding.remedy


async def test_a_subscription_of_another_tenant_says_so(service, lab):
    elsewhere = lab.cloud.add_subscription(lab.cloud.add_tenant())
    row = await add_connector(service, "azure_activity", "foreign", lab.config(subscription_id=elsewhere))
    assert list(found(await probe_connector(service, row))) == ["subscription_in_other_tenant"]


@pytest.mark.parametrize("part", ["authority", "resource_manager"])
async def test_a_cloud_that_cannot_be_reached_is_a_finding(service, row, lab, part):
    nowhere = replace(service.clouds.get("Lab"), **{part: "https://localhost:9"})
    service = replace(service, clouds=Clouds((nowhere,)))
    (finding,) = (await probe_connector(service, row)).findings
    assert finding.code == "unreachable"
    assert "https://localhost:9" in finding.message
    assert (await poll(service, row)).error["code"] == "unreachable"


async def test_a_name_that_does_not_resolve_is_a_finding(service, row):
    nowhere = replace(service.clouds.get("Lab"), authority="https://login.nowhere.invalid")
    (finding,) = (await probe_connector(replace(service, clouds=Clouds((nowhere,))), row)).findings
    assert finding.code == "unreachable"


async def test_a_ca_bundle_that_is_gone_is_a_finding_that_names_it(service, row, tmp_path):
    broken = replace(service.clouds.get("Lab"), ca_bundle=str(tmp_path / "gone.pem"))
    (finding,) = (await probe_connector(replace(service, clouds=Clouds((broken,))), row)).findings
    assert finding.code == "ca_bundle_unreadable"
    assert "gone.pem" in finding.message


async def test_a_certificate_of_an_unknown_authority_is_refused_before_anything_is_sent(service, row, lab):
    untrusting = replace(service.clouds.get("Lab"), ca_bundle=None)
    (finding,) = (await probe_connector(replace(service, clouds=Clouds((untrusting,))), row)).findings
    assert finding.code == "untrusted_certificate"
    assert not list(lab.cloud.journal)


@pytest.mark.parametrize(
    "link", ["https://u:p@{host}/subscriptions", "https://{host}\\@x/", "https://{host}/\x00", "ftp://{host}/"]
)
async def test_an_unusual_address_is_refused(service, row, lab, link):
    connector, config = open_config(row, service.vault)
    async with connector.connect(config, service.context) as session:
        host = session.arm.cloud.resource_manager.removeprefix("https://")
        with pytest.raises(Abort) as refused:
            await session.arm.get(link.format(host=host))
    assert refused.value.code == "foreign_link"
    assert not lab.cloud.journal.of("subscription")


async def test_a_login_in_netrc_does_not_touch_the_token(service, row, tmp_path, monkeypatch):
    netrc = tmp_path / ".netrc"
    netrc.write_text("default login bob password x\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert (await probe_connector(service, row)).ok


async def test_a_link_is_sent_byte_for_byte(service, row, lab):
    link = "/subscriptions?api-version=2022-12-01&$skipToken=US1:06%3a;%7E%2fEU1:%C3%a9'+%2B(x)"
    connector, config = open_config(row, service.vault)
    async with connector.connect(config, service.context) as session:
        await session.arm.get(session.arm.cloud.resource_manager + link)
    (visit,) = lab.cloud.journal.of("subscription")
    assert visit.target == link


async def test_a_name_that_is_taken_is_refused(service, row, lab):
    with pytest.raises(InvalidInput, match="already a connector named 'lab'"):
        await add_connector(service, "azure_activity", "lab", lab.config())


async def test_a_fixed_credential_resumes_from_the_old_checkpoint(service, row, lab):
    await poll(service, row)
    lab.cloud.revoke(lab.app, lab.subscription)
    lab.clock.advance(hours=3)
    lab.publish(lab.operations(5, at=lab.clock.now() - timedelta(hours=2)))
    assert (await poll(service, row)).error["code"] == "no_reader_role"
    lab.cloud.grant(lab.app, lab.subscription, "Reader")
    assert (await poll(service, row)).events_added == 10

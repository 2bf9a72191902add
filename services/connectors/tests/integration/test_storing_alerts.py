"""What is read is judged as it is stored: by polls, files and records tried again alike."""

import io
import json
from datetime import timedelta

import pytest
from detections import alerts_of
from support import query

from app.collection.files import ingest
from app.collection.poll import poll
from app.collection.quarantine import retry_quarantine
from app.detection.forgetting import forget_old
from app.main import open_service
from app.storage.quarantine import Unreadable, quarantine_records

_WRITE = "Microsoft.Storage/storageAccounts/write"
_RULE = """
title: Storage account written
id: 6c0f3f43-0f3b-4bb9-9b53-5c9d3b3a9d10
status: experimental
level: medium
logsource: {product: azure, service: activitylogs}
detection:
  selection:
    operationName: Microsoft.Storage/storageAccounts/write
  condition: selection
aisoc:
  title: "{actor} writes {resource}"
"""


@pytest.fixture
def settings(settings, tmp_path):
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "storage.yml").write_text(_RULE)
    return settings.model_copy(update={"rules": (folder,)})


async def ours(service):
    return [alert for alert in await alerts_of(service) if alert["rule_title"] == "Storage account written"]


@pytest.fixture
def records(lab):
    return lab.operation(_WRITE, lab.clock.now() - timedelta(minutes=10))


async def test_a_poll_makes_alerts(service, lab, row, records):
    lab.publish(records)
    await poll(service, row)
    [alert] = await ours(service)
    assert (alert["title"], alert["outcome"], alert["events"]) == (
        f"{records[0]['caller']} writes thing",
        "success",
        2,
    )
    assert alert["connector"] == "lab"


async def test_a_file_makes_alerts(service, connector, records):
    file = io.BytesIO(json.dumps({"value": records}).encode())
    await ingest(service, connector, file, "export.json", "export.json", lambda _: None)
    [alert] = await ours(service)
    assert (alert["outcome"], alert["events"], alert["connector"]) == ("success", 2, "export.json")


async def test_a_record_that_is_understood_later_makes_an_alert(service, records):
    async with service.engine.begin() as connection:
        raws = [Unreadable(json.dumps(record).encode(), "azure_activity", "code", "Reason.") for record in records]
        await quarantine_records(connection, "lab", raws)
    await retry_quarantine(service)
    [alert] = await ours(service)
    assert (alert["outcome"], alert["events"]) == ("success", 2)


@pytest.fixture
async def failing(service, lab, row, records):
    """A rule that raised on events which came in meanwhile."""
    rules = await service.rules.current(service.engine)
    [rule] = [rule for rule in rules.rules.values() if rule.title == "Storage account written"]

    def raises(record):
        raise RuntimeError("\nout of luck\0")

    object.__setattr__(rule, "matches_of", lambda operation, category: raises)
    lab.publish(records)
    await poll(service, row)
    return rule


async def test_a_rule_that_raises_is_a_problem_of_the_rules_and_nothing_is_lost(service, failing):
    assert await ours(service) == []
    assert [row["stored"] for row in await query(service, "SELECT count(*) AS stored FROM events")] == [2]
    [problem] = (await service.rules.current(service.engine)).problems
    assert (problem.rule, problem.reason) == (failing.title, "The rule failed on an event: RuntimeError: out of luck")


async def test_a_rule_that_raised_elsewhere_is_a_problem_until_it_is_mended_or_did_not_for_a_month(
    service, settings, clock, failing
):
    async with open_service(settings, clock) as elsewhere:
        [problem] = (await elsewhere.rules.current(elsewhere.engine)).problems
        assert (problem.rule, problem.path) == (failing.title, failing.path)

        text = failing.path.read_text()
        failing.path.write_text(text.replace("Storage account written", "Storage account written or changed"))
        clock.advance(seconds=10)
        assert (await elsewhere.rules.current(elsewhere.engine)).problems == ()

        failing.path.write_text(text)
        clock.advance(seconds=10)
        assert len((await elsewhere.rules.current(elsewhere.engine)).problems) == 1
        async with service.engine.begin() as connection:
            now = clock.now() + timedelta(days=31)
            assert await forget_old(connection, await elsewhere.rules.current(connection), now) == 1
        clock.advance(seconds=10)
        assert (await elsewhere.rules.current(elsewhere.engine)).problems == ()

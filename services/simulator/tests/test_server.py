"""Starting, stopping and describing the server; what the journal keeps."""

import http.client
import ssl
import threading
import tomllib
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest

from simulator import Cloud, Journal, Server, Visit, serve_in_thread

EVENT = {"eventDataId": "e", "eventTimestamp": "2026-03-01T11:00:00Z"}


async def test_the_description_has_one_origin_a_service(server):
    described = tomllib.loads(server.clouds_toml("Test"))["clouds"]["Test"]
    origins = [described[name] for name in ("authority", "resource_manager", "graph", "office_management")]
    assert len({*origins, server.elsewhere}) == 5
    assert {urlsplit(origin).hostname for origin in origins} == {"localhost"}
    assert described["ca_bundle"] == str(server.ca_bundle)


async def test_a_temporary_directory_goes_with_the_server():
    async with Server(Cloud()) as server:
        directory = server.ca_bundle.parent
        assert directory.is_dir()
    assert not directory.exists()


async def test_a_given_directory_stays(tmp_path):
    async with Server(Cloud(), directory=tmp_path) as server:
        assert server.ca_bundle == tmp_path / "ca.pem"
    assert (tmp_path / "ca.pem").is_file()


async def test_a_port_in_use_is_an_os_error_and_leaves_nothing_open(server):
    taken = urlsplit(server.authority).port
    with pytest.raises(OSError, match="address already in use"):
        async with Server(Cloud(), port=taken):
            pass


async def test_answers_are_dated_by_the_clouds_own_clock(client, clock):
    answers = [await client.get(client.target()), await client.get("/other"), await client.ask_token()]
    assert {answer.headers["Date"] for answer in answers} == {"Sun, 01 Mar 2026 12:00:00 GMT"}
    clock.forward(seconds=61)
    assert (await client.get(client.target())).headers["Date"] == "Sun, 01 Mar 2026 12:01:01 GMT"


async def test_the_journal_keeps_what_was_sent_as_it_was_sent(client, cloud, clock):
    cloud.journal.clear()
    target = client.target(options="&$top=1")
    await client.get(target)
    [visit] = cloud.journal
    assert (visit.time, visit.kind, visit.method, visit.target) == (clock.now, "activity", "GET", target)
    assert (visit.authorized, visit.status) == (True, 200)


async def test_the_journal_tells_kinds_apart(client, cloud):
    await client.get(f"/subscriptions/{client.subscription}?api-version=2022-12-01")
    await client.get("/other")
    assert [visit.kind for visit in cloud.journal] == ["token", "subscription", "other"]
    assert [visit.authorized for visit in cloud.journal] == [False, True, True]


def test_the_journal_is_bounded():
    journal = Journal(limit=3)
    for number in range(5):
        journal.add(Visit(datetime.now(UTC), "other", "GET", f"/{number}", authorized=False, status=404))
    assert [visit.target for visit in journal] == ["/2", "/3", "/4"]


def test_a_server_in_a_thread_serves_code_that_is_not_async():
    cloud = Cloud()
    tenant = cloud.add_tenant()
    with serve_in_thread(cloud) as server:
        tls = ssl.create_default_context(cafile=str(server.ca_bundle))
        connection = http.client.HTTPSConnection(urlsplit(server.authority).netloc, context=tls)
        connection.request("GET", f"/{tenant}/v2.0/.well-known/openid-configuration")
        assert connection.getresponse().status == 200
        connection.close()
    assert not server.ca_bundle.exists()
    assert "simulator" not in [thread.name for thread in threading.enumerate()]


def test_events_can_be_published_from_many_threads():
    cloud = Cloud()
    subscription = cloud.add_subscription(cloud.add_tenant())

    def publish_200() -> None:
        for _ in range(200):
            cloud.publish(subscription, [EVENT])

    threads = [threading.Thread(target=publish_200) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    since, now = datetime(2026, 2, 28, tzinfo=UTC), datetime(2026, 3, 2, tzinfo=UTC)
    assert len(cloud.visible(subscription, since, now=now)) == 1_600


def test_a_seed_fixes_every_id():
    def ids(seed: int) -> list[str]:
        cloud = Cloud(seed=seed)
        tenant = cloud.add_tenant()
        return [tenant, cloud.add_app(tenant).client_id, cloud.add_subscription(tenant)]

    assert ids(1) == ids(1)
    assert ids(1) != ids(2)

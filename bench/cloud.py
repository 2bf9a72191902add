"""The simulated cloud of the measurements: a process of its own, its events rendered before it says it is ready."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

from bench.organisation import Organisation

from simulator import Cloud, Server, ticks
from simulator.chance import seeded
from simulator.events import Event
from simulator.scenario import bulk

REALISTIC, BEFORE = "organisation", "organisation before"
"""Names of subscriptions in which an organisation works, now and in the hours before; others have storage writes."""


@dataclass(frozen=True)
class Lab:
    """Where the cloud is, and its subscriptions: one a number of events, all with the same app."""

    pid: int
    clouds: str
    tenant_id: str
    client_id: str
    client_secret: str
    subscriptions: dict[str, str]

    def config(self, name: str) -> dict[str, str]:
        """Return a connector's configuration for a subscription."""
        return {
            "tenant_id": self.tenant_id,
            "client_id": self.client_id,
            "client_secret": self.client_secret,
            "subscription_id": self.subscriptions[name],
            "cloud": "Lab",
        }


@contextmanager
def running(folder: Path, subscriptions: dict[str, int]) -> Iterator[Lab]:
    """Run the cloud in a process. subscriptions: how many events each has."""
    command = [sys.executable, "-m", "bench.cloud", str(folder), json.dumps(subscriptions)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield Lab(**json.loads(process.stdout.readline()))
        finally:
            process.terminate()


def _of_an_organisation(events: int, start: datetime, end: datetime) -> Iterator[Event]:
    """Yield so many events of a busy organisation, or a few less, that happened and became readable in a time."""
    # Searches are measured where much is found; rules where little is, as their alerts are people's work.
    organisation, days = Organisation(rarity=100), (end - start) / timedelta(days=1)
    since, until = start.isoformat(), end.isoformat()
    found = (
        event
        for day in {start.date(), end.date()}
        for _, event in organisation.day(day, round(events / days))
        if since <= event["eventTimestamp"] and event["submissionTimestamp"] < until
    )
    return islice(found, events)


async def _serve(folder: Path, subscriptions: dict[str, int]) -> None:
    cloud = Cloud(clock=ticks.utcnow, seed=1)
    cloud.throttle.enabled = False
    cloud.paging.empty_share = 0
    tenant = cloud.add_tenant()
    app = cloud.add_app(tenant)
    made = {name: cloud.add_subscription(tenant) for name in subscriptions}
    now = datetime.now(UTC)
    for seed, (name, events) in enumerate(subscriptions.items()):
        cloud.grant(app, made[name], "Reader")
        start, end = now - timedelta(hours=20), now - timedelta(minutes=1)
        if name in (REALISTIC, BEFORE):
            between = now - timedelta(hours=10)
            since, until = (start, between) if name == BEFORE else (between, end)
            cloud.publish(made[name], _of_an_organisation(events, since, until))
        else:
            cloud.publish(made[name], bulk(seeded(seed), events, start, end, subscription=made[name], tenant=tenant))
    async with Server(cloud, directory=folder) as server:
        clouds = folder / "clouds.toml"
        clouds.write_text(server.clouds_toml())

        lab = Lab(os.getpid(), str(clouds), tenant, app.client_id, app.secret, made)
        sys.stdout.write(json.dumps(asdict(lab)) + "\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), json.loads(sys.argv[2])))

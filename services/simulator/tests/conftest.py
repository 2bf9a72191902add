"""A cloud with one Reader, served over HTTPS, with a clock that the test sets."""

import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from yarl import URL

from simulator import App, Cloud, Server

ACTIVITY = "providers/Microsoft.Insights/eventtypes/management/values"


class SetClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: Any
    """Decoded JSON."""

    @property
    def code(self) -> str:
        """The error's code in either body shape."""
        return str(self.body.get("error", self.body)["code"])


@dataclass
class Client:
    """A client that sends targets as written and follows links byte for byte."""

    http: aiohttp.ClientSession
    server: Server
    cloud: Cloud
    tenant: str
    app: App
    subscription: str
    token: str | None = None

    async def ask_token(self, tenant: str | None = None, **form: str) -> Answer:
        """Ask for a token; `form` replaces fields, an empty value removes one."""
        usual = {
            "grant_type": "client_credentials",
            "client_id": self.app.client_id,
            "client_secret": self.app.secret,
            "scope": f"{self.server.resource_manager}/.default",
        }
        sent = {name: value for name, value in (usual | form).items() if value}
        url = f"{self.server.authority}/{tenant or self.tenant}/oauth2/v2.0/token"
        async with self.http.post(url, data=sent) as response:
            return Answer(response.status, dict(response.headers), await response.json())

    async def sign_in(self, **form: str) -> None:
        self.token = (await self.ask_token(**form)).body["access_token"]

    async def get(self, target: str) -> Answer:
        """GET a target of the resource manager, or a whole link, without touching its bytes."""
        url = target if target.startswith("https:") else f"{self.server.resource_manager}{target}"
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        async with self.http.get(URL(url, encoded=True), headers=headers) as response:
            return Answer(response.status, dict(response.headers), await response.json())

    def target(self, since: datetime | None = None, more: str = "", options: str = "") -> str:
        """The activity log's target from `since` (default: a day ago); `more` is appended to the filter."""
        start = (since or self.cloud.clock() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return self.filtered(f"eventTimestamp ge '{start}'{more}", options)

    def filtered(self, text: str, options: str = "") -> str:
        path = f"/subscriptions/{self.subscription}/{ACTIVITY}"
        return f"{path}?api-version=2015-04-01&$filter={quote(text)}{options}"

    async def follow(self, target: str) -> list[Answer]:
        """All pages from a target on."""
        pages = [await self.get(target)]
        while link := pages[-1].body.get("nextLink"):
            pages.append(await self.get(link))
        return pages

    async def ids(self, target: str) -> list[str]:
        return [event["eventDataId"] for page in await self.follow(target) for event in page.body["value"]]


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def cloud(clock: SetClock) -> Cloud:
    cloud = Cloud(clock)
    cloud.paging.empty_share = 0
    return cloud


@pytest.fixture
async def server(cloud: Cloud) -> AsyncIterator[Server]:
    async with Server(cloud) as server:
        yield server


@pytest.fixture
async def stranger(cloud: Cloud, server: Server) -> AsyncIterator[Client]:
    """A client without a token, whose app has no role yet."""
    tenant = cloud.add_tenant()
    app = cloud.add_app(tenant, secret="s3cret-value")
    subscription = cloud.add_subscription(tenant, name="Contoso Production")
    tls = ssl.create_default_context(cafile=str(server.ca_bundle))
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=tls)) as http:
        yield Client(http, server, cloud, tenant, app, subscription)


@pytest.fixture
async def client(stranger: Client) -> Client:
    """A signed-in client whose app is a Reader of the subscription."""
    stranger.cloud.grant(stranger.app, stranger.subscription, "Reader")
    await stranger.sign_in()
    return stranger


@pytest.fixture
def publish(cloud: Cloud, client: Client):
    """Publish n small events, one a second up to an hour ago; answers their ids, oldest first."""

    def _publish(n: int, **fields: Any) -> list[str]:
        end = cloud.clock() - timedelta(hours=1)
        times = [(end - timedelta(seconds=n - i)).strftime("%Y-%m-%dT%H:%M:%S.%f0Z") for i in range(n)]
        events = [{"eventDataId": cloud.new_id(), "eventTimestamp": at, **fields} for at in times]
        cloud.publish(client.subscription, events)
        return [event["eventDataId"] for event in events]

    return _publish

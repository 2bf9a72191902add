"""One connector's authenticated conversation with Azure Resource Manager."""

import re
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core import AsyncPipelineClient
from azure.core.exceptions import AzureError, ClientAuthenticationError, DecodeError
from azure.core.pipeline import PipelineRequest, PipelineResponse
from azure.core.pipeline.policies import (
    AsyncBearerTokenCredentialPolicy,
    AsyncHTTPPolicy,
    AsyncRetryPolicy,
    HttpLoggingPolicy,
    RequestIdPolicy,
    SansIOHTTPPolicy,
    UserAgentPolicy,
)
from azure.core.rest import AsyncHttpResponse, HttpRequest

from app.clock import Clock
from app.errors import Abort
from app.microsoft.clouds import Cloud
from app.microsoft.pace import LONGEST_WAIT_SECONDS, Pace
from app.microsoft.problems import Caller, arm_problem, connection_problem, sign_in_problem
from app.microsoft.skew import Skew

if TYPE_CHECKING:
    from azure.identity.aio import ClientSecretCredential

# A user before the host, a backslash, a control character: read differently by different readers of addresses.
_UNUSUAL = re.compile(r"^[^/]*//[^/?#]*@|[\\\x00-\x20\x7f]")


class _PatientRetryPolicy(AsyncRetryPolicy[HttpRequest, AsyncHttpResponse]):
    """azure-core's retries (408, 429, 5xx, broken connections), for waits that a poll can sit out."""

    def is_retry(self, settings: dict[str, Any], response: Any) -> bool:
        wait = self.get_retry_after(response)
        return (wait is None or wait <= LONGEST_WAIT_SECONDS) and super().is_retry(settings, response)

    def get_retry_after(self, response: Any) -> float | None:
        try:
            return super().get_retry_after(response)
        except (ValueError, OverflowError, TypeError):
            return None  # "soon": wait as without it


class _DeclaredOriginPolicy(SansIOHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Refuses any address outside the cloud's resource manager before a token is put on it."""

    def __init__(self, origin: str) -> None:
        self._origin = origin

    def on_request(self, request: PipelineRequest[HttpRequest]) -> None:
        url = request.http_request.url
        if _UNUSUAL.search(url) or _origin(url) != _origin(self._origin):
            raise Abort(
                "foreign_link",
                f"Azure's answer names an address outside {self._origin}: {_shown(url)}.",
                "No token was sent there. If the cloud really moved, declare its resource_manager in AISOC_CLOUDS.",
            )


class _PacePolicy(AsyncHTTPPolicy[HttpRequest, AsyncHttpResponse]):
    """Takes a turn of the allowance for each try; stands after the retries, which would else take one for all."""

    def __init__(self, pace: Pace, *, background: bool) -> None:
        self._pace = pace
        self._background = background

    async def send(self, request: PipelineRequest[HttpRequest]) -> PipelineResponse[HttpRequest, AsyncHttpResponse]:
        async with self._pace.turn(background=self._background):
            answer = await self.next.send(request)
            self._pace.note(answer.http_response.status_code, answer.http_response.headers)
        return answer


class ArmSession:
    """Reads from Azure Resource Manager as one app; counts its requests."""

    def __init__(
        self, client: AsyncPipelineClient[Any, Any], cloud: Cloud, caller: Caller, clock: Clock, skew: Skew
    ) -> None:
        self._client = client
        self._clock = clock
        self._skew = skew
        self.cloud = cloud
        self.caller = caller
        self.requests = 0

    @property
    def clock_ahead(self) -> timedelta:
        """How far this machine's clock is ahead of Microsoft's, by all answers, that to the sign-in being the first."""
        return self._skew.ahead

    async def get(self, url: str) -> bytes:
        """Return the body of a 200 answer.

        url: absolute, sent byte for byte. Raises Abort or Retry with the reason, also for a URL of another origin.
        """
        self.requests += 1
        try:
            response = await self._client.send_request(HttpRequest("GET", url))
        except ClientAuthenticationError as error:
            raise sign_in_problem(error, self.caller) from error
        except AzureError as error:
            raise connection_problem(error, self.cloud.resource_manager) from error
        except zlib.error as error:
            raise connection_problem(DecodeError(str(error)), self.cloud.resource_manager) from error
        body: bytes = response.content
        if response.status_code != 200:
            raise arm_problem(response.status_code, response.headers, body, self.caller, self._clock.now())
        return body


@asynccontextmanager
async def open_arm_session(
    cloud: Cloud, caller: Caller, secret: str, clock: Clock, pace: Pace, *, background: bool = False
) -> AsyncIterator[ArmSession]:
    """Sign in and open a session; the token is for the resource manager alone.

    pace: the caller's allowance; background: whether to leave the most of it to others.
    Raises Abort or Retry when Microsoft Entra ID gives no token.
    """
    # Most commands ask Microsoft nothing, and these two are a third of a command's start.
    from azure.identity.aio import ClientSecretCredential  # noqa: PLC0415

    from app.microsoft.transport import open_transport  # noqa: PLC0415

    scope = f"{cloud.resource_manager}/.default"
    skew = Skew()
    async with open_transport(cloud, clock, skew) as transport:
        credential = ClientSecretCredential(
            caller.tenant_id,
            caller.client_id,
            secret,
            authority=cloud.authority,
            transport=transport,
            retry_total=3,
            retry_read=1,
        )
        await _sign_in(credential, scope, cloud, caller)
        turns = _PacePolicy(pace, background=background)
        client: AsyncPipelineClient[Any, Any] = AsyncPipelineClient(
            cloud.resource_manager, transport=transport, policies=_policies(cloud, credential, scope, turns)
        )
        async with client:
            yield ArmSession(client, cloud, caller, clock, skew)


def _policies(cloud: Cloud, credential: "ClientSecretCredential", scope: str, turns: _PacePolicy) -> list[Any]:
    return [
        _DeclaredOriginPolicy(cloud.resource_manager),
        RequestIdPolicy(),
        UserAgentPolicy(sdk_moniker="aisoc"),
        _PatientRetryPolicy(retry_total=5, retry_connect=2, retry_read=1, retry_status=4),
        turns,
        AsyncBearerTokenCredentialPolicy(credential, scope),
        HttpLoggingPolicy(),
    ]


async def _sign_in(credential: "ClientSecretCredential", scope: str, cloud: Cloud, caller: Caller) -> None:
    """Get the first token here: inside the pipeline a failing sign-in would be retried by both retry policies."""
    try:
        await credential.get_token_info(scope)
    except ClientAuthenticationError as error:
        raise sign_in_problem(error, caller) from error
    except AzureError as error:
        raise connection_problem(error, cloud.authority) from error


def _origin(url: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "", url, None
    return parts.scheme.lower(), (parts.hostname or "").lower(), port or 443


def _shown(url: str) -> str:
    """Return the address without its query, which may hold a cursor or whatever a stranger put there."""
    return url.split("?", 1)[0][:200]

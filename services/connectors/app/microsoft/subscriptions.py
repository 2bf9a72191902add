"""The subscriptions that an app can read."""

import msgspec

from app.connectors.base import Target
from app.errors import Retry
from app.microsoft.paging import read_pages
from app.microsoft.session import ArmSession

_API_VERSION = "2022-12-01"


class _Subscription(msgspec.Struct):
    subscriptionId: str  # noqa: N815 - the name on the wire
    displayName: str = ""  # noqa: N815
    state: str = ""


async def list_subscriptions(session: ArmSession) -> list[Target]:
    """Return the subscriptions at which the app has a role, by name. Raises Abort or Retry.

    Source: learn.microsoft.com, "Subscriptions - List" (api-version 2022-12-01).
    """
    url = f"{session.cloud.resource_manager}/subscriptions?api-version={_API_VERSION}"
    found = [_read(record) async for page in read_pages(session, url) for record in page]
    return sorted(found, key=lambda target: (target.name.lower(), target.id))


def _read(record: bytes) -> Target:
    try:
        told = msgspec.json.decode(record, type=_Subscription)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise Retry(
            "malformed_subscription",
            "Azure's list of subscriptions holds something that is none.",
            "Nothing to do but to try again. If it stays, look whether a proxy answers instead.",
        ) from error
    return Target(told.subscriptionId.lower(), told.displayName or told.subscriptionId, told.state)

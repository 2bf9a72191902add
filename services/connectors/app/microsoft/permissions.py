"""What the app may do at a subscription, beyond the reading that it needs."""

import msgspec

from app.connectors.base import Finding
from app.errors import AisocError
from app.microsoft.session import ArmSession

_API_VERSION = "2022-04-01"


class _Permission(msgspec.Struct):
    actions: list[str] = []


class _Permissions(msgspec.Struct):
    value: list[_Permission] = []


async def review_permissions(session: ArmSession, scope_url: str) -> Finding:
    """Warn when the app holds more than Reader at a scope, and when that cannot be told.

    Source: learn.microsoft.com, "Permissions - List For Resource Group"; at subscription scope it is unverified, so
    any refusal means "cannot tell".
    """
    url = f"{scope_url}/providers/Microsoft.Authorization/permissions?api-version={_API_VERSION}"
    try:
        answer = msgspec.json.decode(await session.get(url), type=_Permissions)
    except (AisocError, msgspec.MsgspecError):
        return _cannot_tell("Azure did not say what the app may do")
    actions = sorted({action for permission in answer.value for action in permission.actions})
    if not actions:
        return _cannot_tell("Azure named no permission of the app")
    more = [action for action in actions if not action.lower().endswith("/read")]
    if not more:
        return Finding("ok", "read_only", "The app may only read at this subscription.")
    shown = ", ".join(more[:3]) + (f" and {len(more) - 3} more" if len(more) > 3 else "")
    return Finding(
        "warning",
        "more_than_reader",
        f"The app may do more than read at this subscription: {shown}.",
        "Reader is enough. Remove its other roles in Access control (IAM), so that a leaked secret can change nothing.",
    )


def _cannot_tell(reason: str) -> Finding:
    return Finding(
        "warning",
        "permissions_unknown",
        f"Whether the app may do more than read cannot be told: {reason}.",
        "Look in the subscription's Access control (IAM) that the app holds Reader and nothing else.",
    )

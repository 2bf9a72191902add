"""An Activity Log record in one vocabulary, whichever of its three shapes it came in.

REST: learn.microsoft.com "Activity Logs - List". Exported record: "Azure activity log event schema", section on
storage and event hubs. Log Analytics row: table "AzureActivity". None of the schemas is enforced by Microsoft, so
every field may be missing, null or of another type, and none of that raises.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import msgspec

from app.errors import Skip
from app.events.claims import Claims, claims_of, read_claims
from app.events.event import Outcome
from app.events.fields import as_object, decoded, mended, optional_time, read_time, text

# .NET ticks: 100 ns since year 1, as the last part of an event's id.
_EPOCH_TICKS = 621_355_968_000_000_000
# Exports of before 2018 name the verb where later ones name the category.
_OLD_CATEGORIES = frozenset({"write", "delete", "action"})
# The names of .NET and of RFC 9110 for an HTTP status, and its number: "notfound", "404".
_HTTP_OUTCOMES: dict[str, Outcome] = {
    spelled: "success" if status < HTTPStatus.MULTIPLE_CHOICES else "failure"
    for name, status in HTTPStatus.__members__.items()
    if HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES or status >= HTTPStatus.BAD_REQUEST
    for spelled in (name.replace("_", "").lower(), status.phrase.replace(" ", "").lower(), str(status.value))
}
# The words of all shapes, without blanks. Active, Resolved and Updated are states of an incident, no outcomes.
_OUTCOMES: dict[str, Outcome] = _HTTP_OUTCOMES | {
    "succeeded": "success",
    "success": "success",
    "failed": "failure",
    "failure": "failure",
    "error": "failure",
    "canceled": "failure",
    "cancelled": "failure",
    "aborted": "failure",
    "denied": "failure",
    "rejected": "failure",
    "timedout": "failure",
    "timeout": "failure",
    "started": "in_progress",
    "start": "in_progress",
    "accepted": "in_progress",
    "accept": "in_progress",
    "202": "in_progress",
    "inprogress": "in_progress",
}
_LEVELS = {"1": "Critical", "2": "Error", "3": "Warning", "4": "Informational", "5": "Informational"}


class _Record(msgspec.Struct, gc=False, rename={"underscore_resource_id": "_ResourceId"}):
    """The keys of all three shapes; what is not named here is skipped while decoding."""

    # REST and exported
    eventTimestamp: Any = None
    submissionTimestamp: Any = None
    id: Any = None
    eventDataId: Any = None
    caller: Any = None
    category: Any = None
    operationName: Any = None
    status: Any = None
    subStatus: Any = None
    level: Any = None
    claims: msgspec.Raw = msgspec.Raw()
    authorization: msgspec.Raw = msgspec.Raw()
    httpRequest: Any = None
    resourceId: Any = None
    resourceType: Any = None
    resourceGroupName: Any = None
    subscriptionId: Any = None
    tenantId: Any = None
    correlationId: Any = None
    operationId: Any = None
    description: Any = None
    properties: msgspec.Raw = msgspec.Raw()
    # exported only
    time: Any = None
    resultType: Any = None
    resultSignature: Any = None
    resultDescription: Any = None
    callerIpAddress: Any = None
    identity: Any = None
    Level: Any = None
    # Log Analytics
    TimeGenerated: Any = None
    EventSubmissionTimestamp: Any = None
    EventDataId: Any = None
    OperationNameValue: Any = None
    OperationName: Any = None
    ActivityStatusValue: Any = None
    ActivityStatus: Any = None
    ActivitySubstatusValue: Any = None
    CategoryValue: Any = None
    Category: Any = None
    Caller: Any = None
    CallerIpAddress: Any = None
    Claims: msgspec.Raw = msgspec.Raw()
    Authorization: Any = None
    HTTPRequest: Any = None
    underscore_resource_id: Any = None
    ResourceId: Any = None
    ResourceGroup: Any = None
    SubscriptionId: Any = None
    CorrelationId: Any = None
    OperationId: Any = None
    Properties: msgspec.Raw = msgspec.Raw()


class Activity(msgspec.Struct, kw_only=True, gc=False):
    """One record's facts. `authorization` and `properties` are decoded when called: most records need neither."""

    time: datetime
    available: datetime | None
    id: str | None
    category: str | None
    operation: str | None
    label: str | None
    status: str | None
    level: str | None
    caller: str | None
    claims: Claims
    authorization: Callable[[], dict[str, Any]]
    client_ip: str | None
    resource_id: str | None
    resource_type: str | None
    resource_group: str | None
    subscription_id: str | None
    tenant_id: str | None
    correlation_id: str | None
    operation_id: str | None
    description: str | None
    properties: Callable[[], dict[str, Any]]


_decoder = msgspec.json.Decoder(_Record)


def read_activity(raw: bytes) -> Activity:
    """Read one record. Raises Skip when it is no JSON object, has no time, or is no Activity Log record."""
    try:
        record = _record(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Skip("not_a_record", f"The record is not a JSON object that can be read: {error}.") from error
    if record.eventTimestamp is not None:
        activity = _from_rest(record)
    elif record.time is not None:
        activity = _from_export(record)
    elif record.TimeGenerated is not None:
        activity = _from_log_analytics(record)
    else:
        raise Skip("no_event_time", "The record has none of the times eventTimestamp, time and TimeGenerated.")
    if not (activity.operation or activity.resource_id or activity.category or activity.id):
        raise Skip("not_activity_log", "The record names no operation, resource, category or id.")
    return activity


def _record(raw: bytes) -> _Record:
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decoder.decode(mended(raw))


def _from_rest(record: _Record) -> Activity:
    event_id = text(record.id)
    scope = text(record.resourceId) or text(decoded(record.authorization).get("scope"))
    return Activity(
        time=read_time(record.eventTimestamp),
        available=optional_time(record.submissionTimestamp),
        id=event_id,
        category=_category(record.category),
        operation=text(record.operationName),
        label=_label(record.operationName),
        status=text(record.status) or text(record.subStatus),
        level=_level(record.level),
        caller=text(record.caller),
        claims=read_claims(bytes(record.claims)),
        authorization=lambda: decoded(record.authorization),
        client_ip=text(as_object(record.httpRequest).get("clientIpAddress")),
        resource_id=scope or _owner(event_id),
        resource_type=text(record.resourceType),
        resource_group=text(record.resourceGroupName),
        subscription_id=text(record.subscriptionId),
        tenant_id=text(record.tenantId),
        correlation_id=text(record.correlationId),
        operation_id=text(record.operationId),
        description=text(record.description),
        properties=lambda: decoded(record.properties),
    )


def _from_export(record: _Record) -> Activity:
    identity = as_object(record.identity)
    authorization = as_object(identity.get("authorization"))
    category = _category(record.category)
    if category is None or category.lower() in _OLD_CATEGORIES:
        category = _category(decoded(record.properties).get("eventCategory")) or (
            "Administrative" if category else None
        )
    return Activity(
        time=read_time(record.time),
        available=None,
        id=text(record.id),
        category=category,
        operation=text(record.operationName),
        label=_same_but_cased(text(record.operationName), text(authorization.get("action"))),
        status=text(record.resultType) or _head(text(record.resultSignature)),
        level=_level(record.level) or _level(record.Level),
        caller=text(record.caller),
        claims=claims_of(as_object(identity.get("claims"))),
        authorization=lambda: authorization,
        client_ip=text(record.callerIpAddress),
        resource_id=_well_spelled(text(record.resourceId), authorization, record.properties),
        resource_type=None,
        resource_group=None,
        subscription_id=text(record.subscriptionId),
        tenant_id=text(record.tenantId),
        correlation_id=text(record.correlationId),
        operation_id=text(record.operationId),
        description=text(record.resultDescription),
        properties=lambda: decoded(record.properties),
    )


def _from_log_analytics(record: _Record) -> Activity:
    authorization = as_object(record.Authorization)
    resource_id = text(record.underscore_resource_id) or text(record.ResourceId) or text(authorization.get("scope"))
    return Activity(
        time=read_time(record.TimeGenerated),
        available=optional_time(record.EventSubmissionTimestamp),
        id=_rest_id(resource_id, text(record.EventDataId), record.TimeGenerated),
        category=_category(record.CategoryValue) or _category(record.Category),
        operation=text(record.OperationNameValue) or text(record.OperationName),
        label=text(record.OperationName),
        status=text(record.ActivityStatusValue) or text(record.ActivityStatus) or text(record.ActivitySubstatusValue),
        level=_level(record.Level),
        caller=text(record.Caller),
        claims=read_claims(bytes(record.Claims)),
        authorization=lambda: authorization,
        client_ip=text(record.CallerIpAddress) or text(as_object(record.HTTPRequest).get("clientIpAddress")),
        resource_id=_same_but_cased(resource_id, text(authorization.get("scope"))),
        resource_type=None,
        resource_group=text(record.ResourceGroup),
        subscription_id=text(record.SubscriptionId),
        # A row's TenantId is the workspace's id, not an Entra tenant's (column list of the AzureActivity table).
        tenant_id=None,
        correlation_id=text(record.CorrelationId),
        operation_id=text(record.OperationId),
        description=None,
        properties=lambda: decoded(record.Properties),
    )


@lru_cache(maxsize=1024)
def outcome_of(status: str | None) -> Outcome:
    """Return what a status means by its head ("Failed" of "Failed.NotFound"), letter case and blanks ignored."""
    head = (status or "").partition(".")[0]
    return _OUTCOMES.get("".join(head.split()).lower(), "unknown")


def _category(value: Any) -> str | None:
    """Return a category in the one spelling that has no blanks: ServiceHealth, also of "Service Health"."""
    return "".join((text(value) or "").split()) or None


def _level(value: Any) -> str | None:
    """Return a level's word, also of its number or its digits."""
    told = text(value)
    return _LEVELS.get(told.removesuffix(".0"), told) if told else None


def _label(operation: Any) -> str | None:
    return text(operation.get("localizedValue")) if isinstance(operation, dict) else None


def _owner(event_id: str | None) -> str | None:
    """Return the resource part of `{resource}/events/{eventDataId}/ticks/{n}`."""
    head, found, _ = (event_id or "").rpartition("/events/")
    return head if found and head else None


def _head(signature: str | None) -> str | None:
    """Return "Failed" of "Failed.NotFound"."""
    return signature.split(".", 1)[0] if signature else None


def _well_spelled(resource_id: str | None, authorization: dict[str, Any], properties: msgspec.Raw) -> str | None:
    """Return the resource's id as people spell it: exports shout it, the authorization's scope or `entity` does not."""
    spelled = _same_but_cased(resource_id, text(authorization.get("scope")))
    if resource_id is None or spelled is not resource_id or not resource_id.isupper():
        return spelled
    return _same_but_cased(resource_id, text(decoded(properties).get("entity")))


def _same_but_cased(resource_id: str | None, other: str | None) -> str | None:
    same = resource_id is not None and other is not None and other.lower() == resource_id.lower()
    return other if same else resource_id


def _rest_id(resource_id: str | None, event_data_id: str | None, time: Any) -> str | None:
    """Build the id that the REST shape gives the same event, so that a row and a polled event are stored once."""
    if event_data_id is None:
        return None
    if resource_id is None:
        return event_data_id
    return text(f"{resource_id}/events/{event_data_id}/ticks/{_ticks(str(time))}")


def _ticks(time: str) -> int:
    moment = read_time(time)
    fraction = time.partition(".")[2]
    digits = fraction[: len(fraction) - len(fraction.lstrip("0123456789"))]
    whole = int((moment.replace(microsecond=0) - datetime.fromtimestamp(0, UTC)).total_seconds())
    return _EPOCH_TICKS + whole * 10_000_000 + int(digits[:7].ljust(7, "0"))

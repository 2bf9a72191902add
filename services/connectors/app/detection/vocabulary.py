"""Field names: the REST, exported-record and Log Analytics vocabularies on every event, whichever shape it came in.

Sources: "Activity Logs - List" (REST), "Azure activity log event schema" (exports, with its table of REST names), and
the columns of the table AzureActivity. A rule may use any of their names; letter case is ignored.
"""

from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from app.clock import iso
from app.detection.paths import find, opened
from app.events.event import Event
from app.events.fields import text

if TYPE_CHECKING:
    from app.detection.record import Record

Reader = Callable[["Record"], list[Any]]

OPERATION_FIELDS = frozenset({"operationname", "operationnamevalue", "operationname.value", "aisoc.operation"})
CATEGORY_FIELDS = frozenset({"category", "categoryvalue", "category.value", "aisoc.activity_category"})
EVENT_TYPE_FIELD = "aisoc.event_type"
STATUS_FIELDS = frozenset({"status", "status.value", "resulttype", "activitystatusvalue", "activitystatus"})
LEVEL_FIELDS = frozenset({"level", "level.value"})
OWN = "aisoc."
REQUEST = "aisoc.request"
# The facts that need no request.
_EVENT_FACTS = frozenset({"scope", "scope_level", "src_country"})

# What the shapes call one and the same status, and one and the same level.
_SAME = {
    word.lower(): words
    for words in (
        ("Succeeded", "Success"),
        ("Started", "Start"),
        ("Failed", "Failure"),
        ("Accepted", "Accept"),
        ("Informational", "Information"),
    )
    for word in words
}
_LOCALIZED = {"value", "localizedValue"}
_LEVELS = {"1": "Critical", "2": "Error", "3": "Warning", "4": "Informational", "5": "Verbose"}


@lru_cache(maxsize=8192)
def reader_of(field: str) -> Reader:
    """Return what reads a field of a record: its values as they come, perhaps null or lists, [] where there is none."""
    name = field.lower()
    if name in _NAMED:
        return _NAMED[name]
    if name.startswith(OWN):
        return _own(name)
    for prefix, read in _PREFIXES.items():
        if name.startswith(f"{prefix}."):
            return read(name[len(prefix) + 1 :])
    return _plainly(field)


def known_field(field: str) -> bool:
    """Tell whether a field is there to be read: of ours, which begin with `aisoc.`, a wrong one would never match."""
    from app.detection.facts import REQUEST_FACTS  # noqa: PLC0415 - facts are derived from events, not from fields

    name = field.lower()
    own = name.removeprefix(OWN)
    if name in (own, REQUEST) or name.startswith(f"{REQUEST}."):
        return True
    return own in Event.__struct_fields__ or own in REQUEST_FACTS or own in _EVENT_FACTS


def reads_request(field: str) -> bool:
    """Tell whether a field is part of the operation's request body, or derived from it."""
    from app.detection.facts import REQUEST_FACTS  # noqa: PLC0415 - facts are derived from events, not from fields

    name = field.lower()
    if not name.startswith(OWN):
        return False
    return name == REQUEST or name.startswith(f"{REQUEST}.") or name.removeprefix(OWN) in REQUEST_FACTS


def _own(name: str) -> Reader:
    """Read `aisoc.request.<path>`, a fact (`aisoc.role`), or a field of the normalized event (`aisoc.actor`)."""
    if name == REQUEST:
        return lambda record: [] if record.request is None else [dict(record.request)]
    if name.startswith(f"{REQUEST}."):
        path = name[len(REQUEST) + 1 :]
        return lambda record: find(record.request, path)
    fact = name[len(OWN) :]
    if fact in Event.__struct_fields__:
        return _of_event(fact)
    return lambda record: [record.facts.get(fact)]


def _plain(value: Any) -> list[Any]:
    """Return a field of the event as JSON would hold it."""
    if value.__class__ is str:
        return [value]
    if hasattr(value, "astimezone"):
        return [iso(value)]
    return [] if value is None else [str(value)]


def _of_event(attribute: str) -> Reader:
    return lambda record: _plain(getattr(record.event, attribute))


def _anywhere(*paths: str) -> Reader:
    """Read the first of several places that holds anything; of `{"value", "localizedValue"}` the value."""

    def read(record: "Record") -> list[Any]:
        for path in paths:
            if found := [value for value in find(record.document, path) if value is not None]:
                return [_unwrapped(value) for value in found]
        return []

    return read


def _plainly(path: str) -> Reader:
    """Read what no vocabulary names: a path into the document."""
    return lambda record: [_unwrapped(value) for value in find(record.document, path)]


def _unwrapped(value: Any) -> Any:
    """Return the value of REST's `{"value", "localizedValue"}`; anything else as it is."""
    return text(value) if value.__class__ is dict and "value" in value and value.keys() <= _LOCALIZED else value


def _either(*readers: Reader) -> Reader:
    """Read the first that gives anything."""
    return lambda record: next((found for read in readers if (found := read(record))), [])


def _all_words(words: Iterable[Any]) -> list[Any]:
    """Return words of a status or level together with what the other shapes call the same."""
    told: dict[Any, None] = {}
    for word in words:
        plain = str(word).rstrip(".")
        for spelled in (plain, *_SAME.get(plain.lower(), ())):
            told.setdefault(spelled)
    return list(told)


def _status(record: "Record") -> list[Any]:
    """Read the status in the words of all shapes: of Failed.NotFound also Failed and Failure."""
    status = record.event.status
    if status is None:
        return []
    head = status.partition(".")[0]
    return _all_words((status,) if head == status else (status, head))


def _level(record: "Record") -> list[Any]:
    told = [text(value) for value in find(record.document, "level")]
    return _all_words(_LEVELS.get(word.removesuffix(".0"), word) for word in told if word)


_signature_as_written = _anywhere("resultSignature")
_substatus_as_written = _anywhere("subStatus", "ActivitySubstatusValue", "ActivitySubstatus")


def _signature(record: "Record") -> list[Any]:
    """Read an export's resultSignature (Succeeded.Created); of the other shapes, status and substatus make it."""
    if found := _signature_as_written(record):
        return found
    parts = [part for part in (record.event.status, *_substatus_as_written(record)) if part]
    return [".".join(str(part).partition(".")[0] for part in parts)] if parts else []


def _substatus(record: "Record") -> list[Any]:
    if found := _substatus_as_written(record):
        return found
    tails = [str(value).partition(".")[2] for value in _signature_as_written(record)]
    return [tail for tail in tails if tail]


def _provider(record: "Record") -> list[Any]:
    """Read the resource provider; exports do not name it, but the operation begins with it."""
    if found := _provider_as_written(record):
        return found
    head, found_slash, _ = (record.event.operation or "").partition("/")
    return [head] if found_slash and "." in head else []


_provider_as_written = _anywhere("resourceProviderName", "ResourceProviderValue", "ResourceProvider")


def _event_data_id(record: "Record") -> list[Any]:
    if found := find(record.document, "eventDataId"):
        return found
    _, found_mark, rest = (record.event.external_id or "").partition("/events/")
    return [rest.partition("/")[0]] if found_mark else []


def _within(*roots: str) -> Callable[[str], Reader]:
    """Read a path below one object that stands in different places of the shapes."""

    def reader(path: str) -> Reader:
        return lambda record: [found for root in roots for found in find(record.document, f"{root}.{path}")]

    return reader


_CLAIMS = ("claims", "identity.claims", "claims_d")
_AUTHORIZATION = ("authorization", "identity.authorization", "authorization_d")


def _claim(name: str) -> Reader:
    """Read a claim by its whole name (a URI) or by the last part of that: upn, objectidentifier."""

    def read(record: "Record") -> list[Any]:
        objects = [opened(held) for root in _CLAIMS for held in find(record.document, root)]
        return [
            value
            for claims in objects
            if claims.__class__ is dict
            for key, value in claims.items()
            if (low := key.lower()) == name or low.rpartition("/")[2] == name
        ]

    return read


_operation = _of_event("operation")
_category = _of_event("activity_category")
_time = _either(_anywhere("eventTimestamp", "time", "TimeGenerated"), _of_event("event_time"))
_submitted = _either(_anywhere("submissionTimestamp", "EventSubmissionTimestamp"), _of_event("available_time"))

_NAMED: dict[str, Reader] = {
    **dict.fromkeys(OPERATION_FIELDS, _operation),
    **dict.fromkeys(CATEGORY_FIELDS, _category),
    **dict.fromkeys(STATUS_FIELDS, _status),
    **dict.fromkeys(("substatus", "substatus.value", "activitysubstatusvalue", "activitysubstatus"), _substatus),
    "resultsignature": _signature,
    **dict.fromkeys(
        ("resourceprovidervalue", "resourceprovidername", "resourceprovidername.value", "resourceprovider"), _provider
    ),
    **dict.fromkeys(("resourceid", "_resourceid", "resourceuri"), _of_event("resource_id")),
    **dict.fromkeys(("resourcetype", "resourcetype.value", "resourcetypevalue"), _of_event("resource_type")),
    **dict.fromkeys(("resourcegroup", "resourcegroupname"), _of_event("resource_group")),
    "subscriptionid": _of_event("subscription_id"),
    "tenantid": _of_event("tenant_id"),
    "correlationid": _of_event("correlation_id"),
    "operationid": _of_event("operation_id"),
    "caller": _of_event("actor"),
    **dict.fromkeys(("calleripaddress", "clientipaddress", "httprequest.clientipaddress"), _of_event("src_ip")),
    **dict.fromkeys(LEVEL_FIELDS, _level),
    **dict.fromkeys(("eventtimestamp", "time", "timegenerated"), _time),
    **dict.fromkeys(("submissiontimestamp", "eventsubmissiontimestamp"), _submitted),
    "eventdataid": _event_data_id,
    **dict.fromkeys(("description", "resultdescription"), _anywhere("description", "resultDescription")),
    **dict.fromkeys(("claims", "identity.claims"), _anywhere(*_CLAIMS)),
    **dict.fromkeys(("authorization", "identity.authorization"), _anywhere(*_AUTHORIZATION)),
    "properties": _anywhere("properties", "properties_d"),
}
_PREFIXES: dict[str, Callable[[str], Reader]] = {
    "claims": _claim,
    "identity.claims": _claim,
    "authorization": _within(*_AUTHORIZATION),
    "identity.authorization": _within(*_AUTHORIZATION),
    "properties": _within("properties", "properties_d"),
}

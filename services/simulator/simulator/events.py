"""Builds Activity Log events in the REST shape: one operation is two or three of them.

Source: the REST reference "Activity Logs - List" and "Azure Activity Log event schema". Begin and end share operationId
and correlationId; the request body is in the Started event only, the outcome in the last one. Times have 7 decimals,
`id` is the resource's path with `/events/{eventDataId}/ticks/{ticks of the event time}`.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Any

from simulator import ticks
from simulator.cast import Actor, Cast, cast, claims, new_id
from simulator.operation_names import localized

Event = dict[str, Any]
Lag = Callable[[Random], float]
"""Draws the seconds from an event to the time when it can be read."""

_METHODS = {"write": "PUT", "delete": "DELETE", "read": "GET"}
_OUTCOMES = {
    "Started": ("BeginRequest", "Begin request", ""),
    "Accepted": ("EndRequest", "End request", "Accepted"),
    "Succeeded": ("EndRequest", "End request", "OK"),
    "Failed": ("EndRequest", "End request", "Forbidden"),
}
_CODES = {"OK": 200, "Created": 201, "Accepted": 202, "Forbidden": 403, "Conflict": 409, "NotFound": 404}
_LONG_AGO = 62_135_596_800


def usual_lag(rng: Random) -> float:
    """Azure's lag: mostly a minute at most, for one event in seven 3 to 20 minutes."""
    return rng.uniform(180, 1_200) if rng.random() < 0.15 else rng.uniform(10, 60)


@dataclass(frozen=True)
class Operation:
    """What is done to what: `name` is Azure's operation, `resource` its path below the subscription ("" for itself)."""

    name: str
    resource: str
    body: Mapping[str, Any] | None = None
    outcome: str = "Succeeded"
    accepted: bool = False
    code: str | None = None
    """HTTP status word of the outcome; None is OK or Forbidden."""


class EventFactory:
    """Makes the events of one subscription; all that varies comes from `rng`."""

    def __init__(self, rng: Random, tenant: str, subscription: str, lag: Lag = usual_lag) -> None:
        self.rng, self.tenant, self.subscription, self.lag = rng, tenant, subscription, lag
        self.cast: Cast = cast(rng)

    def operation(self, at: datetime, what: Operation, actor: Actor, correlation: str | None = None) -> list[Event]:
        """Make the two or three events of an operation that begins at `at`, in order of time."""
        steps = ["Started", "Accepted", what.outcome] if what.accepted else ["Started", what.outcome]
        shared = new_id(self.rng), correlation or new_id(self.rng), new_id(self.rng)
        begun, events = self.moment(at), []
        for step in steps:
            events.append(self._step(begun, step, what, actor, shared))
            begun += int(self.rng.uniform(0.2, 4.0) * ticks.SECOND)
        return events

    def event(self, at: int, name: str, resource: str, category: str, **fields: Any) -> Event:
        """Make what every event has, at `at` in ticks; `fields` replace or add."""
        path = self.path(resource)
        event_id = new_id(self.rng)
        provider, kind = _provider(resource), _type(resource)
        return {
            "channels": "Operation",
            "correlationId": new_id(self.rng),
            "description": "",
            "eventDataId": event_id,
            "eventName": {"value": "", "localizedValue": ""},
            "category": {"value": category, "localizedValue": _spaced(category)},
            "eventTimestamp": ticks.to_iso(at),
            "id": f"{path}/events/{event_id}/ticks/{at}",
            "level": "Informational",
            "operationId": "",
            "operationName": {"value": name, "localizedValue": localized(name)},
            "resourceGroupName": _group(resource),
            "resourceProviderName": {"value": provider, "localizedValue": provider},
            "resourceType": {"value": kind, "localizedValue": kind},
            "resourceId": path,
            "status": {"value": "Succeeded", "localizedValue": "Succeeded"},
            "subStatus": {"value": "", "localizedValue": ""},
            "submissionTimestamp": ticks.to_iso(at + int(self.lag(self.rng) * ticks.SECOND)),
            "subscriptionId": self.subscription,
            "tenantId": self.tenant,
            "properties": {},
            "relatedEvents": [],
        } | fields

    def moment(self, at: datetime) -> int:
        """Ticks of a time, with the seventh decimal that a datetime lacks."""
        return ticks.from_datetime(at) + self.rng.randrange(10)

    def path(self, resource: str) -> str:
        return f"/subscriptions/{self.subscription}" + (f"/{resource}" if resource else "")

    def _step(self, at: int, step: str, what: Operation, actor: Actor, shared: tuple[str, str, str]) -> Event:
        operation_id, correlation_id, request_id = shared
        name, label, usual = _OUTCOMES[step]
        code = what.code if what.code and step == what.outcome else usual
        return self.event(
            at,
            what.name,
            what.resource,
            "Administrative",
            authorization=self._authorization(what, actor),
            caller=actor.caller,
            claims=claims(actor, self.tenant, at // ticks.SECOND - _LONG_AGO - self.rng.randrange(60, 3_000)),
            correlationId=correlation_id,
            operationId=operation_id,
            eventName={"value": name, "localizedValue": label},
            httpRequest={
                "clientRequestId": request_id,
                "clientIpAddress": actor.ip,
                "method": _METHODS.get(what.name.rpartition("/")[2].lower(), "POST"),
            },
            level="Error" if step == "Failed" else "Informational",
            status={"value": step, "localizedValue": step},
            subStatus={"value": code, "localizedValue": f"{code} (HTTP Status Code: {_CODES[code]})" if code else ""},
            properties=self._properties(step, code, what, actor),
        )

    def _authorization(self, what: Operation, actor: Actor) -> Event:
        evidence = {
            "role": actor.role,
            "roleAssignmentScope": self.path(""),
            "roleAssignmentId": actor.object_id[::-1].replace("-", ""),
            "roleDefinitionId": actor.role_id.replace("-", ""),
            "principalId": actor.object_id.replace("-", ""),
            "principalType": actor.principal_type,
        }
        return {"action": what.name, "scope": self.path(what.resource), "evidence": evidence}

    def _properties(self, step: str, code: str, what: Operation, actor: Actor) -> dict[str, str]:
        properties = {
            "eventCategory": "Administrative",
            "entity": self.path(what.resource),
            "message": what.name,
            "hierarchy": f"{self.tenant}/{self.subscription}",
        }
        if step == "Started" and what.body is not None:
            properties["requestbody"] = json.dumps(what.body, separators=(",", ":"))
        if code:
            properties |= {"statusCode": code, "serviceRequestId": new_id(self.rng)}
        if step == "Failed":
            properties["statusMessage"] = self._denial(what, actor)
        return properties

    def _denial(self, what: Operation, actor: Actor) -> str:
        message = (
            f"The client '{actor.caller}' with object id '{actor.object_id}' does not have authorization to perform "
            f"action '{what.name}' over scope '{self.path(what.resource)}' or the scope is invalid."
        )
        return json.dumps({"error": {"code": "AuthorizationFailed", "message": message}}, separators=(",", ":"))


def _group(resource: str) -> str:
    parts = resource.split("/")
    return parts[1] if parts[0].lower() == "resourcegroups" and len(parts) > 1 else ""


def _provider(resource: str) -> str:
    """Find the last provider in a path: a role assignment on a resource is Microsoft.Authorization's."""
    below = resource.rpartition("providers/")[2] if "providers/" in resource else "Microsoft.Resources"
    return below.split("/")[0]


def _type(resource: str) -> str:
    if "providers/" not in resource:
        kind = "resourceGroups" if resource else "subscriptions"
        return f"Microsoft.Resources/subscriptions/{kind}" if resource else f"Microsoft.Resources/{kind}"
    provider, *rest = resource.rpartition("providers/")[2].split("/")
    return "/".join((provider, *rest[::2]))


def _spaced(category: str) -> str:
    return {"ServiceHealth": "Service Health", "ResourceHealth": "Resource Health"}.get(category, category)

"""Azure Activity Log of one subscription: every control-plane event, read from Azure Resource Manager."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from urllib.parse import quote
from uuid import UUID

import msgspec
from pydantic import ConfigDict, Field

from app.clock import iso
from app.connectors.base import CollectionConfig, Context, Finding, Stream, Target, Window
from app.connectors.field_types import Day, Guid, Secret, Whole
from app.errors import AisocError
from app.events.activity import Activity, outcome_of, read_activity
from app.events.actors import identify_actor
from app.events.event import Event, Outcome, Severity
from app.events.fields import as_object, text
from app.microsoft.arm import parse_resource_id
from app.microsoft.paging import read_pages
from app.microsoft.permissions import review_permissions
from app.microsoft.problems import Caller
from app.microsoft.session import ArmSession, open_arm_session
from app.microsoft.subscriptions import list_subscriptions

SOURCE = "azure_activity"
_API_VERSION = "2015-04-01"
_LONGEST_ID = 2048
_LONGEST_TITLE = 300
_EXPIRY_WARNING = timedelta(days=30)
_CLOCK_WARNING = timedelta(seconds=60)


class BlastRadius(NamedTuple):
    """An operation that matters by itself. A pattern that begins with `*/` matches any operation ending as it does."""

    pattern: str
    severity: Severity
    reason: str


# Lower case, without a final "/action". A further operation belongs in a detection rule, not here.
_HIGH_BLAST_RADIUS_VERBS: tuple[BlastRadius, ...] = (
    BlastRadius("microsoft.authorization/roleassignments/write", Severity.HIGH, "grants a role (ATT&CK T1098.003)"),
    BlastRadius("microsoft.authorization/roledefinitions/write", Severity.HIGH, "changes what a role may do"),
    BlastRadius("*/policyassignments/delete", Severity.HIGH, "removes a policy assignment"),
    BlastRadius("*/firewallrules/delete", Severity.HIGH, "removes a firewall rule"),
    BlastRadius("*/networksecuritygroups/delete", Severity.HIGH, "removes a network security group"),
    BlastRadius("*/networksecuritygroups/securityrules/delete", Severity.HIGH, "removes a network security rule"),
    # "keyVaults" of the portal is the ARM type Microsoft.KeyVault/vaults.
    BlastRadius("microsoft.keyvault/vaults/delete", Severity.HIGH, "removes a key vault"),
    BlastRadius("*/virtualmachines/deallocate", Severity.MEDIUM, "stops a virtual machine in active use"),
    BlastRadius("*/virtualmachines/poweroff", Severity.MEDIUM, "stops a virtual machine in active use"),
    BlastRadius("*/virtualmachinescalesets/deallocate", Severity.MEDIUM, "stops instances of a scale set"),
    BlastRadius("*/virtualmachinescalesets/poweroff", Severity.MEDIUM, "stops instances of a scale set"),
)
_WRITES = ("/write", "/delete", "/action")
_ALARMING_CATEGORIES = frozenset({"servicehealth", "resourcehealth", "security", "alert"})
_ALARMING_LEVELS = frozenset({"error", "critical"})


class ActivityConfig(CollectionConfig):
    """What a connector of this type is given."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    tenant_id: Guid = Field(title="Tenant ID", description="Directory (tenant) ID of the app registration, a GUID.")
    client_id: Guid = Field(title="Client ID", description="Application (client) ID of the app registration, a GUID.")
    client_secret: Secret = Field(title="Client secret", description="The secret's Value (not its Secret ID).")
    subscription_id: Guid = Field(title="Subscription ID", description="The subscription to watch, a GUID.")
    cloud: str = Field(
        "AzureCloud",
        title="Cloud",
        description="AzureCloud, AzureUSGovernment, AzureChinaCloud or one that AISOC_CLOUDS declares.",
    )
    poll_interval_seconds: Whole = Field(
        300, ge=30, le=86_400, title="Poll interval", description="Seconds between polls, 30 to 86,400."
    )
    client_secret_expires_on: Day | None = Field(
        None,
        title="Secret expires on",
        description="The date beside the secret (YYYY-MM-DD); the connection test warns 30 days before.",
    )
    initial_lookback_hours: Whole = Field(
        24,
        ge=0,
        le=2160,
        title="Initial lookback",
        description="Hours that the first poll reads back, 0 to 2,160 (90 days).",
    )
    overlap_seconds: Whole = Field(
        300,
        ge=0,
        le=86_400,
        title="Overlap",
        description="Seconds before the checkpoint that each poll reads again, for late events.",
    )
    sweep_minutes: Whole = Field(
        60,
        ge=0,
        le=1440,
        title="Sweep",
        description="Minutes that a poll reads again every ten minutes; 0 turns sweep and daily audit off.",
    )


@dataclass
class _Session:
    config: ActivityConfig
    arm: ArmSession
    clock_now: datetime

    @property
    def requests(self) -> int:
        return self.arm.requests

    @property
    def clock_ahead(self) -> timedelta:
        return self.arm.clock_ahead

    @property
    def subscription_url(self) -> str:
        return f"{self.arm.cloud.resource_manager}/subscriptions/{self.config.subscription_id}"

    def events_url(self, window: Window) -> str:
        condition = f"eventTimestamp ge '{iso(window.since)}' and eventTimestamp le '{iso(window.until)}'"
        return (
            f"{self.subscription_url}/providers/Microsoft.Insights/eventtypes/management/values"
            f"?api-version={_API_VERSION}&$filter={quote(condition, safe=chr(39) + ':')}"
        )


class AzureActivity:
    """The connector. Endpoint and filter: learn.microsoft.com, "Activity Logs - List" (api-version 2015-04-01)."""

    id = SOURCE
    name = "Azure Activity Logs"
    category = "cloud"
    docs = "docs/connectors/azure-activity.md"
    target_fields = ("subscription_id", "cloud")
    # learn.microsoft.com, "Understand how Azure Resource Manager throttles requests": by subscription and principal.
    allowance_fields = ("cloud", "subscription_id", "client_id")
    # Readable 3 to 20 minutes after the event, kept for 90 days: learn.microsoft.com, "Azure Monitor activity log".
    streams = (Stream("activity", retention=timedelta(days=90), latency=timedelta(minutes=20)),)
    Config = ActivityConfig

    @asynccontextmanager
    async def connect(self, config: ActivityConfig, context: Context) -> AsyncIterator[_Session]:
        """Sign in for Azure Resource Manager."""
        cloud = context.clouds.get(config.cloud)
        caller = Caller(config.tenant_id, config.client_id, config.subscription_id)
        secret = config.client_secret.get_secret_value()
        pace = context.paces.of(cloud.resource_manager, caller)
        async with open_arm_session(cloud, caller, secret, context.clock, pace, background=context.background) as arm:
            yield _Session(config, arm, context.clock.now())

    async def test(self, session: _Session) -> AsyncIterator[Finding]:
        """Ask for at most one entry of the last day, then review permissions, the secret's date and the clock."""
        now = session.clock_now
        url = session.events_url(Window(now - timedelta(days=1), now)) + "&$top=1"
        try:
            page = await anext(read_pages(session.arm, url))
        except AisocError as error:
            yield Finding.of(error)
        else:
            seen = "an entry of the last 24 hours came back" if page else "the first page of the last 24 hours is empty"
            yield Finding("ok", "activity_log_readable", f"The Activity Log can be read: {seen}.")
            yield await review_permissions(session.arm, session.subscription_url)
            yield _review_expiry(session.config.client_secret_expires_on, now.date())
        for finding in _review_clock(session.clock_ahead):
            yield finding

    async def targets(self, session: _Session) -> list[Target]:
        """Return the subscriptions that the app can read."""
        return await list_subscriptions(session.arm)

    async def fetch(self, session: _Session, stream: Stream, window: Window) -> AsyncIterator[list[bytes]]:  # noqa: ARG002
        """Yield the pages of a window, newest events mostly first."""
        async for page in read_pages(session.arm, session.events_url(window)):
            yield page

    def normalize(self, raw: bytes) -> Event | None:
        """Return the event of a record in any of the three shapes; None for a read."""
        activity = read_activity(raw)
        operation = (activity.operation or "").lower()
        if operation.endswith("/read"):
            return None
        outcome = outcome_of(activity.status)
        severity, reason = _score(operation, outcome, activity.category or "", activity.level or "")
        return _event(activity, raw, operation, outcome, severity, reason)


CONNECTOR = AzureActivity()


@lru_cache(maxsize=8192)
def _score(operation: str, outcome: Outcome, category: str, level: str) -> tuple[Severity, str]:
    """Return the highest severity that applies, with its reason. operation: lower case."""
    tail = operation.removesuffix("/action")
    found = [(radius.severity, radius.reason) for radius in _HIGH_BLAST_RADIUS_VERBS if _matches(radius.pattern, tail)]
    if outcome == "failure" and operation.endswith(_WRITES):
        found.append((Severity.MEDIUM, "a write at the control plane failed"))
    if category.lower() in _ALARMING_CATEGORIES and level.lower() in _ALARMING_LEVELS:
        found.append((Severity.MEDIUM, f"Azure reports it as {level} in {category}"))
    return max(found, key=lambda match: match[0].rank, default=(Severity.INFO, "a routine operation"))


@lru_cache(maxsize=8192)
def high_blast_radius(operation: str) -> BlastRadius | None:
    """Return what makes an operation (lower case) one of high severity by itself; None where nothing does."""
    tail = operation.removesuffix("/action")
    found = (radius for radius in _HIGH_BLAST_RADIUS_VERBS if _matches(radius.pattern, tail))
    return next((radius for radius in found if radius.severity.rank >= Severity.HIGH.rank), None)


def _matches(pattern: str, operation: str) -> bool:
    return operation.endswith(pattern[1:]) if pattern.startswith("*") else operation == pattern


def _event(activity: Activity, raw: bytes, operation: str, outcome: Outcome, severity: Severity, reason: str) -> Event:
    resource = parse_resource_id(activity.resource_id or "")
    actor = identify_actor(activity)
    return Event(
        id=_identity(activity.id, raw),
        source=SOURCE,
        external_id=activity.id,
        category="cloud",
        event_time=activity.time,
        available_time=activity.available,
        severity=severity,
        severity_reason=reason,
        # Lower case may be longer: "İ" becomes two characters.
        event_type=(operation or (activity.category or "unknown").lower())[:_LONGEST_ID],
        operation=activity.operation,
        title=_title(activity, resource.name),
        status=(activity.status or "").rstrip(".") or None,
        outcome=outcome,
        activity_category=activity.category,
        actor=actor.name,
        actor_email=actor.email,
        actor_type=actor.type,
        app_id=actor.app_id,
        src_ip=activity.client_ip or activity.claims.ip,
        resource_id=activity.resource_id,
        resource_type=activity.resource_type or resource.resource_type,
        resource_group=activity.resource_group or resource.resource_group,
        resource_name=resource.name,
        subscription_id=(activity.subscription_id or resource.subscription_id or "").lower()[:_LONGEST_ID] or None,
        tenant_id=activity.tenant_id or activity.claims.tenant or _pim_tenant(activity),
        correlation_id=activity.correlation_id,
        operation_id=activity.operation_id,
    )


_identities = blake2b(digest_size=16, key=SOURCE.encode())


def _identity(event_id: str | None, raw: bytes) -> UUID:
    """Return the event's identity: of its own id, letter case folded; without a whole one, of its canonical content.

    An id that is cut or holds a replaced character is not whole: another event's may look the same.
    """
    whole = event_id is not None and len(event_id) < _LONGEST_ID and "\ufffd" not in event_id
    own = event_id.lower().encode() if event_id and whole else _canonical(raw)
    digest = _identities.copy()
    digest.update(own)
    return UUID(bytes=digest.digest())


# Decimals are kept as they are written: two that differ only in their last digits are two records.
_exact_decoder = msgspec.json.Decoder(float_hook=lambda digits: msgspec.Raw(digits.encode()))


def _canonical(raw: bytes) -> bytes:
    try:
        return msgspec.json.encode(_exact_decoder.decode(raw), order="deterministic")
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return raw


def _title(activity: Activity, resource_name: str | None) -> str:
    told = None
    if (activity.category or "").lower() not in {"", "administrative", "policy"}:
        told = _told_title(activity) or activity.description
    title = told or activity.label or activity.operation or activity.category or "Activity Log event"
    about = f": {resource_name}" if resource_name and not told else ""
    return f"{title}{about}"[:_LONGEST_TITLE]


def _told_title(activity: Activity) -> str | None:
    """Return the title that health events carry, in exports one level deeper."""
    properties = activity.properties()
    title = text(properties.get("title")) or text(as_object(properties.get("eventProperties")).get("title"))
    return None if title == "Unknown" else title


def _pim_tenant(activity: Activity) -> str | None:
    """PIM's records have no identity block, and name the tenant in their properties."""
    if activity.claims.any or "PIM" not in (activity.operation or ""):
        return None
    return text(activity.properties().get("TenantID"))


def _review_expiry(expires_on: date | None, today: date) -> Finding:
    renew = "Make a new secret for the app and give its Value to the connector."
    if expires_on is None:
        return Finding(
            "warning",
            "secret_expiry_unknown",
            "When the client secret expires cannot be told.",
            "Set client_secret_expires_on (the date is beside the secret in the portal), to be warned 30 days before.",
        )
    if expires_on - today > _EXPIRY_WARNING:
        return Finding("ok", "secret_valid", f"The client secret is valid until {expires_on}.")
    verb = "expires" if expires_on >= today else "expired"
    return Finding("warning", "secret_expires_soon", f"The client secret {verb} on {expires_on}.", renew)


def _review_clock(ahead: timedelta) -> list[Finding]:
    if abs(ahead) <= _CLOCK_WARNING:
        return []
    seconds = round(abs(ahead).total_seconds())
    way = "ahead of" if ahead > timedelta() else "behind"
    return [
        Finding(
            "warning",
            "clock_differs",
            f"This machine's clock is {seconds} seconds {way} Azure's.",
            "Synchronise it by NTP: windows of time, the expiry of tokens and the lag of events depend on it.",
        )
    ]

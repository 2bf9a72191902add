"""What is sent and answered about connectors; the same names as on the command line (docs/commands.md)."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, WithJsonSchema

from app.api.fields import NAME, Body, Fault, Id, Span, Time
from app.connectors import connector_ids, get_connector

ConnectorType = Annotated[
    str, Field(max_length=64, description="An id of the catalog.", json_schema_extra={"enum": connector_ids()})
]
Name = Annotated[
    str,
    Field(
        pattern=NAME,
        description="Up to 64 letters, digits, dots, hyphens and underscores, a letter or digit first.",
        examples=["prod"],
    ),
]
# Checked by the type itself, whose messages name fields and never values.
Config = Annotated[
    dict[str, Any],
    Field(description="The type's configuration. Secrets go in here and never come out."),
    WithJsonSchema({
        "oneOf": [get_connector(type_id).Config.model_json_schema() for type_id in connector_ids()],
        "examples": [
            {
                "tenant_id": "00000000-0000-0000-0000-000000000001",
                "client_id": "00000000-0000-0000-0000-000000000002",
                "client_secret": "the secret's value",
                "subscription_id": "00000000-0000-0000-0000-000000000003",
            }
        ],
    }),
]  # fmt: skip


class CatalogField(BaseModel):
    """A field of a connector type's configuration."""

    name: str
    required: bool
    secret: bool
    default: Any
    description: str


class CatalogEntry(BaseModel):
    """A type of connector."""

    id: str
    name: str
    category: str
    docs: str = Field(description="Its page in the documentation.")
    target_fields: list[str] = Field(description="Fields that say what is read: they cannot be changed later.")
    fields: list[CatalogField]
    config_schema: dict[str, Any] = Field(description="Its configuration as JSON Schema; secrets are `writeOnly`.")


class Health(BaseModel):
    """Whether a connector sees what it should."""

    state: Literal["healthy", "behind", "failing", "paused"]
    covered_until: Time | None
    settled_until: Time | None
    behind_seconds: int
    error: Fault | None
    since: Time | None
    next_try: Time | None


class Poll(BaseModel):
    """What a read of a window did."""

    connector: str
    stream: str
    started_at: Time
    finished_at: Time | None
    tier: Literal["poll", "sweep", "audit", "backfill"]
    window: Span | None
    gap: Span | None
    requests: int
    pages: int
    events_read: int
    events_added: int
    events_dropped: int
    events_duplicate: int
    events_quarantined: int
    late_recovered: int
    duration: float | None
    error: Fault | None


class Connector(BaseModel):
    """A connector, without its secrets."""

    id: Id
    name: str
    type: str
    enabled: bool
    config: dict[str, Any] = Field(description="Its configuration without secrets.")
    created_at: Time
    next_poll_at: Time | None
    health: Health
    last_poll: Poll | None


class NewConnector(Body):
    """A connector to add."""

    type: ConnectorType
    name: Name
    config: Config


class TriedConfig(Body):
    """A configuration to try."""

    type: ConnectorType
    config: Config


class Changes(Body):
    """What to change."""

    config: Annotated[
        dict[str, Any],
        Field(description="The fields to change; what is not named stays.", examples=[{"poll_interval_seconds": 600}]),
    ]


class Finding(BaseModel):
    """One thing a connection test found."""

    level: Literal["ok", "warning", "error"]
    code: str
    message: str
    remedy: str


class Gap(Span):
    """Time that can never be read."""

    reason: Literal["older_than_retention", "outage_longer_than_retention"]


class LagBucket(BaseModel):
    """Events that became readable up to so late."""

    up_to_seconds: int | None
    events: int


class Lags(BaseModel):
    """How late events became readable."""

    days: int
    events: int
    p95_seconds: float
    longest_seconds: float
    histogram: list[LagBucket]


class Coverage(BaseModel):
    """What time was read, is settled, is missing, or can never be read."""

    name: str
    health: Health
    asked_since: Time | None
    covered_until: Time | None
    settled_until: Time | None
    read: list[Span]
    unsettled: list[Span]
    missing: list[Span]
    gaps: list[Gap]
    lag: Lags
    overlap_seconds: float
    sweep_seconds: float

"""What a read of a window did: counts, the window, the gap before it, and the error that ended it."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from app.clock import iso
from app.collection.windows import Plan, Tier

_NOT_IN_ROW = frozenset({"connector", "stream", "started_at"})


@dataclass
class PollResult:
    """What a poll did. read = added + dropped + duplicate + quarantined; duration in seconds."""

    connector: str
    stream: str
    started_at: datetime
    tier: Tier = "poll"
    window_since: datetime | None = None
    window_until: datetime | None = None
    gap_since: datetime | None = None
    gap_until: datetime | None = None
    requests: int = 0
    pages: int = 0
    events_read: int = 0
    events_added: int = 0
    events_dropped: int = 0
    events_duplicate: int = 0
    events_quarantined: int = 0
    late_recovered: int = 0
    duration: float = 0.0
    error: dict[str, Any] | None = None

    @classmethod
    def from_row(cls, name: str, row: dict[str, Any]) -> "PollResult":
        """Return the result that a row of history tells."""
        known = {column: value for column, value in row.items() if column in cls.__dataclass_fields__}
        return cls(**{"connector": name} | known)

    def plan(self, plan: Plan) -> None:
        """Note which window is read, and the gap before it."""
        self.tier = plan.tier
        self.window_since, self.window_until = plan.window.since, plan.window.until
        if plan.gap is not None:
            self.gap_since, self.gap_until = plan.gap.since, plan.gap.until

    def row(self) -> dict[str, Any]:
        """Return the columns of the history's row that are known at the end."""
        return {name: value for name, value in asdict(self).items() if name not in _NOT_IN_ROW}

    def facts(self) -> dict[str, Any]:
        """Return the result as JSON-ready facts, the window and the gap as objects."""
        facts = {name: iso(value) if isinstance(value, datetime) else value for name, value in asdict(self).items()}
        for span in ("window", "gap"):
            since, until = facts.pop(f"{span}_since"), facts.pop(f"{span}_until")
            facts[span] = {"since": since, "until": until} if since else None
        return facts

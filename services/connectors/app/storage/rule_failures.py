"""Rules that raised on an event, as all processes tell them."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.ext.asyncio import AsyncConnection

from app.storage.detection_tables import rule_failures


@dataclass(frozen=True)
class RuleFailure:
    """That a rule raised. version: of its text and of the program, one of which was changed where it is mended."""

    rule_id: str
    version: str
    reason: str
    noted_at: datetime


async def write_failures(connection: AsyncConnection, failures: Collection[RuleFailure]) -> None:
    """Keep failures; the same one may be told again and again."""
    if failures:
        await connection.execute(insert(rule_failures), [asdict(failure) for failure in failures])


async def read_failures(connection: AsyncConnection) -> dict[tuple[str, str], RuleFailure]:
    """Return the last failure that was told of each rule and version."""
    key = rule_failures.c.rule_id, rule_failures.c.version
    query = select(*key, rule_failures.c.reason, rule_failures.c.noted_at).ext(distinct_on(*key))
    rows = await connection.execute(query.order_by(*key, rule_failures.c.id.desc()))
    return {(row.rule_id, row.version): RuleFailure(**row._asdict()) for row in rows}


async def forget_failures(connection: AsyncConnection, before: datetime) -> int:
    """Delete what was told before a time; return how much it was."""
    return (await connection.execute(delete(rule_failures).where(rule_failures.c.noted_at < before))).rowcount

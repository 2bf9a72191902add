"""When to try again after a failure: soon where waiting may help, ever later where a person must act."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.result import PollResult
from app.connectors import get_connector
from app.errors import AisocError, Retry
from app.storage.connectors import ConnectorRow, hold_off, set_next_poll
from app.storage.polls import failures_since_complete

_FIRST_RETRY = timedelta(seconds=30)
_LONGEST_BACKOFF = timedelta(hours=1)
_MOST_DOUBLINGS = 12


def next_try(error: AisocError, failures: int, interval: timedelta, now: datetime) -> datetime:
    """Return when to poll again after so many failures in a row (1 or more).

    What a later try may mend is tried again after half a minute, then after twice as long each time, up to the
    interval; or when the source said so. What only a person can mend is tried after the interval, then after twice as
    long each time, up to an hour.
    """
    doubled = 1 << min(failures - 1, _MOST_DOUBLINGS)
    if not isinstance(error, Retry):
        return now + min(interval * doubled, max(interval, _LONGEST_BACKOFF))
    return error.after if error.after is not None else now + min(_FIRST_RETRY * doubled, interval)


async def put_off(
    connection: AsyncConnection, row: ConnectorRow, result: PollResult, error: AisocError, now: datetime
) -> datetime | None:
    """Say when a connector is due after a failed read, and keep others off an allowance that is used up.

    Returns that time; None for a read that is not scheduled.
    """
    if isinstance(error, Retry) and error.after is not None:
        fields = get_connector(row.type).allowance_fields
        await hold_off(connection, row, {name: row.config[name] for name in fields}, error.after)
    again_at = None
    if result.tier != "backfill" and error.code != "interrupted":
        failures = max(1, (await failures_since_complete(connection, row.id)).count)
        interval = timedelta(seconds=row.config["poll_interval_seconds"])
        again_at = next_try(error, failures, interval, now)
        await set_next_poll(connection, row.id, again_at)
    return again_at

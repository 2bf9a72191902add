"""What is known of a stream when something is to be read of it or told about it: ledger, lags and their widths."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from app.collection.coverage import Coverage
from app.collection.lags import MEASURED_DAYS, Lags
from app.collection.windows import Widths, measured_widths, oldest_readable
from app.connectors.base import CollectionConfig, Stream
from app.storage.connectors import ConnectorRow
from app.storage.coverage import read_coverages, read_lags


@dataclass(frozen=True)
class Ledger:
    """A stream's coverage (None before anything was asked of it), its lags of the last days, and what follows."""

    coverage: Coverage | None
    lags: Lags
    widths: Widths


async def read_ledger(
    connection: AsyncConnection, row: ConnectorRow, config: CollectionConfig, stream: Stream, now: datetime
) -> Ledger:
    """Read what is known of a connector's stream at a time."""
    return (await read_ledgers(connection, {row.id: config}, stream, now))[row.id]


async def read_ledgers(
    connection: AsyncConnection, configs: Mapping[UUID, CollectionConfig], stream: Stream, now: datetime
) -> dict[UUID, Ledger]:
    """Read what is known at a time of one stream of connectors, by their ids, in as many queries as for one."""
    ids = list(configs)
    coverages = await read_coverages(connection, ids, stream.name, oldest_readable(stream, now))
    lags = await read_lags(connection, ids, stream.name, (now - timedelta(days=MEASURED_DAYS)).date())
    return {
        each: Ledger(coverages.get(each), lags[each], measured_widths(config, stream, lags[each]))
        for each, config in configs.items()
    }

import json

import msgspec
import psycopg
import pytest
from sqlalchemy import make_url
from sqlalchemy.ext.asyncio import create_async_engine
from support import query

from app.errors import Abort
from app.search.language import parse
from app.storage.database import migrate, newest_version, open_database
from app.storage.dimensions import facts
from app.storage.search import find_page


@pytest.fixture
def empty_url(postgres):
    """The URL of a database with nothing in it."""
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("CREATE DATABASE migrated")
    yield make_url(postgres).set(drivername="postgresql+psycopg", database="migrated")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute("DROP DATABASE migrated WITH (FORCE)")


@pytest.mark.parametrize("table", facts.metadata.sorted_tables, ids=lambda table: table.name)
async def test_the_tables_of_the_queries_are_those_of_the_migrations(service, table):
    columns = await query(
        service,
        "SELECT column_name, is_nullable FROM information_schema.columns WHERE table_name = :table",
        table=table.name,
    )
    made = {column["column_name"]: column["is_nullable"] == "YES" for column in columns}
    assert made == {column.name: bool(column.nullable) for column in table.columns}


def test_a_store_of_the_first_version_is_brought_up_to_date_with_what_it_holds(empty_url):
    migrate(empty_url, "0001")
    url = empty_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as connection:
        connection.execute(
            """
            INSERT INTO connectors VALUES (gen_random_uuid(), 'old', 'azure_activity', '{}', '', true, now(), now());
            INSERT INTO checkpoints SELECT id, 'activity', '2026-05-01T12:00Z' FROM connectors;
            INSERT INTO polls (connector_id, stream, started_at, window_since, requests, pages, events_read,
                events_added, events_dropped, events_duplicate, events_quarantined, late_recovered)
            SELECT id, 'activity', now(), '2026-04-01T12:00Z', 1, 1, 0, 0, 0, 0, 0, 0 FROM connectors;
            INSERT INTO polls (connector_id, stream, started_at, finished_at, window_since, gap_since, gap_until,
                requests, pages, events_read, events_added, events_dropped, events_duplicate, events_quarantined,
                late_recovered)
            SELECT id, 'activity', now(), now(), '2026-04-09T12:00Z', '2026-04-08T12:00Z', '2026-04-09T12:00Z',
                1, 1, 0, 0, 0, 0, 0, 0 FROM connectors;
            """
        )
    migrate(empty_url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (newest_version(),)
        (ledger,) = connection.execute(
            """
            SELECT asked_since = '2026-04-01T12:00Z', gaps.reason, isempty(gaps.spans * read),
                read + spans = '{["2026-04-01T12:00Z", "2026-05-01T12:00Z"]}',
                settled + spans = '{["2026-04-01T12:00Z", "2026-04-29T12:00Z"]}' FROM coverage, gaps
            """
        ).fetchall()
        assert ledger == (True, "outage_longer_than_retention", True, True, True)
        assert set(connection.execute("SELECT tier FROM polls")) == {("poll",)}


async def test_events_that_were_stored_before_can_be_searched_after_an_upgrade(empty_url, lab, connector):
    raws = [json.dumps(record).encode() for record in lab.operations(3)]
    found = [connector.normalize(raw) for raw in raws]
    names = [*msgspec.structs.asdict(found[0]), "connector", "raw"]
    migrate(empty_url, "0004")
    with psycopg.connect(empty_url.set(drivername="postgresql").render_as_string(hide_password=False)) as connection:
        values = ", ".join(["%s"] * len(names))
        rows = [(*msgspec.structs.astuple(event), "Old", b"{}") for event in found]
        connection.cursor().executemany(f"INSERT INTO events ({', '.join(names)}) VALUES ({values})", rows)  # noqa: S608
    migrate(empty_url)
    engine = create_async_engine(empty_url)
    async with engine.connect() as connection:
        for text in ("", "connector:old", f"actor:{found[0].actor.upper()}", "storage"):
            page = await find_page(connection, parse(text, lab.clock.now()))
            assert {stored.event for stored in page.events} == set(found), text
    await engine.dispose()


async def test_a_postgresql_without_multiranges_is_refused_in_words(settings, monkeypatch):
    monkeypatch.setattr("app.storage.database._OLDEST_POSTGRESQL", 99)
    with pytest.raises(Abort, match="is PostgreSQL") as refused:
        async with open_database(settings):
            pass
    assert refused.value.code == "database_too_old"

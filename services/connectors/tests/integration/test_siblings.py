"""The stored records of an operation are found by an index of their own, and lists reach the database as they are."""

from itertools import product
from string import printable

from sqlalchemy import text

from app.storage.arrays import text_array
from app.storage.database import store_lightly
from app.storage.siblings import NEAR

NAMES = ("resources", "correlations", "since", "until", "at_hand")


async def test_a_plan_that_was_made_while_nothing_was_stored_looks_only_at_the_operations_records(service):
    """The server keeps the plan: one that reads a whole table is quick then, and slower with each event stored."""
    statement = str(NEAR)
    for number, name in enumerate(NAMES, 1):
        statement = statement.replace(f":{name}", f"${number}")
    async with service.engine.connect() as connection:
        await store_lightly(connection)
        rows = await connection.exec_driver_sql(f"EXPLAIN (GENERIC_PLAN) {statement}")
        plan = "\n".join(rows.scalars())
    used = ("event_places_by_resource", "event_facts_by_operation", "events_pkey")
    assert [name for name in used if name not in plan] == []
    assert "Seq Scan" not in plan
    assert "event_facts_by_place" not in plan


async def test_texts_of_any_letters_reach_the_database_as_they_are(service):
    texts = [
        "",
        "NULL",
        "null",
        '""',
        "{a,b}",
        "\\x41",
        "é\u2028",
        "\U0001f600",
        *map("".join, product(printable, repeat=2)),
    ]
    async with service.engine.connect() as connection:
        asked = {"texts": text_array(texts)}
        assert (await connection.execute(text("SELECT CAST(:texts AS text[])"), asked)).scalar_one() == texts

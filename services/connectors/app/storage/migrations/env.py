"""How Alembic runs: on one connection, in one transaction, one process at a time."""

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

engine = create_engine(context.config.attributes["url"], poolclass=NullPool)
with engine.connect() as connection, connection.begin():
    connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('aisoc/schema', 0))"))
    context.configure(connection=connection)
    context.run_migrations()

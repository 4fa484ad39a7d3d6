"""Run by Alembic: migrate over the connection that :mod:`data.ledger_schema` hands in."""

from __future__ import annotations

from alembic import context

from data.ledger_tables import VERSION_TABLE, metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    version_table=VERSION_TABLE,
    render_as_batch=connection.dialect.name == "sqlite",
)
context.run_migrations()

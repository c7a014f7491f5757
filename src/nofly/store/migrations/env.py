"""Run by Alembic: take the steps on the connection of whoever asked, inside its transaction."""

from __future__ import annotations

from alembic import context

from nofly.store.register_tables import VERSION_TABLE

context.configure(connection=context.config.attributes["connection"], version_table=VERSION_TABLE)
with context.begin_transaction():
    context.run_migrations()

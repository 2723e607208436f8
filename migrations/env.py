"""Runs the revisions of one component, as `core.schema` has prepared it."""

from alembic import context

context.configure(**context.config.attributes["options"])
with context.begin_transaction():
    context.run_migrations()

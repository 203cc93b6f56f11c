"""Run migrations on the connection that hookline hands to Alembic; nothing else calls this file."""

from alembic import context

from hookline.store.database.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()

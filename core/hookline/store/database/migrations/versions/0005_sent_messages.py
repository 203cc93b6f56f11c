"""Keep the ids of what was sent, so that who quotes the bot is known to have called it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IS_KNOWN = sa.text("message_ids IS NOT NULL")


def upgrade() -> None:
    """Only add: version 0002 runs on it, too."""
    comment = "the platform's, of what was sent, each between blanks"
    op.add_column("outbox", sa.Column("message_ids", sa.String(256), comment=comment))
    columns = ["bot", "conversation"]
    op.create_index("outbox_sent", "outbox", columns, sqlite_where=IS_KNOWN, postgresql_where=IS_KNOWN)

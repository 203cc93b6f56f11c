"""Find what waits for one bot, and rows that were answered together, without a look at those of others."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

WAITS = sa.text("status = 0")
HAS_JOINED = sa.text("joined IS NOT NULL")


def upgrade() -> None:
    """Only add: version 0002 runs on it, too."""
    op.create_index("inbox_of_bot", "inbox", ["bot", "seq"], sqlite_where=WAITS, postgresql_where=WAITS)
    columns = ["bot", "conversation", "finished_at"]
    op.create_index("inbox_joined", "inbox", columns, sqlite_where=HAS_JOINED, postgresql_where=HAS_JOINED)

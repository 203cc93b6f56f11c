"""Know how much of each mailbox, which fronts write and a worker reads, is in the store."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only add: version 0002 runs on it, too, once the mailboxes are empty."""
    op.create_table(
        "mailboxes",
        sa.Column("box", sa.String(64), primary_key=True, comment="the file's name"),
        sa.Column("taken", sa.BigInteger(), nullable=False, comment="the last request of it that is in the store"),
    )

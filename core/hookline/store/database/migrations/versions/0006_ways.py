"""Keep all ways by which something can be sent, whole, and the number of the one that it is at."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only add: version 0002 runs on it, too. It goes by ``form`` and ``reply_token``, which are still written."""
    comment = "JSON: by which ways it can go, and which call of an answer it is"
    op.add_column("outbox", sa.Column("ways", sa.Text(), comment=comment))
    turn = sa.Column(
        "way", sa.SmallInteger(), nullable=False, server_default=sa.text("0"), comment="the number of the way it is at"
    )
    op.add_column("outbox", turn)

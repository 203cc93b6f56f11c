"""Keep flows that people are in, and timers whose time is to come."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only add: version 0002 runs on it, too; what it doesn't know waits until a newer one is back."""
    op.create_table(
        "flows",
        sa.Column("bot", sa.String(64), primary_key=True),
        sa.Column("conversation", sa.String(160), primary_key=True),
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("person", sa.String(160), nullable=False, comment="whose it is; empty for the whole chat's"),
        sa.Column("flow", sa.String(160), nullable=False),
        sa.Column("asked", sa.String(160), comment="the question that was asked last"),
        sa.Column("turn", sa.Integer(), nullable=False, comment="grows with each question"),
        sa.Column("rank", sa.SmallInteger(), nullable=False, comment="0 on top, others below it, -1 ended"),
        sa.Column("outcome", sa.String(32)),
        sa.Column("begun_at", sa.BigInteger(), nullable=False),
        sa.Column("asked_at", sa.BigInteger()),
        sa.Column("ended_at", sa.BigInteger()),
        sa.Column("data", sa.Text(), nullable=False, comment="JSON: what is known; of an ended one next to nothing"),
    )
    is_open, has_ended = sa.text("rank >= 0"), sa.text("rank < 0")
    for name, columns in (("flows_open", ["bot", "conversation"]), ("flows_of", ["bot", "flow", "asked"])):
        op.create_index(name, "flows", columns, sqlite_where=is_open, postgresql_where=is_open)
    op.create_index("flows_ended", "flows", ["ended_at"], sqlite_where=has_ended, postgresql_where=has_ended)
    op.create_table(
        "timers",
        sa.Column("bot", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(200), primary_key=True),
        sa.Column("conversation", sa.String(160), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("turn", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="JSON: what happens then"),
    )
    op.create_index("timers_due", "timers", ["due_at"])

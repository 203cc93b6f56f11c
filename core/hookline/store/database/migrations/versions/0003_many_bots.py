"""Let bots, plugins and routes be switched off, routes rest, and rows be answered together with a later one."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Only add: version 0002 runs on it, too."""
    op.add_column(
        "inbox", sa.Column("joined", sa.BigInteger(), nullable=True, comment="the row that was run in its place")
    )
    op.create_table(
        "switches",
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False, comment="bot, plugin or route"),
        sa.Column("name", sa.String(length=160), nullable=False, comment="of the plugin or route, else empty"),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.PrimaryKeyConstraint("bot", "kind", "name"),
    )
    audit = op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("who", sa.String(length=128), nullable=False, comment="as far as the system can tell"),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("target", sa.String(length=160), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("audit_by_bot", audit.name, ["bot", "at"])
    op.create_table(
        "cooldowns",
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=160), nullable=False),
        sa.Column("route", sa.String(length=160), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot", "conversation", "route"),
    )
    op.create_index("cooldowns_ended", "cooldowns", ["until"])

"""Let several hosts share a store: rows carry the epoch of their lane, workers say which bots they can run."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import op

from hookline.events import LANES

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

NUMBERS = 1 << 20


def upgrade() -> None:
    """Expand the schema; what is dropped was never used."""
    for table in ("inbox", "outbox"):
        op.add_column(
            table,
            sa.Column(
                "epoch",
                sa.BigInteger(),
                server_default=sa.text("0"),
                nullable=False,
                comment="of its lane, when it was leased",
            ),
        )
    op.add_column("inbox", sa.Column("accepted_at", sa.BigInteger(), nullable=True))
    op.add_column("inbox", sa.Column("started_at", sa.BigInteger(), nullable=True))
    op.execute("ALTER TABLE inbox DROP COLUMN due")
    _indexes()
    _lanes()
    support = op.create_table(
        "support",
        sa.Column(
            "oldest",
            sa.String(length=32),
            nullable=False,
            comment="the oldest schema whose code may still run on this one",
        ),
        sa.PrimaryKeyConstraint("oldest"),
    )
    op.bulk_insert(support, [{"oldest": "0002"}])
    if op.get_bind().dialect.name == "postgresql":
        op.execute(f"CREATE SEQUENCE inbox_seq INCREMENT BY {NUMBERS}")
        op.execute(f"CREATE SEQUENCE outbox_id INCREMENT BY {NUMBERS}")


def _indexes() -> None:
    op.drop_index("inbox_open", "inbox")
    ready: dict[str, Any] = {"sqlite_where": sa.text("status = 0"), "postgresql_where": sa.text("status = 0")}
    op.create_index("inbox_open", "inbox", ["seq", "lane", "bot", "conversation"], **ready)
    op.create_index("inbox_waiting", "inbox", ["bot", "conversation"], **ready)
    op.create_index("outbox_waiting", "outbox", ["bot", "conversation"], **ready)
    leased: dict[str, Any] = {"sqlite_where": sa.text("status = 1"), "postgresql_where": sa.text("status = 1")}
    op.create_index("outbox_leased", "outbox", ["lane"], **leased)
    is_sqlite = op.get_bind().dialect.name == "sqlite"  # there the autoincrement takes a new table
    recreate: Literal["always", "never"] = "always" if is_sqlite else "never"
    with op.batch_alter_table(
        "dead_letters", recreate=recreate, table_kwargs={"sqlite_autoincrement": True}
    ) as letters:
        letters.create_index("dead_letters_by_ref", ["origin", "ref"])


def _lanes() -> None:
    """Make lanes and workers anew: they hold nothing that outlives a host."""
    op.drop_table("lanes")
    op.drop_table("workers")
    lanes = op.create_table(
        "lanes",
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="grows with each new holder"
        ),
        sa.Column("worker", sa.String(length=128), nullable=True),
        sa.Column("wants", sa.String(length=64), nullable=True, comment="a bot that its last holder could not run"),
        sa.PrimaryKeyConstraint("lane"),
    )
    op.bulk_insert(lanes, [{"lane": lane} for lane in range(LANES)])
    op.create_table(
        "workers",
        sa.Column("worker", sa.String(length=128), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=False),
        sa.Column(
            "bots",
            sa.Text(),
            server_default=sa.text("'[]'"),
            nullable=False,
            comment="a JSON list: those that it can run",
        ),
        sa.PrimaryKeyConstraint("worker"),
    )

"""Make the first tables: inbox, outbox, conversations, plugin state, dead letters, lanes, workers."""

import sqlalchemy as sa
from alembic import op

from hookline.events import LANES

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Expand the schema."""
    op.create_table(
        "conversations",
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=160), nullable=False),
        sa.Column("state", sa.Text(), nullable=False, comment="a JSON object"),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot", "conversation"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("origin", sa.String(length=8), nullable=False, comment="event or delivery"),
        sa.Column(
            "ref",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="inbox.seq or outbox.id",
        ),
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=160), nullable=False),
        sa.Column("error", sa.String(length=512), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False, comment="the traceback, or all that is known"),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("dead_letters_by_bot", "dead_letters", ["bot", "created_at"], unique=False)
    op.create_table(
        "inbox",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="order of acceptance",
        ),
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("event_id", sa.String(length=128), nullable=False),
        sa.Column("conversation", sa.String(length=160), nullable=False),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False, comment="the event's type"),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="the platform's raw event"),
        sa.Column("received_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "starts",
            sa.SmallInteger(),
            server_default=sa.text("0"),
            nullable=False,
            comment="runs that were never ended",
        ),
        sa.Column(
            "attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False, comment="runs that failed"
        ),
        sa.Column("first_failed_at", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("route", sa.String(length=160), nullable=True),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index(
        "inbox_finished",
        "inbox",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("status = 2"),
        postgresql_where=sa.text("status = 2"),
    )
    op.create_index("inbox_identity", "inbox", ["bot", "event_id"], unique=True)
    op.create_index(
        "inbox_leased",
        "inbox",
        ["lane"],
        unique=False,
        sqlite_where=sa.text("status = 1"),
        postgresql_where=sa.text("status = 1"),
    )
    op.create_index(
        "inbox_messages",
        "inbox",
        ["bot", "message_id"],
        unique=False,
        sqlite_where=sa.text("message_id IS NOT NULL"),
        postgresql_where=sa.text("message_id IS NOT NULL"),
    )
    op.create_index(
        "inbox_open",
        "inbox",
        ["seq"],
        unique=False,
        sqlite_where=sa.text("status = 0"),
        postgresql_where=sa.text("status = 0"),
    )
    op.create_index(
        "inbox_unsent",
        "inbox",
        ["received_at"],
        unique=False,
        sqlite_where=sa.text("kind = 'unsend'"),
        postgresql_where=sa.text("kind = 'unsend'"),
    )
    lanes = op.create_table(
        "lanes",
        sa.Column("lane", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "epoch", sa.BigInteger(), server_default=sa.text("0"), nullable=False, comment="grows with each new holder"
        ),
        sa.Column("worker", sa.String(length=64), nullable=True),
        sa.Column("lease_until", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("lane"),
    )
    op.create_table(
        "outbox",
        sa.Column(
            "id",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
            comment="order of writing",
        ),
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("conversation", sa.String(length=160), nullable=False, comment="the target's"),
        sa.Column("lane", sa.SmallInteger(), nullable=False),
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            nullable=False,
            comment="the inbox row it came from",
        ),
        sa.Column("form", sa.String(length=8), nullable=False, comment="reply or push"),
        sa.Column("reply_token", sa.String(length=256), nullable=True),
        sa.Column(
            "retry_key", sa.String(length=36), nullable=False, comment="for push, fixed before the first attempt"
        ),
        sa.Column("body", sa.LargeBinary(), nullable=False, comment="a JSON list of message objects"),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "is_open", sa.Boolean(), server_default=sa.text("false"), nullable=False, comment="an attempt has not ended"
        ),
        sa.Column(
            "is_uncertain",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="one may have arrived",
        ),
        sa.Column(
            "is_fallback",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="a push instead of a reply",
        ),
        sa.Column("outcome", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.String(length=512), nullable=True),
        sa.Column("request_id", sa.String(length=128), nullable=True),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "outbox_finished",
        "outbox",
        ["finished_at"],
        unique=False,
        sqlite_where=sa.text("status = 2"),
        postgresql_where=sa.text("status = 2"),
    )
    op.create_index(
        "outbox_open",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("status < 2"),
        postgresql_where=sa.text("status < 2"),
    )
    op.create_index("outbox_origin", "outbox", ["seq"], unique=False)
    op.create_table(
        "plugin_state",
        sa.Column("bot", sa.String(length=64), nullable=False),
        sa.Column("plugin", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("value", sa.Text(), nullable=True, comment="JSON; NULL once deleted, so that its version lives on"),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("bot", "plugin", "key"),
    )
    op.create_table(
        "workers",
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.BigInteger(), nullable=False),
        sa.Column("heartbeat_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("worker"),
    )
    op.bulk_insert(lanes, [{"lane": lane} for lane in range(LANES)])

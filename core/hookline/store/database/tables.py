"""Draw the tables. Times are milliseconds since 1970, UTC; bodies are ASCII JSON in binary columns.

A change here needs a migration in ``migrations/versions`` and a new :data:`HEAD`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Sequence,
    SmallInteger,
    String,
    Table,
    Text,
    literal_column,
    text,
)

HEAD = "0008"
OLDEST = "0002"
"""The oldest version whose code runs on this schema: hosts of both may share a store while they are updated."""

OUTLIVES = {"outlives": True}
"""Marks a table that outlives a host, so that it is copied into another store."""

WITHHELD, READY, LEASED, DONE, DEAD = -1, 0, 1, 2, 3
"""The life of a row in inbox and outbox; LEASED rows of a lost lane become READY again.

A WITHHELD push waits for the end of its bot's quiet hours. Nobody leases it, and it holds nothing else back.
"""

REPLAYED = "replayed"
"""The outcome of a dead letter that is ready again, until it has another."""

NUMBERS = 1 << 20
"""How many row numbers one step of a PostgreSQL sequence stands for: a batch takes them in one go."""

metadata = MetaData()
Sequence("inbox_seq", increment=NUMBERS, metadata=metadata)
Sequence("outbox_id", increment=NUMBERS, metadata=metadata)

_Id = BigInteger().with_variant(Integer, "sqlite")


def _when(name: str, *, nullable: bool = True) -> Column[int]:
    return Column(name, BigInteger, nullable=nullable)


def _epoch() -> Column[int]:
    return Column(
        "epoch", BigInteger, nullable=False, server_default=text("0"), comment="of its lane, when it was leased"
    )


def _where(name: str, condition: str, *columns: str) -> Index:
    return Index(name, *columns, sqlite_where=text(condition), postgresql_where=text(condition))


inbox = Table(
    "inbox",
    metadata,
    Column("seq", _Id, primary_key=True, autoincrement=False, comment="order of acceptance"),
    Column("bot", String(64), nullable=False),
    Column("event_id", String(128), nullable=False),
    Column("conversation", String(160), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("kind", String(64), nullable=False, comment="the event's type"),
    Column("message_id", String(64)),
    Column("body", LargeBinary, nullable=False, comment="the platform's raw event"),
    _when("received_at", nullable=False),
    _when("accepted_at"),
    Column("status", SmallInteger, nullable=False, server_default=text("0")),
    _epoch(),
    Column("starts", SmallInteger, nullable=False, server_default=text("0"), comment="runs that were never ended"),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0"), comment="runs that failed"),
    _when("first_failed_at"),
    _when("started_at"),
    Column("route", String(160)),
    Column("outcome", String(32)),
    _when("finished_at"),
    Column("joined", BigInteger, comment="the row that was run in its place"),
    Index("inbox_identity", "bot", "event_id", unique=True),
    _where("inbox_open", "status = 0", "seq", "lane", "bot", "conversation"),
    _where("inbox_waiting", "status = 0", "bot", "conversation"),
    _where("inbox_of_bot", "status = 0", "bot", "seq"),
    _where("inbox_leased", "status = 1", "lane"),
    _where("inbox_messages", "message_id IS NOT NULL", "bot", "message_id"),
    _where("inbox_unsent", "kind = 'unsend'", "received_at"),
    _where("inbox_finished", "status = 2", "finished_at"),
    _where("inbox_joined", "joined IS NOT NULL", "bot", "conversation", "finished_at"),
    info=OUTLIVES,
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=False, comment="order of writing"),
    Column("bot", String(64), nullable=False),
    Column("conversation", String(160), nullable=False, comment="the target's"),
    Column("lane", SmallInteger, nullable=False),
    Column("seq", _Id, nullable=False, comment="the inbox row it came from"),
    Column("form", String(8), nullable=False, comment="reply or push"),  # for versions before 0006
    Column("reply_token", String(256)),  # for versions before 0006
    Column("retry_key", String(36), nullable=False, comment="for push, fixed before the first attempt"),
    Column("body", LargeBinary, nullable=False, comment="a JSON list of message objects"),
    _when("created_at", nullable=False),
    _when("deadline", nullable=False),
    Column("status", SmallInteger, nullable=False, server_default=text("0")),
    _epoch(),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    Column("is_open", Boolean, nullable=False, server_default=text("false"), comment="an attempt has not ended"),
    Column("is_uncertain", Boolean, nullable=False, server_default=text("false"), comment="one may have arrived"),
    Column("is_fallback", Boolean, nullable=False, server_default=text("false"), comment="a push instead of a reply"),
    Column("outcome", String(32)),
    Column("reason", String(512)),
    Column("request_id", String(128)),
    _when("finished_at"),
    Column("message_ids", String(256), comment="the platform's, of what was sent, each between blanks"),
    Column("ways", Text, comment="JSON: by which ways it can go, and which call of an answer it is"),
    Column("way", SmallInteger, nullable=False, server_default=text("0"), comment="the number of the way it is at"),
    _where("outbox_open", "status < 2", "id"),
    _where("outbox_waiting", "status = 0", "bot", "conversation"),
    _where("outbox_leased", "status = 1", "lane"),
    Index("outbox_origin", "seq"),
    _where("outbox_finished", "status = 2", "finished_at"),
    _where("outbox_sent", "message_ids IS NOT NULL", "bot", "conversation"),
    info=OUTLIVES,
)

conversations = Table(
    "conversations",
    metadata,
    Column("bot", String(64), primary_key=True),
    Column("conversation", String(160), primary_key=True),
    Column("state", Text, nullable=False, comment="a JSON object"),
    _when("updated_at", nullable=False),
    info=OUTLIVES,
)

plugin_state = Table(
    "plugin_state",
    metadata,
    Column("bot", String(64), primary_key=True),
    Column("plugin", String(64), primary_key=True),
    Column("key", String(255), primary_key=True),
    Column("value", Text, comment="JSON; NULL once deleted, so that its version lives on"),
    Column("version", BigInteger, nullable=False),
    _when("updated_at", nullable=False),
    info=OUTLIVES,
)

dead_letters = Table(
    "dead_letters",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    Column("origin", String(8), nullable=False, comment="event or delivery"),
    Column("ref", _Id, nullable=False, comment="inbox.seq or outbox.id"),
    Column("bot", String(64), nullable=False),
    Column("conversation", String(160), nullable=False),
    Column("error", String(512), nullable=False),
    Column("detail", Text, nullable=False, comment="the traceback, or all that is known"),
    Column("attempts", SmallInteger, nullable=False),
    _when("created_at", nullable=False),
    Index("dead_letters_by_bot", "bot", "created_at"),
    Index("dead_letters_by_ref", "origin", "ref"),
    sqlite_autoincrement=True,  # a number that somebody has noted must not come to mean another letter
    info=OUTLIVES,
)

switches = Table(
    "switches",
    metadata,
    Column("bot", String(64), primary_key=True),
    Column("kind", String(8), primary_key=True, comment="bot, plugin or route"),
    Column("name", String(160), primary_key=True, comment="of the plugin or route, else empty"),
    _when("changed_at", nullable=False),
    Column("changed_by", String(128), nullable=False),
    info=OUTLIVES,
)
"""What is switched off at run time, and by whom; what isn't here is on."""

audit = Table(
    "audit",
    metadata,
    Column("id", _Id, primary_key=True, autoincrement=True),
    _when("at", nullable=False),
    Column("who", String(128), nullable=False, comment="as far as the system can tell"),
    Column("action", String(32), nullable=False),
    Column("bot", String(64), nullable=False),
    Column("target", String(160), nullable=False),
    Index("audit_by_bot", "bot", "at"),
    sqlite_autoincrement=True,
    info=OUTLIVES,
)

cooldowns = Table(
    "cooldowns",
    metadata,
    Column("bot", String(64), primary_key=True),
    Column("conversation", String(160), primary_key=True),
    Column("route", String(160), primary_key=True),
    _when("until", nullable=False),
    Index("cooldowns_ended", "until"),
    info=OUTLIVES,
)
"""Until when a route rests in a conversation."""

flows = Table(
    "flows",
    metadata,
    Column("bot", String(64), primary_key=True),
    Column("conversation", String(160), primary_key=True),
    Column("id", String(32), primary_key=True),
    Column("person", String(160), nullable=False, comment="whose it is; empty for the whole chat's"),
    Column("flow", String(160), nullable=False),
    Column("asked", String(160), comment="the question that was asked last"),
    Column("turn", Integer, nullable=False, comment="grows with each question"),
    Column("rank", SmallInteger, nullable=False, comment="0 on top, others below it, -1 ended"),
    Column("outcome", String(32)),
    _when("begun_at", nullable=False),
    _when("asked_at"),
    _when("ended_at"),
    Column("data", Text, nullable=False, comment="JSON: what is known; of an ended one next to nothing"),
    _where("flows_open", "rank >= 0", "bot", "conversation"),
    _where("flows_of", "rank >= 0", "bot", "flow", "asked"),
    _where("flows_ended", "rank < 0", "ended_at"),
    info=OUTLIVES,
)

timers = Table(
    "timers",
    metadata,
    Column("bot", String(64), primary_key=True),
    Column("id", String(200), primary_key=True),
    Column("conversation", String(160), nullable=False),
    Column("lane", SmallInteger, nullable=False),
    Column("turn", Integer, nullable=False),
    _when("due_at", nullable=False),
    Column("body", LargeBinary, nullable=False, comment="JSON: what happens then"),
    Index("timers_due", "due_at"),
    info=OUTLIVES,
)

lanes = Table(
    "lanes",
    metadata,
    Column("lane", SmallInteger, primary_key=True, autoincrement=False),
    Column("epoch", BigInteger, nullable=False, server_default=text("0"), comment="grows with each new holder"),
    Column("worker", String(128)),
    Column("wants", String(64), comment="a bot that its last holder could not run"),
)

workers = Table(
    "workers",
    metadata,
    Column("worker", String(128), primary_key=True),
    _when("started_at", nullable=False),
    _when("heartbeat_at", nullable=False),
    Column("bots", Text, nullable=False, server_default=text("'[]'"), comment="a JSON list: those that it can run"),
)

mailboxes = Table(
    "mailboxes",
    metadata,
    Column("box", String(64), primary_key=True, comment="the file's name"),
    Column("taken", BigInteger, nullable=False, comment="the last request of it that is in the store"),
)

support = Table(
    "support",
    metadata,
    Column("oldest", String(32), primary_key=True, comment="the oldest schema whose code may still run on this one"),
)

# The conditions of the partial indexes, written out: with a bound value no index would be used.
inbox_is_ready = inbox.c.status == literal_column("0")
inbox_is_leased = inbox.c.status == literal_column("1")
inbox_is_done = inbox.c.status == literal_column("2")
inbox_is_joined = inbox.c.joined.is_not(None)
inbox_is_unsend = inbox.c.kind == literal_column("'unsend'")
flow_is_open = flows.c.rank >= literal_column("0")
outbox_is_ready = outbox.c.status == literal_column("0")
outbox_is_withheld = outbox.c.status == literal_column("-1")
outbox_is_leased = outbox.c.status == literal_column("1")
outbox_is_open = outbox.c.status < literal_column("2")
outbox_is_done = outbox.c.status == literal_column("2")
outbox_is_known = outbox.c.message_ids.is_not(None)

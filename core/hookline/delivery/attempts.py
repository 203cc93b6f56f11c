"""Make one attempt to send by an adapter, and say how it ended: whatever the adapter does, that is a verdict."""

from __future__ import annotations

import asyncio

import structlog

from ..adapters.deliveries import Delivery, Verdict
from ..adapters.failures import unsent
from ..bots.bot import Bot
from ..messages import as_sent, is_unchecked
from ..store.records import StoredDelivery
from ..tasks import contained
from ..tracebacks import summary_of, traceback_of
from ..ways import Way

log = structlog.stdlib.get_logger("hookline.courier")


async def attempt(bot: Bot, delivery: StoredDelivery, way: Way) -> Verdict:
    """Send *delivery* once, by *way*."""
    try:
        return await contained(bot.adapter.send(_sent(delivery, way)))
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
        return Verdict("uncertain", "the adapter waited for something that was cancelled")
    except Exception as error:  # an adapter's defect must not take the outbox down
        told = traceback_of(error)
        log.error(  # noqa: TRY400  in words: see tracebacks
            "delivery.adapter_failed", bot=bot.name, delivery=delivery.id, exception=told
        )
        return _verdict_on(error)


def _verdict_on(error: Exception) -> Verdict:
    try:
        return unsent(error) or Verdict("uncertain", summary_of(error))
    except BaseException:  # an adapter's error is as much its own as what it does
        return Verdict("uncertain", summary_of(error))


def _sent(delivery: StoredDelivery, way: Way) -> Delivery:
    return Delivery(
        way,
        [as_sent(message) for message in delivery.messages],
        delivery.retry_key,
        frozenset(index for index, one in enumerate(delivery.messages) if is_unchecked(one)),
    )

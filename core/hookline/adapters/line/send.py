"""Make one attempt to reply or to push, and say what LINE's answer means.

https://developers.line.biz/en/docs/messaging-api/retrying-api-request/
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...ways import EVERYONE
from ..deliveries import Delivery, Verdict
from ..failures import unsent
from .api import Answer, LineApi

RATE_SECONDS = 1.0


async def send(api: LineApi, delivery: Delivery) -> Verdict:
    """Post *delivery* once; every failure becomes a verdict."""
    import aiohttp  # lazy: as in HttpClient

    path, body, headers = _request(delivery)
    try:
        answer = await api.call("POST", path, body, headers=headers)
    except (TypeError, RecursionError) as error:  # of the body, which is written before anything is sent
        return Verdict(
            "refused",
            f"it can't be put into a request ({type(error).__name__}); nothing was sent",
            blames_messages=True,
        )
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return unsent(error) or Verdict("uncertain", f"no answer ({type(error).__name__})")
    return judge(delivery, answer)


def judge(delivery: Delivery, answer: Answer) -> Verdict:
    """Say what LINE's *answer* means for *delivery*."""
    verdict = _judged(delivery, answer)
    return replace(verdict, reason=_reason(answer), request_id=answer.request_id)


def _judged(delivery: Delivery, answer: Answer) -> Verdict:
    match answer.status:
        case 200:
            return Verdict("sent", message_ids=_message_ids(answer.body))
        case 409 if delivery.way.is_push:  # this retry key was accepted before
            return Verdict("sent", message_ids=_message_ids(answer.body))
        case 400 if not delivery.way.is_push and _is_of_token(answer):
            return Verdict("way_refused")
        case 429 if "monthly limit" not in _said(answer.body):
            return Verdict("again", after=answer.retry_after or RATE_SECONDS)
        case status if status >= 500 or 200 < status < 400 or status == 408:
            return Verdict("uncertain")
        case 425:
            return Verdict("again")
        case _ if not _said(answer.body):  # a proxy's answer: LINE's own say why
            return Verdict("again")
    return Verdict("refused", blames_messages=answer.status in (400, 413))


def _reason(answer: Answer) -> str:
    """Return what LINE says, with its details: they name keys, and nothing of what stands in the messages."""
    details = answer.body.get("details")
    each = [
        f"{detail.get('property', '?')}: {detail.get('message', '?')}"
        for detail in (details if isinstance(details, list) else [])
        if isinstance(detail, dict)
    ]
    said = _said(answer.body) or ("(not LINE's own answer)" if 400 <= answer.status < 500 else "")
    return f"{answer.status} {said}{'; ' if each else ''}{'; '.join(each)}".strip()


def _is_of_token(answer: Answer) -> bool:
    """Say whether it is the reply token that was refused, in any of LINE's wordings."""
    details = answer.body.get("details")
    properties = [one.get("property") for one in details if isinstance(one, dict)] if isinstance(details, list) else []
    said = _said(answer.body).lower().replace(" ", "")
    return "replytoken" in said or "replyToken" in properties


def _said(body: Mapping[str, Any]) -> str:
    message = body.get("message")
    return message if isinstance(message, str) else ""


def _request(delivery: Delivery) -> tuple[str, Mapping[str, Any], Mapping[str, str]]:
    messages = list(delivery.messages)
    if not delivery.way.is_push:
        return "/v2/bot/message/reply", {"replyToken": delivery.way.to, "messages": messages}, {}
    key = {"x-line-retry-key": delivery.retry_key}
    if delivery.way.to == EVERYONE:
        return "/v2/bot/message/broadcast", {"messages": messages}, key
    return (
        "/v2/bot/message/push",
        {"to": delivery.way.to, "messages": messages},
        key,
    )


def _message_ids(body: Mapping[str, Any]) -> list[str]:
    sent = body.get("sentMessages")
    return (
        [str(item["id"]) for item in sent if isinstance(item, dict) and "id" in item] if isinstance(sent, list) else []
    )

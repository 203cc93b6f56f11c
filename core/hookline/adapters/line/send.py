"""Make one attempt to reply or to push, and say what LINE's answer means.

https://developers.line.biz/en/docs/messaging-api/retrying-api-request/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..adapter import Delivery, Verdict
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
        return Verdict("refused", f"it can't be put into a request ({type(error).__name__}); nothing was sent")
    except (aiohttp.ClientError, OSError, ValueError) as error:
        return unsent(error) or Verdict("uncertain", f"no answer ({type(error).__name__})")
    return judge(delivery, answer)


def judge(delivery: Delivery, answer: Answer) -> Verdict:
    """Say what LINE's *answer* means for *delivery*."""
    reason = f"{answer.status} {answer.body.get('message', '')}".strip()
    match answer.status:
        case 200:
            return Verdict("sent", reason, request_id=answer.request_id, message_ids=_message_ids(answer.body))
        case 409 if delivery.form == "push":  # this retry key was accepted before
            return Verdict("sent", reason, request_id=answer.request_id, message_ids=_message_ids(answer.body))
        case 400 if delivery.form == "reply" and "reply token" in reason.lower():
            return Verdict("token_refused", reason, request_id=answer.request_id)
        case 429 if "monthly limit" not in reason:
            return Verdict("again", reason, after=answer.retry_after or RATE_SECONDS, request_id=answer.request_id)
        case status if status >= 500 or 200 < status < 400:
            return Verdict("uncertain", reason, request_id=answer.request_id)
    return Verdict("refused", reason, request_id=answer.request_id)


def _request(delivery: Delivery) -> tuple[str, Mapping[str, Any], Mapping[str, str]]:
    messages = list(delivery.messages)
    if delivery.form == "reply":
        return "/v2/bot/message/reply", {"replyToken": delivery.reply_token, "messages": messages}, {}
    headers = {"x-line-retry-key": delivery.retry_key} if delivery.retry_key else {}
    return "/v2/bot/message/push", {"to": delivery.to, "messages": messages}, headers


def _message_ids(body: Mapping[str, Any]) -> list[str]:
    sent = body.get("sentMessages")
    return (
        [str(item["id"]) for item in sent if isinstance(item, dict) and "id" in item] if isinstance(sent, list) else []
    )

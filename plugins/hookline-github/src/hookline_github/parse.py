"""Turn GitHub's webhooks into events; unknown types, fields and shapes are kept.

https://docs.github.com/en/webhooks/webhook-events-and-payloads
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_to_bytes

from hookline import Chat, Event, NotAWebhookError, Request, Way
from hookline.adapters.payloads import identity, load_object, mapping, number, text

EVENT, DELIVERY = "x-github-event", "x-github-delivery"
HEADERS = "headers"
"""The key of the raw object under which those two stand: the body doesn't say what happened."""

_NAME = re.compile(r"[a-z][a-z_]{0,63}")
_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")
REPOSITORY = r"[A-Za-z0-9_-]{1,100}/(?!\.{1,2}(?![A-Za-z0-9_.-]))[A-Za-z0-9_.-]{1,100}"
"""An owner and a name, which is never `.` or `..`: that would lead elsewhere."""
_REPOSITORY = re.compile(REPOSITORY)
_ADDRESS = re.compile(rf"(?P<repository>{REPOSITORY})#(?P<number>[1-9]\d{{0,11}})( (?P<installation>\d{{1,20}}))?")
_FORM = b"payload="

COMMENTS = frozenset(
    ["issue_comment", "commit_comment", "discussion_comment", "pull_request_review", "pull_request_review_comment"]
)
"""The events about what somebody said, which the bot may have said itself."""

SUBJECTS = ("issue", "pull_request", "discussion")
_TITLED = ("issues", "pull_request", "discussion")
_WRITTEN = frozenset(["opened", "created", "submitted", "edited"])
"""The actions that bring a text: what is labelled or closed was written long before."""

_ISSUES = "opened edited closed reopened assigned unassigned labeled unlabeled milestoned demilestoned locked unlocked "
_PULLS = f"{_ISSUES} synchronize ready_for_review converted_to_draft review_requested review_request_removed "
_ANSWERABLE: Mapping[str, str] = {
    "issues": f"{_ISSUES} pinned unpinned typed untyped",
    "issue_comment": "created edited deleted",
    "pull_request": f"{_PULLS} auto_merge_enabled auto_merge_disabled enqueued dequeued",
    "pull_request_review": "submitted edited dismissed",
    "pull_request_review_comment": "created edited deleted",
    "pull_request_review_thread": "resolved unresolved",
}
_SILENT: Mapping[str, str] = {
    "issues": "deleted transferred",  # there is nothing left to comment on
    "discussion": "created edited deleted answered unanswered labeled unlabeled closed reopened locked unlocked "
    "pinned unpinned category_changed transferred",
    "discussion_comment": "created edited deleted",
    "commit_comment": "created",
    "release": "published created edited deleted prereleased released unpublished",
    "workflow_run": "requested in_progress completed",
    "workflow_job": "queued in_progress waiting completed",
    "check_run": "created completed rerequested requested_action",
    "check_suite": "requested rerequested completed",
    "star": "created deleted",
    "watch": "started",
    "label": "created edited deleted",
    "milestone": "created edited closed opened deleted",
    "member": "added edited removed",
    "organization": "member_added member_removed member_invited renamed deleted",
    "repository": "created edited renamed archived unarchived publicized privatized transferred deleted",
    "installation": "created deleted suspend unsuspend new_permissions_accepted",
    "installation_repositories": "added removed",
    "dependabot_alert": "created dismissed fixed reopened reintroduced auto_dismissed auto_reopened",
    "code_scanning_alert": "created fixed reopened reopened_by_user closed_by_user appeared_in_branch",
    "secret_scanning_alert": "created resolved reopened publicly_leaked validated",
}
_WITHOUT_ACTION = "ping push create delete fork gollum public status deployment deployment_status page_build team_add"

EVENTS: Mapping[str, bool] = {
    **{f"{event}.{action}": True for event, actions in _ANSWERABLE.items() for action in actions.split()},
    **{f"{event}.{action}": False for event, actions in _SILENT.items() for action in actions.split()},
    **dict.fromkeys(_WITHOUT_ACTION.split(), False),
}
"""Each event type and whether it can be answered: by a comment below its issue or pull request."""
TEXTS = frozenset(
    kind for kind in EVENTS if kind.partition(".")[0] in (*COMMENTS, *_TITLED) and kind.partition(".")[2] in _WRITTEN
)
"""The event types that may have a text."""


@dataclass(frozen=True, slots=True)
class Address:
    """Hold an issue or a pull request, and the installation of the app by which it was heard of, if it was one."""

    repository: str
    number: str
    installation: str | None = None

    @classmethod
    def of(cls, to: str) -> Address | None:
        """Return what ``owner/repo#7`` means, or ``owner/repo#7 123`` with an installation; None for anything else."""
        found = _ADDRESS.fullmatch(to)
        return None if found is None else cls(found["repository"], found["number"], found["installation"])

    @property
    def way(self) -> Way:
        """Return the way to it; GitHub notices no second attempt."""
        behind = f" {self.installation}" if self.installation else ""
        return Way("comment", f"{self.repository}#{self.number}{behind}")


def headers_of(request: Request) -> Mapping[str, str] | None:
    """Return the name of the event and the id of its delivery; None when one is missing, doubled or malformed."""
    event, delivery = request.header(EVENT), request.header(DELIVERY)
    if event is None or delivery is None or not (_NAME.fullmatch(event) and _ID.fullmatch(delivery)):
        return None
    return {EVENT: event, DELIVERY: delivery}


def load(request: Request) -> Mapping[str, Any]:
    """Return the payload of a webhook with its headers, or raise NotAWebhookError.

    It is JSON, or a form with the JSON under ``payload``, as the webhook's content type was chosen.
    """
    headers, body = headers_of(request), request.body
    if headers is None:
        raise NotAWebhookError(f"no `{EVENT}`, or no `{DELIVERY}`")
    if body.startswith(_FORM):
        body = unquote_to_bytes(body[len(_FORM) :].partition(b"&")[0].replace(b"+", b" "))
    return {**load_object(body), HEADERS: headers}


def marker(bot: str) -> str:
    """Return what ends each comment of *bot*: nobody sees it, and the bot knows its own by it."""
    return f"<!-- hookline:{bot} -->"


def redact(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *raw* without anything that somebody wrote."""
    redacted: Mapping[str, Any] = _without_texts(raw)
    return redacted


def _without_texts(value: Any) -> Any:
    if isinstance(value, dict):
        gone = ("body", "title", "message", "changes", "description")
        return {name: _without_texts(one) for name, one in value.items() if name not in gone}
    return [_without_texts(one) for one in value] if isinstance(value, list) else value


def subject(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the issue, pull request or discussion that *raw* is about; an empty object where there is none."""
    return next((found for name in SUBJECTS if (found := mapping(raw, name))), {})


def remark(raw: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the comment or the review that *raw* is about; an empty object where there is none."""
    return mapping(raw, "comment") or mapping(raw, "review")


class Reader:
    """Read the webhooks of one bot, which may know its own name and its app."""

    def __init__(self, bot: str, login: str | None, app: str | None) -> None:
        self._bot = bot
        self._marker = marker(bot)
        self._login = (login or "").removeprefix("@").removesuffix("[bot]").casefold()
        self._app = app
        self._mention = re.compile(rf"(?<![\w@/-])@{re.escape(self._login)}(?:\[bot\])?(?![\w-])", re.IGNORECASE)

    def is_own(self, raw: Mapping[str, Any]) -> bool:
        """Say whether *raw* is about a comment of the bot itself, which it must not answer.

        Its app made it, its account did, or it ends as the bot's comments do; what quotes one is somebody else's.
        """
        if text(mapping(raw, HEADERS), EVENT) not in COMMENTS:
            return False
        app = identity(mapping(remark(raw), "performed_via_github_app"), "id")
        login = (text(mapping(raw, "sender"), "login") or "").casefold()
        lines = (text(remark(raw), "body") or "").splitlines()
        return (
            (self._app is not None and app == self._app)
            or (bool(self._login) and login in (self._login, f"{self._login}[bot]"))
            or any(self._marker in line and not line.lstrip().startswith(">") for line in lines)
        )

    def read(self, raw: Mapping[str, Any], received_at: int) -> Event:
        """Turn one raw webhook into an Event; whatever is missing or odd becomes None or empty."""
        headers = mapping(raw, HEADERS)
        event, action = text(headers, EVENT) or "unknown", text(raw, "action")
        kind = event if action is None else f"{event}.{action}"
        event_id = text(headers, DELIVERY) or hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()
        repository = text(mapping(raw, "repository"), "full_name") or ""
        place = repository if _REPOSITORY.fullmatch(repository) else ""
        subject_number = number(subject(raw), "number")
        if place and subject_number is not None and 0 < subject_number < 10**12:
            place = f"{place}#{subject_number}"
        written = _written(event, raw) if action in _WRITTEN else None
        return Event(
            bot=self._bot,
            id=event_id,
            type=kind,
            conversation=place or f"event:{event_id}",
            chat=Chat("group" if place else "none", place),
            user=text(mapping(raw, "sender"), "login"),
            text=written,
            timestamp=(_time(event, raw) if action in _WRITTEN else None) or received_at,
            raw=raw,
            ways=self._ways(kind, place, raw),
            message_id=identity(remark(raw), "id"),
            calls=self._calls(written or ""),
            received_at=received_at,
        )

    def _ways(self, kind: str, place: str, raw: Mapping[str, Any]) -> tuple[Way, ...]:
        address = Address.of(place)
        is_discussed = not (mapping(raw, "issue") or mapping(raw, "pull_request"))  # only GraphQL comments on those
        if address is None or is_discussed or not EVENTS.get(kind, True):
            return ()
        installation = identity(mapping(raw, "installation"), "id") if self._app else None
        heard = Address.of(f"{place} {installation}") if installation else None
        return ((heard or address).way,)

    def _calls(self, written: str) -> tuple[tuple[int, int], ...]:
        """Return where the bot is mentioned, if it knows its name."""
        return tuple(found.span() for found in self._mention.finditer(written)) if self._login else ()


def _written(event: str, raw: Mapping[str, Any]) -> str | None:
    """Return what was written: a comment, or the title and the text of what was opened, with a blank line between."""
    if event in COMMENTS:
        return text(remark(raw), "body")
    if event not in _TITLED:
        return None
    return "\n\n".join(filter(None, (text(subject(raw), "title"), text(subject(raw), "body")))) or None


def _time(event: str, raw: Mapping[str, Any]) -> int | None:
    """Return when it was written, in milliseconds since 1970."""
    source = remark(raw) if event in COMMENTS else subject(raw) if event in _TITLED else {}
    for name in ("updated_at", "submitted_at", "created_at"):
        try:
            time = datetime.fromisoformat(text(source, name) or "")
        except ValueError:
            continue
        milliseconds = round((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)
        return milliseconds if 0 < milliseconds < 10**14 else None
    return None

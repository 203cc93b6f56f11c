"""Say what GitHub's events tell besides their text, by the names that bot.yaml has for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from hookline import Event, EventField
from hookline.adapters.fields import ALL, FieldKind, RawPath
from hookline.adapters.payloads import mapping, objects, text

from .parse import remark, subject

_SAID = frozenset(["pull_request_review.submitted", "pull_request_review.edited", "pull_request_review.dismissed"])
_RUNS = ("workflow_run", "workflow_job", "check_suite", "check_run", "release", "deployment_status")
_BRANCH = "refs/heads/"


def _of_subject(name: str) -> Callable[[Event], object]:
    return lambda event: subject(event.raw).get(name)


def _first(*paths: str) -> Callable[[Event], object]:
    read = [RawPath.of(path) for path in paths]
    return lambda event: next((found for each in read if isinstance(found := each(event), str) and found), None)


def _url(event: Event) -> object:
    about = subject(event.raw) or next((found for name in _RUNS if (found := mapping(event.raw, name))), {})
    return text(about, "html_url") or text(event.raw, "compare") or text(mapping(event.raw, "repository"), "html_url")


def _title(event: Event) -> object:
    return text(subject(event.raw), "title") or _NAMES(event)


_NAMES = _first("release.name", "release.tag_name", "workflow_run.name", "workflow_job.name", "check_run.name")
_REF = _first("ref", "pull_request.head.ref")
_HEAD = _first(
    "pull_request.head.ref",
    "workflow_run.head_branch",
    "workflow_job.head_branch",
    "check_suite.head_branch",
    "check_run.check_suite.head_branch",
)


def _branch(event: Event) -> object:
    ref = text(event.raw, "ref") or ""
    if ref.startswith(_BRANCH):
        return ref.removeprefix(_BRANCH)
    return ref if event.raw.get("ref_type") == "branch" else _HEAD(event)


def _labels(event: Event) -> object:
    return [label.get("name") for label in objects(subject(event.raw), "labels")]


def _field(
    read: Callable[[Event], object], doc: str, kind: FieldKind = "text", types: frozenset[str] = ALL, **more: Any
) -> EventField:
    return EventField(types, kind, doc, read, **more)


FIELDS: Mapping[str, EventField] = {
    "action": _field(RawPath.of("action"), "What was done: opened, closed, created, …"),
    "repository": _field(RawPath.of("repository.full_name"), "The repository, as owner/repo."),
    "number": _field(_of_subject("number"), "The number of the issue, pull request or discussion.", "number"),
    "title": _field(_title, "Its title; of a release or a run its name."),
    "url": _field(_url, "Its page, or that of the release, the run, the pushed commits, the repository."),
    "author": _field(lambda event: mapping(subject(event.raw), "user").get("login"), "The login of whoever opened it."),
    "sender_login": _field(RawPath.of("sender.login"), "The login of whoever did this."),
    "sender_type": _field(RawPath.of("sender.type"), "Whether that was a person or an app.", choices=("User", "Bot")),
    "ref": _field(_REF, "What was pushed, created or deleted, as refs/heads/main; or a pull request's branch."),
    "branch": _field(_branch, "The branch alone; of a run the one that it is for."),
    "labels": _field(_labels, "The names of its labels.", "texts"),
    "label": _field(RawPath.of("label.name"), "The label that was put on or taken off."),
    "state": _field(_of_subject("state"), "open or closed.", choices=("open", "closed")),
    "merged": _field(RawPath.of("pull_request.merged"), "Whether the pull request is merged.", "bool"),
    "draft": _field(RawPath.of("pull_request.draft"), "Whether the pull request is a draft.", "bool"),
    "comment_url": _field(lambda event: remark(event.raw).get("html_url"), "The page of the comment or review."),
    "review_state": _field(
        RawPath.of("review.state"),
        "What a review says.",
        types=_SAID,
        choices=("approved", "changes_requested", "commented", "dismissed"),
    ),
    "conclusion": _field(
        _first(*(f"{name}.conclusion" for name in _RUNS[:4])),
        "How a run ended: success, failure, cancelled, …",
    ),
}
"""Everything by its name; what has none is found by its path, as in ``{event.raw.pull_request.base.ref}``."""

"""Be GitHub for bots on this machine: send signed webhooks, take comments by its rules, record what is written."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import re
import zlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import SecretStr

from hookline import Request
from hookline.adapters.flaws import where
from hookline.adapters.simulated import Button, Drawing, Fault, Sent, SimulatedPlatform
from hookline.clock import Clock

from .adapter import SIGNATURE, SIMULATED, GithubSettings
from .messages import MAX_BODY, check
from .parse import COMMENTS, DELIVERY, EVENT, HEADERS

OWNER, REPOSITORY, NUMBER = "acme", "acme/shop", 1
INSTALLATION = 42
PAGE = "https://github.com"

_MARKER = re.compile(r"\s*<!-- hookline:[^\n]* -->\s*\Z")
_LINK = re.compile(r"- \[(?P<label>(?:\\.|[^\]\\])*)\]\((?P<url>[^)\s]+)\)")
_DISCUSSED = ("discussion", "discussion_comment")
_PULLED = ("pull_request", "pull_request_review", "pull_request_review_comment", "pull_request_review_thread")
_ASKED = ("issues", "issue_comment")
_CLOSED = ("closed", "deleted")


class SimulatedGithub(SimulatedPlatform):
    """Be GitHub. Whoever says something alone with the bot says it below the issue 1 of ``acme/shop``.

    A group is a repository: ``blog`` is that of ``acme``, and ``acme/blog#7`` an issue of it. ``tokens`` are those that
    open the API, each with the name of its bot; apps get theirs by their keys, whatever key signs.
    """

    title = "GitHub"

    def __init__(self, clock: Clock | None = None) -> None:
        super().__init__(clock)
        self._numbers = itertools.count(1)
        self._apps: dict[str, str] = {}
        self._logins: dict[str, str] = {}
        self.tokens: dict[str, str] = {}

    def settings(self, bot: str, given: GithubSettings) -> GithubSettings:
        """Return the settings by which *bot* speaks to it; an app whose key is made up gets a token instead."""
        changed: dict[str, Any] = {"webhook_secret": [SecretStr(SIMULATED)], "api_base": self.url}
        self._logins[bot] = (given.login or bot).removeprefix("@")
        key = given.private_key.get_secret_value() if given.private_key is not None else SIMULATED
        if key != SIMULATED and given.app_id is not None:
            self._apps[given.app_id] = bot
        else:
            token = f"simulated-token-{bot}"
            self.tokens[token] = bot
            changed |= {"token": SecretStr(token), "private_key": None}
        return given.model_copy(update=changed)

    def text(
        self, bot: str, text: str, *, user: str = "mei", group: str | None = None, mention: bool = False
    ) -> dict[str, Any]:
        """Return the webhook that *user* comments on an issue; with *mention* the bot's login stands before it."""
        body = f"@{self._logins.get(bot, bot)} {text}" if mention else text
        return self.happen(bot, "issue_comment.created", user=user, group=group, comment={"body": body})

    def tap(self, bot: str, data: str, *, user: str = "mei", group: str | None = None) -> dict[str, Any]:
        """Return the webhook that *user* comments *data*: there is nothing to tap here."""
        return self.text(bot, data, user=user, group=group)

    def happen(
        self, bot: str, kind: str, *, user: str | None = "mei", group: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """Return the webhook of the type *kind*, as in ``happen(bot, "issues.opened", issue={"number": 7})``.

        *fields* go into what such a webhook usually holds, as deep as they are.
        """
        if kind in ("message.text", "postback"):
            return self.text(bot, str(fields.get("text", fields.get("data", ""))), user=user or "ghost", group=group)
        event, _, action = kind.partition(".")
        repository, number = _place(group)
        payload: dict[str, Any] = {"action": action} if action else {}
        payload |= self._usual(event, action, repository, number, user or "ghost")
        if event not in ("installation", "installation_repositories", "organization"):
            payload["repository"] = _repository(repository)
        payload["sender"] = _person(user or "ghost")
        if bot in self._apps.values():
            payload.setdefault("installation", {"id": INSTALLATION})
        delivery = f"{next(self._numbers):08x}-0000-4000-8000-{zlib.crc32(bot.encode()):012x}"
        return {**_merged(payload, fields), HEADERS: {EVENT: event, DELIVERY: delivery}}

    def request(self, bot: str, raw: Mapping[str, Any]) -> Request:
        """Return the signed request that brings *raw*."""
        body = json.dumps({name: value for name, value in raw.items() if name != HEADERS}).encode()
        signature = f"sha256={hmac.digest(SIMULATED.encode(), body, hashlib.sha256).hex()}"
        headers = {"content-type": "application/json", SIGNATURE: signature, **raw[HEADERS]}
        return Request.of(body, headers, self._clock.now())

    def draw(self, message: Mapping[str, Any]) -> Drawing:
        """Return *message* for a terminal: its Markdown without the marker, and its links that stand as buttons."""
        lines = _MARKER.sub("", str(message.get("body", ""))).splitlines()
        found = [_LINK.fullmatch(line) for line in lines]
        shown = [line for line, link in zip(lines, found, strict=True) if line and link is None]
        return Drawing(shown, [Button(link["label"], url=link["url"]) for link in found if link is not None])

    def _usual(self, event: str, action: str, repository: str, number: int, user: str) -> dict[str, Any]:
        """Return what a webhook of this event holds besides what all have."""
        about: dict[str, Any] = {}
        if event in _ASKED:
            about["issue"] = self._subject("issues", action, repository, number, user)
        elif event in _PULLED:
            about["pull_request"] = self._pull(action, repository, number, user)
        elif event in _DISCUSSED:
            about["discussion"] = self._subject("discussions", action, repository, number, user)
        if event == "pull_request":
            about["number"] = number
        if action in ("labeled", "unlabeled"):
            about["label"] = {"name": "bug"}
        if event in COMMENTS:
            about["review" if event == "pull_request_review" else "comment"] = self._comment(repository, number, user)
        return about | self._without_subject(event, action, repository, user)

    def _without_subject(self, event: str, action: str, repository: str, user: str) -> dict[str, Any]:
        page = f"{PAGE}/{repository}"
        match event:
            case "ping":
                return {
                    "zen": "Keep it logically awesome.",
                    "hook_id": 1,
                    "hook": {"type": "Repository", "active": True},
                }
            case "push":
                commit = {
                    "id": "a1" * 20,
                    "message": "Open earlier",
                    "timestamp": self._now(),
                    "author": {"name": user},
                }
                pushed = {"ref": "refs/heads/main", "before": "0" * 40, "after": "a1" * 20, "commits": [commit]}
                return {**pushed, "head_commit": commit, "compare": f"{page}/compare/main", "pusher": {"name": user}}
            case "create" | "delete":
                return {"ref": "menu", "ref_type": "branch", "pusher_type": "user"}
            case "release":
                release = {"id": 1, "tag_name": "v1.0", "name": "One", "html_url": f"{page}/releases/tag/v1.0"}
                return {"release": {**release, "draft": False, "author": _person(user)}}
            case "workflow_run" | "workflow_job" | "check_run" | "check_suite":
                conclusion = "success" if action == "completed" else None
                run = {"id": 1, "name": "tests", "head_branch": "main", "status": action, "conclusion": conclusion}
                return {event: {**run, "html_url": f"{page}/actions/runs/1", "pull_requests": []}}
            case "installation" | "installation_repositories":
                return {"installation": {"id": INSTALLATION, "account": _person(OWNER)}, "repositories": []}
            case "organization":
                return {"organization": _person(OWNER)}
        return {}

    def _subject(self, kind: str, action: str, repository: str, number: int, user: str) -> dict[str, Any]:
        return {
            "id": 1000 + number,
            "number": number,
            "title": "The menu is out of date",
            "body": "It still has the old prices.",
            "state": "closed" if action in _CLOSED else "open",
            "user": _person(user),
            "labels": [{"name": "bug"}] if action == "labeled" else [],
            "html_url": f"{PAGE}/{repository}/{kind}/{number}",
            "created_at": self._now(),
            "updated_at": self._now(),
        }

    def _pull(self, action: str, repository: str, number: int, user: str) -> dict[str, Any]:
        return {
            **self._subject("pull", action, repository, number, user),
            "draft": action == "converted_to_draft",
            "merged": False,
            "head": {"ref": "menu", "sha": "a1" * 20},
            "base": {"ref": "main", "sha": "b2" * 20},
        }

    def _comment(self, repository: str, number: int, user: str) -> dict[str, Any]:
        comment = next(self._numbers)
        return {
            "id": comment,
            "body": "Thank you!",
            "user": _person(user),
            "html_url": f"{PAGE}/{repository}/issues/{number}#issuecomment-{comment}",
            "created_at": self._now(),
            "updated_at": self._now(),
            "submitted_at": self._now(),
            "state": "commented",
        }

    def _now(self) -> str:
        return datetime.fromtimestamp(self._clock.now() // 1000, UTC).isoformat().replace("+00:00", "Z")

    # The API's side.

    def _routes(self) -> Iterable[web.RouteDef]:
        return [
            web.post("/repos/{owner}/{name}/issues/{number}/comments", self._write),
            web.get("/repos/{owner}/{name}/installation", self._find_installation),
            web.post("/app/installations/{installation}/access_tokens", self._open),
            web.get("/user", self._tell_user),
        ]

    async def _write(self, request: web.Request) -> web.Response:
        bot = self.tokens.get(_bearer(request))
        if bot is None:
            return self._problem(request, 401, "Bad credentials")
        message = await request.json()
        flaws = [flaw for flaw in check([_unmarked(message)]) if flaw.stops(lets_unknown=True)]
        if flaws or len(message["body"]) > MAX_BODY:
            why = f"{where(flaws[0].path[1:])}: {flaws[0].reason}" if flaws else "body is too long"
            return self._problem(request, 422, f"Validation Failed: {why}")
        repository = f"{request.match_info['owner']}/{request.match_info['name']}"
        number = request.match_info["number"]

        def accept() -> dict[str, Any]:
            comment = next(self._numbers)
            self._record(Sent(bot, "comment", f"{repository}#{number}", [message], message_ids=[str(comment)]))
            page = f"{PAGE}/{repository}/issues/{number}#issuecomment-{comment}"
            return {"id": comment, "body": message["body"], "html_url": page, "user": _person(bot)}

        return await self._accept(request, accept, lambda comment: self._fine(request, comment, 201))

    async def _find_installation(self, request: web.Request) -> web.Response:
        app = self._app_of(request)
        if app is None:
            return self._problem(request, 401, "A JSON web token could not be decoded")
        return self._fine(request, {"id": INSTALLATION, "app_id": int(app)})

    async def _open(self, request: web.Request) -> web.Response:
        app = self._app_of(request)
        if app is None:
            return self._problem(request, 401, "A JSON web token could not be decoded")
        token = f"ghs_{next(self._numbers)}"
        self.tokens[token] = self._apps[app]
        end = datetime.fromtimestamp(self._clock.now() // 1000 + 3600, UTC).isoformat()
        return self._fine(request, {"token": token, "expires_at": end}, 201)

    async def _tell_user(self, request: web.Request) -> web.Response:
        bot = self.tokens.get(_bearer(request))
        return self._problem(request, 401, "Bad credentials") if bot is None else self._fine(request, _person(bot))

    def _app_of(self, request: web.Request) -> str | None:
        """Return the app that a JWT is of; who signed it is not looked at."""
        return next((app for app in self._apps if app == _issuer(_bearer(request))), None)

    def _fails(self, request: web.Request, fault: Fault) -> web.Response:
        match fault.kind:
            case "rate_limit":
                return self._problem(request, 403, "You have exceeded a secondary rate limit", {"retry-after": "1"})
            case "monthly_limit":
                limits = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(self._clock.now() // 1000 + 1)}
                return self._problem(request, 403, "API rate limit exceeded", limits)
            case "refuse":
                return self._problem(request, 422, "Validation Failed")
        return self._problem(request, 502, "Server Error")

    def _fine(self, request: web.Request, answer: object, status: int = 200) -> web.Response:
        self.requests.append((request.path, status))
        return web.json_response(answer, status=status)

    def _problem(
        self, request: web.Request, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        self.requests.append((request.path, status))
        return web.json_response({"message": message, "status": str(status)}, status=status, headers=headers)


def _bearer(request: web.Request) -> str:
    return request.headers.get("authorization", "").removeprefix("Bearer ")


def _issuer(proof: str) -> str | None:
    try:
        claims = json.loads(base64.urlsafe_b64decode(proof.split(".")[1] + "=="))
    except (IndexError, ValueError):
        return None
    return str(claims.get("iss")) if isinstance(claims, dict) else None


def _unmarked(message: Mapping[str, Any]) -> Mapping[str, Any]:
    return {**message, "body": _MARKER.sub("", str(message.get("body", "")))}


def _place(group: str | None) -> tuple[str, int]:
    repository, _, number = (group or REPOSITORY).partition("#")
    full = repository if "/" in repository else f"{OWNER}/{repository}"
    return full, int(number) if number.isdigit() else NUMBER


def _repository(full: str) -> dict[str, Any]:
    owner, _, name = full.partition("/")
    known = {"id": zlib.crc32(full.encode()), "name": name, "full_name": full, "html_url": f"{PAGE}/{full}"}
    return {**known, "owner": _person(owner), "private": False, "default_branch": "main"}


def _person(login: str) -> dict[str, Any]:
    kind = "Bot" if login.endswith("[bot]") else "User"
    return {"login": login, "id": zlib.crc32(login.encode()), "type": kind, "html_url": f"{PAGE}/{login}"}


def _merged(payload: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(payload)
    for name, value in fields.items():
        before = merged.get(name)
        merged[name] = _merged(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged

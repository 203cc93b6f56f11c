"""Say what may stand under ``webhook:`` of a bot: who signs, and where in a webhook things stand."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from hookline.adapters.payloads import load_object
from hookline.adapters.signatures import MAX_SECRETS
from hookline.errors import NotAWebhookError

from .paths import BODY, HEADER, checked, ensure_leads, steps
from .presets import NONE, PRESETS, STANDARD, Preset, PresetName
from .signatures import Scheme, placeholders

SIMULATED = "simulated-secret"
HEADER_NAME = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]+$"

Where = Annotated[str, AfterValidator(checked)]
HeaderName = Annotated[str, Field(pattern=HEADER_NAME), AfterValidator(str.lower)]


def _one_or_many(value: object) -> object:
    return value if isinstance(value, list) or value is None else [value]


def _secret(given: SecretStr) -> SecretStr:
    if not given.get_secret_value().strip():
        raise ValueError("a secret is empty")
    return SecretStr(given.get_secret_value().strip())


def sample(path: Path) -> dict[str, Any]:
    """Return the example in the file *path* as webhooks are kept; raise ValueError for what is none."""
    try:
        found = load_object(path.read_bytes())
    except OSError as error:
        raise ValueError(f"can't read {path.absolute()}: {error.strerror}") from None
    except NotAWebhookError as error:
        raise ValueError(f"{path}: {error}") from None
    headers, body = found.get("headers"), found.get(BODY)
    if not (isinstance(body, dict) and found.keys() <= {"headers", BODY} and isinstance(headers, dict | None)):
        return {HEADER: {}, BODY: found}
    return {HEADER: {name.lower(): str(value) for name, value in (headers or {}).items()}, BODY: body}


def _readable(path: Path) -> Path:
    sample(path)
    return path


class VerifySettings(BaseModel):
    """Hold what stands under ``verify:``: how a webhook shows who sent it."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    secrets: Annotated[
        list[Annotated[SecretStr, AfterValidator(_secret)]],
        BeforeValidator(_one_or_many),
        Field(min_length=1, max_length=MAX_SECRETS, description="The secret; while rotating a list, newest first."),
    ]
    scheme: Annotated[
        Scheme | None,
        Field(description="How it is shown: standard-webhooks, hmac-sha256, or a token that comes along."),
    ] = None
    header: Annotated[HeaderName | None, Field(description="The header with the signature or the token.")] = None
    encoding: Annotated[Literal["hex", "base64"], Field(description="How a signature is written: hex or base64.")] = (
        "hex"
    )
    prefix: Annotated[str, Field(description="What stands before a signature or a token, as in sha256=.")] = ""
    signed: Annotated[
        str,
        Field(description="What is signed: {body}, {timestamp}, {id}, {url}, {header.NAME} and what stands between."),
    ] = "{body}"
    timestamp: Annotated[HeaderName | None, Field(description="The header with the time, in seconds since 1970.")] = (
        None
    )
    tolerance: Annotated[
        int, Field(ge=1, le=86_400, description="So many seconds may that time be past, or ahead of this clock.")
    ] = 300
    url: Annotated[
        str | None,
        Field(pattern=r"^https?://\S+$", description="This bot's address, as the platform has it."),
    ] = None

    @property
    def values(self) -> list[str]:
        """Return the secrets, the newest first."""
        return [secret.get_secret_value() for secret in self.secrets]


class WebhookSettings(BaseModel):
    """Hold what stands under ``webhook:`` of a bot; what isn't given is the preset's."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True, validate_default=True)

    preset: Annotated[PresetName | None, Field(description="A platform that hookline knows.")] = None
    verify: Annotated[VerifySettings, Field(description="How a webhook shows who sent it.")]
    example: Annotated[
        Path | None,
        AfterValidator(lambda path: path if path is None else _readable(path)),
        Field(description="A JSON file with a webhook, {headers: …, body: …} or its body: `check` follows the paths."),
    ] = None
    id: Annotated[Where | None, Field(description="Where the id stands; one that comes again is a double.")] = None
    type: Annotated[
        Annotated[list[Where], Field(min_length=1, max_length=4)] | None,
        BeforeValidator(_one_or_many),
        Field(description="Where the type stands; of several paths the values are put together by dots."),
    ] = None
    conversation: Annotated[
        Where | None, Field(description="Where the id stands of what events are about; these keep their order.")
    ] = None
    text: Annotated[Where | None, Field(description="Where a text stands, if somebody has written one.")] = None
    user: Annotated[Where | None, Field(description="Where the id of a person stands.")] = None

    @field_validator("verify")
    @classmethod
    def _complete(cls, given: VerifySettings, info: ValidationInfo) -> VerifySettings:
        """Return *given* with what the preset says of the rest, once it is enough to verify a webhook."""
        verify = _filled(given, _preset(info.data, given).verify)
        _check_whole(verify)
        return verify

    @field_validator("id", "type", "conversation", "text", "user")
    @classmethod
    def _found(cls, given: Any, info: ValidationInfo) -> Any:
        """Return *given* once its paths lead somewhere in the example, or what the preset has instead."""
        if given is None:
            found = getattr(_preset(info.data, info.data.get("verify")), str(info.field_name), None)
            return list(found) if isinstance(found, tuple) else found
        paths, verify = [given] if isinstance(given, str) else given, info.data.get("verify")
        if verify is not None and (HEADER, verify.header) in map(steps, paths):
            raise ValueError(f"`{verify.header}` shows who sent a webhook, and isn't kept")
        if info.data.get("example") is not None:
            raw = sample(info.data["example"])
            for path in paths:
                ensure_leads(raw, path)
        return given

    @field_validator("id")
    @classmethod
    def _signed_id(cls, given: str | None, info: ValidationInfo) -> str | None:
        """Return *given*, from a header where the id is signed: nobody reads a body before it is known whose it is."""
        verify = info.data.get("verify")
        wants = verify is not None and verify.scheme != "token" and "id" in placeholders(verify.signed)
        if wants and (given is None or steps(given)[0] != HEADER):
            raise ValueError("`{id}` is signed, so `id` must name a header, as in header.webhook-id")
        return given

    @property
    def paths(self) -> list[str]:
        """Return all paths."""
        named = (self.id, self.conversation, self.text, self.user)
        return [*(self.type or ()), *(path for path in named if path is not None)]

    @property
    def headers(self) -> frozenset[str]:
        """Return the headers that are kept: those that paths and the preset name, and that of the time."""
        named = {steps(path)[1] for path in self.paths if steps(path)[0] == HEADER}
        time = [self.verify.timestamp] if self.verify.timestamp else []
        return frozenset([*named, *time, *_preset({"preset": self.preset}, self.verify).headers])


def key_of(verify: VerifySettings, secret: str) -> bytes:
    """Return the key that *secret* stands for; raise ValueError where it should be base64, and isn't."""
    if verify.scheme != STANDARD or secret == SIMULATED:
        return secret.encode()
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not key:
        raise ValueError("a secret of standard-webhooks is `whsec_` and base64")
    return key


def _preset(data: Mapping[str, Any], verify: VerifySettings | None) -> Preset:
    name = data.get("preset") or (verify.scheme if verify is not None else None)
    return PRESETS.get(name or "", NONE)


def _filled(given: VerifySettings, preset: Mapping[str, Any]) -> VerifySettings:
    return given.model_copy(update={name: preset[name] for name in preset.keys() - given.model_fields_set})


def _check_whole(verify: VerifySettings) -> None:
    """Raise ValueError when a webhook can't be verified so, or anybody could write one."""
    if verify.scheme is None:
        raise ValueError("`scheme` is missing: standard-webhooks, hmac-sha256 or token; or name a `preset`")
    if verify.header is None:
        raise ValueError("`header` is missing: the header with the signature or the token, as in x-signature")
    for secret in verify.values:
        key_of(verify, secret)
    if verify.scheme == "token":
        if verify.timestamp is not None:
            raise ValueError("`timestamp`: a token signs no time, so anybody could write another")
        return
    names = placeholders(verify.signed)
    if "body" not in names:
        raise ValueError("`signed` has no {body}: then anybody could write another one")
    if "timestamp" in names and verify.timestamp is None:
        raise ValueError("`timestamp` is missing: the header with the {timestamp} that is `signed`")
    if verify.timestamp is not None and "timestamp" not in names:
        raise ValueError("`timestamp`: `signed` has no {timestamp}, so anybody could write another time")
    if "url" in names and verify.url is None:
        raise ValueError("`url` is missing: this bot's address, as it is entered at the platform")

"""Hold how known platforms sign their webhooks, and where in them things stand.

What is written in bot.yaml beside ``preset:`` goes before it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PresetName = Literal["standard-webhooks", "shopify", "sentry", "linear", "gitlab", "square"]
STANDARD = "standard-webhooks"


@dataclass(frozen=True, slots=True)
class Preset:
    """Hold what a platform says of its webhooks: ``verify`` by our keys, and the paths of what is in them.

    ``headers`` are those that are kept besides the ones that paths name.
    """

    verify: Mapping[str, Any]
    id: str | None = None
    type: tuple[str, ...] = ()
    conversation: str | None = None
    user: str | None = None
    headers: frozenset[str] = field(default_factory=frozenset)


NONE = Preset({})

PRESETS: Mapping[str, Preset] = {
    STANDARD: Preset(
        verify={
            "scheme": STANDARD,
            "header": "webhook-signature",
            "timestamp": "webhook-timestamp",
            "signed": "{id}.{timestamp}.{body}",
            "prefix": "v1,",
            "encoding": "base64",
        },
        id="header.webhook-id",
        type=("body.type",),
        headers=frozenset(["webhook-timestamp"]),
    ),
    "shopify": Preset(
        verify={"scheme": "hmac-sha256", "header": "x-shopify-hmac-sha256", "encoding": "base64"},
        id="header.x-shopify-event-id",
        type=("header.x-shopify-topic",),
        conversation="body.id",
        user="body.customer.id",
        headers=frozenset(["x-shopify-shop-domain", "x-shopify-triggered-at", "x-shopify-api-version"]),
    ),
    "sentry": Preset(
        verify={"scheme": "hmac-sha256", "header": "sentry-hook-signature", "encoding": "hex"},
        id="header.request-id",
        type=("header.sentry-hook-resource", "body.action"),
        conversation="body.data.issue.id",
        user="body.actor.id",
        headers=frozenset(["sentry-hook-timestamp"]),
    ),
    "linear": Preset(
        verify={"scheme": "hmac-sha256", "header": "linear-signature", "encoding": "hex"},
        id="header.linear-delivery",
        type=("body.type", "body.action"),
        conversation="body.data.id",
        user="body.actor.id",
        headers=frozenset(["linear-event"]),
    ),
    "gitlab": Preset(
        verify={"scheme": "token", "header": "x-gitlab-token"},
        id="header.idempotency-key",
        type=("body.object_kind", "body.object_attributes.action"),
        conversation="body.project.id",
        user="body.user.id",
        headers=frozenset(["x-gitlab-event", "x-gitlab-event-uuid", "x-gitlab-instance"]),
    ),
    "square": Preset(
        verify={
            "scheme": "hmac-sha256",
            "header": "x-square-hmacsha256-signature",
            "encoding": "base64",
            "signed": "{url}{body}",
        },
        id="body.event_id",
        type=("body.type",),
        conversation="body.data.id",
        headers=frozenset(["square-environment", "square-initial-delivery-timestamp"]),
    ),
}
"""By name; where each fact is from:

- ``standard-webhooks``: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
  (signature, headers, ``type`` in the body; its headers are these alone, ``svix-…`` aren't in it).
- ``shopify``: https://shopify.dev/docs/apps/build/webhooks/subscribe/https (signature, topic), and
  https://shopify.dev/docs/apps/build/webhooks/ignore-duplicates (the event's id tells doubles, not the webhook's).
- ``sentry``: https://docs.sentry.io/organization/integrations/integration-platform/webhooks/ (its timestamp isn't
  signed, so it is no protection).
- ``linear``: https://linear.app/developers/webhooks (the time stands in the body, which is signed).
- ``gitlab``: https://docs.gitlab.com/user/project/integrations/webhooks/ (a secret token and no signature; the
  idempotency key is the same when a webhook is sent again, and came with 17.4).
- ``square``: https://developer.squareup.com/docs/webhooks/step3validate (the URL is signed before the body; SDK:
  https://github.com/square/square-python-sdk/blob/master/src/square/utils/webhooks_helper.py), and
  https://developer.squareup.com/docs/webhooks/what-it-does (``event_id`` tells doubles).
"""

KEPT = frozenset().union(
    *(
        {path.removeprefix("header.") for path in (one.id, *one.type) if path and path.startswith("header.")}
        | one.headers
        for one in PRESETS.values()
    )
)
"""All headers that a preset keeps."""

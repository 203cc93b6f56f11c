"""Be a plugin that answers with whatever JSON it is told."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hookline import Context, Handler, hookimpl
from hookline.plugins.installed import Installed

INSTALLED = Installed("saying", __name__)
TRIES = "tries"


async def say(context: Context[Any]) -> Any:
    """Answer what stands behind the first word, which is JSON, or push it to `ann` where that word is `push`."""
    await context.shared.set(TRIES, await context.shared.get(TRIES, 0) + 1)
    answer = json.loads(context.match["rest"])
    if context.match["text"].startswith("push"):
        context.push("U" + "1" * 32, answer)
        return None
    return answer


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    """Register the handler."""
    return {"say": say}

"""Declare what a plugin may register. Hooks run once, at loading; no event ever passes through one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from pydantic import BaseModel

from ..hooks import hookspec
from ..messages import Answer
from .classifiers import IntentClassifier
from .context import Context

Handler = Callable[[Context[Any]], Awaitable[Answer] | Answer]
"""``async (Context) -> Answer``; a plain function works too and runs in a thread of its own."""


@hookspec
def hookline_settings() -> type[BaseModel]:  # type: ignore[empty-body]  # a spec has no body
    """Return the pydantic model that checks this plugin's settings under ``plugins:`` of each bot."""


@hookspec
def hookline_handlers() -> Mapping[str, Handler]:  # type: ignore[empty-body]  # a spec has no body
    """Return the handlers by name; a route runs one as ``run: PLUGIN.NAME``."""


@hookspec
def hookline_classifiers() -> Mapping[str, IntentClassifier]:  # type: ignore[empty-body]  # a spec has no body
    """Return what tells intents apart, by name; a bot chooses one as ``understanding: {classifier: NAME}``."""

"""Mark what a plugin registers: ``@hookimpl`` on its side, ``@hookspec`` on ours."""

from __future__ import annotations

import pluggy

PROJECT = "hookline"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

"""Functions of plugins that were meant as hooks and aren't: found where a bot names the plugin, and nothing else is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hookline.findings.findings import Finding
from hookline.plugins.installed import Installed
from tests.support import findings
from tests.unit.config.broken import ENVIRONMENT, bot

HEAD = "from hookline import hookimpl\n"
USING = bot("plugins: {meant: {}}")
HOOKS = ["hookline_classifiers", "hookline_handlers", "hookline_settings"]


def found(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, code: str) -> list[Finding]:
    """Return what is found in a bot whose plugin `meant` is *code*, in a module called *name*."""
    (folder / f"{name}.py").write_text(HEAD + code, "utf-8")
    monkeypatch.syspath_prepend(folder)
    return findings(folder, USING, ENVIRONMENT, plugins=[Installed("meant", name)])


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hookline_handler", "hookline_handlers"),
        ("hookline_setting", "hookline_settings"),
        ("hookline_hanlders", "hookline_handlers"),
        ("hook_line_settings", "hookline_settings"),
        ("hooklin_settings", "hookline_settings"),
        ("hookline_classifier", "hookline_classifiers"),
        ("hookline_clasifiers", "hookline_classifiers"),
        ("hooklineHandlers", "hookline_handlers"),
        ("hookline_get_handlers", "hookline_handlers"),
        ("handlers", "hookline_handlers"),
        ("settings", "hookline_settings"),
        ("classifier", "hookline_classifiers"),
    ],
)
def test_marked_function_that_is_no_hook_is_told_which_was_meant(
    name: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding,) = found(tmp_path, monkeypatch, f"marked_{name}", f"\n@hookimpl\ndef {name}():\n    return {{}}\n")

    assert str(finding).endswith(f"bot.yaml:6:15: plugin `meant`: there is no hook `{name}`; did you mean `{meant}`?")
    assert (finding.severity, finding.hint) == ("error", f"see {tmp_path}/marked_{name}.py, line 3")


def test_marked_function_that_is_like_no_hook_is_told_which_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding,) = found(tmp_path, monkeypatch, "marked_other", "@hookimpl\ndef on_message():\n    return 1\n")

    assert finding.message == (
        f"plugin `meant`: there is no hook `on_message`; there are {', '.join(f'`{hook}`' for hook in HOOKS)}"
    )


@pytest.mark.parametrize("name", HOOKS)
def test_hook_without_its_mark_is_an_error(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (finding,) = found(tmp_path, monkeypatch, f"bare_{name}", f"def {name}():\n    return {{}}\n")

    assert finding.message == (
        f"plugin `meant`: `{name}` isn't marked as a hook, so nothing calls it; write `@hookimpl` above it"
    )
    assert (finding.severity, finding.hint) == ("error", f"see {tmp_path}/bare_{name}.py, line 2")


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("hookline_handler", "hookline_handlers"),
        ("hookline_setting", "hookline_settings"),
        ("hookline_handelrs", "hookline_handlers"),
        ("hookline_setings", "hookline_settings"),
        ("hokline_handlers", "hookline_handlers"),
        ("hookLine_settings", "hookline_settings"),
        ("hook_line_handlers", "hookline_handlers"),
        ("hookline_classifers", "hookline_classifiers"),
        ("hookline_classifyers", "hookline_classifiers"),
        ("hookline__handlers", "hookline_handlers"),
        ("HOOKLINE_HANDLERS", "hookline_handlers"),
    ],
)
def test_unmarked_function_with_nearly_the_name_of_a_hook_is_a_warning(
    name: str, meant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (finding,) = found(tmp_path, monkeypatch, f"near_{name}", f"def {name}():\n    return {{}}\n")

    assert str(finding).endswith(
        f"bot.yaml:6:15: warning: plugin `meant`: `{name}` is no hook, so nothing calls it; "
        f"did you mean `{meant}`, marked with `@hookimpl`?"
    )
    assert (finding.severity, finding.hint) == ("warning", f"see {tmp_path}/near_{name}.py, line 2")


REGISTERED = "@hookimpl\ndef hookline_handlers():\n    return {}\n"


@pytest.mark.parametrize(
    "code",
    [
        REGISTERED,
        REGISTERED + "def hookline_handler():\n    return 1\n",
        "@hookimpl(specname='hookline_handlers')\ndef mine():\n    return {}\n",
        "@hookimpl(specname='hookline_handlers')\ndef mine():\n    return {}\ndef hookline_handlers(): ...\n",
        "@hookimpl(optionalhook=True)\ndef hookline_of_tomorrow():\n    return {}\n",
        "def hookline_handlers():\n    return {}\nhookimpl(hookline_handlers)\n",
        "def handlers():\n    return {}\ndef settings():\n    return None\n",
        "def hookline_routes():\n    return {}\ndef hookline_version():\n    return '1'\n",
        "def hookline_handle(context):\n    return 'hi'\n",
        "def hookline_settings_of(bot):\n    return bot\n",
        "def _hookline_handlers():\n    return {}\n",
        "hookline_handlers_by_name = {}\nhookline_setting = 1\n",
        "class HooklineSettings:\n    pass\n",
        "from hookline.hooks import hookspec as hookline_adapter\n",
        "import hookline.plugins.hookspecs as hookline_handlers\n",
        "from hookline.plugins.hookspecs import hookline_settings\n",
    ],
)
def test_what_is_no_mistake_is_not_told(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    index = request.node.callspec.indices["code"]

    assert found(tmp_path, monkeypatch, f"innocent_{index}", code) == []

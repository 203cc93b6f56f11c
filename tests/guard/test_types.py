"""What mypy --strict tells an author whose plugin is checked against hookline as a wheel, in an environment of its own.

The wheel is built here and installed into a fresh venv; the packages that hookline needs are lent from this
environment, so that no package index is asked.
"""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIGURATION = """
[mypy]
strict = True
[mypy-linebot.*]
ignore_missing_imports = True
"""
PLUGIN = """
from collections.abc import Mapping, Sequence

from linebot.v3.insight import AsyncInsight
from linebot.v3.messaging import TextMessage
from pydantic import BaseModel, ConfigDict

from hookline import (
    Answer, Attachment, ContentError, Context, Handler, LineApi, Message, Reply, SaveError, hookimpl
)
from hookline.testing import Exchange, Fault, HandlerFailure, ManualClock, running_bot


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")

    staff: list[str] = []


async def text(context: Context[Settings]) -> str:
    profile = await context.line.profile(context.event.user or "")
    await context.line.show_loading(context.event.chat.id, 20)
    number = await context.shared.get("last", 0) + 1
    await context.shared.set("last", number)
    context.push(context.settings.staff[0], "hi", {"type": "text", "text": "a"}, TextMessage(text="b"), ["c", None])
    return f"{profile['displayName']} {number}"


async def body(context: Context[Settings]) -> dict[str, object]:
    return {"type": "text", "text": "hi"}


async def message(context: Context[Settings]) -> Message:
    return Message.from_text("hi")


async def reply(context: Context[Settings]) -> Reply:
    return Reply("a", {"type": "text", "text": "b"}, TextMessage(text="c"), ["d"])


async def model(context: Context[Settings]) -> TextMessage:
    return TextMessage(text="hi")


async def models(context: Context[Settings]) -> list[TextMessage]:
    return [TextMessage(text="hi")]


async def mixed(context: Context[Settings]) -> list[Answer]:
    return ["a", {"type": "text", "text": "b"}, Message.from_text("c"), Reply("d"), TextMessage(text="e"), None]


async def texts(context: Context[Settings]) -> Sequence[str]:
    return ["a", "b"]


async def perhaps(context: Context[Settings]) -> str | None:
    return (await context.sender()).name


async def nothing(context: Context[Settings]) -> None:
    await name_of(context.line, "U1")


def threaded(context: Context[Settings]) -> str:
    return str(context.blocking(context.shared.get("last")))


async def typed_sdk(context: Context[Settings]) -> str:
    return str((await context.line.messaging.get_profile("U1")).display_name)


async def fetched(context: Context[Settings]) -> str:
    found: Attachment | None = context.event.attachment
    try:
        photo = await context.line.content(context.event, at_most=1_000_000)
        film = await context.line.content("1", to="films", preview=True, seconds=5)
    except (ContentError, SaveError) as error:
        return str(error)
    size: int = photo.size + len(photo.data)
    return f"{found} {photo.name} {photo.type} {size} {film.path}"


async def streamed(context: Context[Settings]) -> int:
    async with context.line.incoming(context.event, 1_000_000) as incoming:
        return sum([len(part) async for part in incoming.parts])


async def any_client(context: Context[Settings]) -> str:
    insight = context.line.client(AsyncInsight)
    return str(await insight.get_number_of_followers(date="20261130"))


async def name_of(line: LineApi, user: str) -> str:
    return str((await line.profile(user)).get("displayName"))


@hookimpl
def hookline_settings() -> type[BaseModel]:
    return Settings


@hookimpl
def hookline_handlers() -> Mapping[str, Handler]:
    return {
        "text": text, "body": body, "message": message, "reply": reply, "model": model, "models": models,
        "mixed": mixed, "texts": texts, "perhaps": perhaps, "nothing": nothing, "threaded": threaded,
        "typed_sdk": typed_sdk, "fetched": fetched, "any_client": any_client,
    }


async def test_it() -> None:
    clock = ManualClock()
    async with running_bot(plugin="it", settings={"staff": []}, clock=clock) as bot:
        bot.line.faults.append(Fault("error"))
        answer: Exchange = await bot.says("hi", user="ann")
        error: HandlerFailure | None = answer.error
    assert error is None and answer.texts == ["hi"]
"""
WRONG = """
from hookline import Context, Handler, Message, Reply, hookimpl
from hookline.testing import Fault


async def number(context: Context[None]) -> int:
    return 1


async def numbers(context: Context[None]) -> list[int]:
    return [1]


async def two(context: Context[None], other: str) -> str:
    return other


async def of_text(context: str) -> str:
    return context


def threaded(context: Context[None]) -> float:
    return 1.0


async def uses(context: Context[None]) -> None:
    await context.line.profil("U1")
    await context.line.show_loading()
    await context.line.profile(1)
    await context.shared.gett("a")
    context.push("U1", 1)
    context.settings.staff
    (await context.sender()).nickname
    context.line.messaging = None


Reply(1)
Message("text")
Fault("explodes")
HANDLERS: dict[str, Handler] = {
    "number": number,
    "numbers": numbers,
    "two": two,
    "of_text": of_text,
    "threaded": threaded,
    "text": "no function",
}
"""


@pytest.fixture(scope="module")
def consumer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of an environment in which hookline is installed from its wheel."""
    folder = tmp_path_factory.mktemp("consumer")
    pip = ["-m", "pip", "--disable-pip-version-check", "-q"]
    _run(sys.executable, *pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", str(folder), str(ROOT))
    _run(sys.executable, "-m", "venv", "--without-pip", str(folder / "venv"))
    (wheel,) = folder.glob("hookline-*.whl")
    python = folder / "venv" / "bin" / "python"
    _run(sys.executable, *pip, "--python", str(python), "install", "--no-deps", "--no-index", str(wheel))
    (site,) = (folder / "venv" / "lib").glob("python*/site-packages")
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    (folder / "mypy.ini").write_text(CONFIGURATION)
    return folder


def test_plugin_is_fine_with_mypy_strict(consumer: Path) -> None:
    assert checked(consumer, PLUGIN) == []


def test_wheel_is_what_is_checked(consumer: Path) -> None:
    python = str(consumer / "venv" / "bin" / "python")
    found = _run(python, "-I", "-c", "import hookline; print(hookline.__file__)")

    assert Path(found.strip()).is_relative_to(consumer)


def test_wrong_uses_are_refused_each_at_its_line(consumer: Path) -> None:
    refused = {int(line.split(":")[1]) for line in checked(consumer, WRONG) if ": error: " in line}

    lines = WRONG.splitlines()
    wrong = [*range(lines.index("async def uses(context: Context[None]) -> None:") + 2, lines.index("Reply(1)") - 1)]
    wrong += [lines.index(line) + 1 for line in ("Reply(1)", 'Message("text")', 'Fault("explodes")')]
    wrong += range(lines.index('    "number": number,') + 1, lines.index("}") + 1)
    assert sorted(refused) == wrong


def test_new_plugin_is_fine_with_the_mypy_that_it_is_set_up_for(consumer: Path) -> None:
    _run(sys.executable, "-m", "hookline", "new", "plugin", "hours", "--into", str(consumer))
    folder, python = consumer / "hookline-hours", str(consumer / "venv" / "bin" / "python")

    said = _run(sys.executable, "-m", "mypy", "--python-executable", python, folder=folder)

    assert said == "Success: no issues found in 2 source files\n"


def checked(consumer: Path, code: str) -> Sequence[str]:
    """Return what mypy says of *code*, a line each."""
    (consumer / "plugin.py").write_text(code, "utf-8")
    python = str(consumer / "venv" / "bin" / "python")
    result = subprocess.run(
        [sys.executable, "-m", "mypy", "--python-executable", python, "--no-error-summary", "plugin.py"],
        cwd=consumer, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert result.returncode < 2, result.stderr
    return result.stdout.splitlines()


def _run(*command: str, folder: Path | None = None) -> str:
    result = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False, cwd=folder)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout

"""Put a conversation into an owner's file of tests and leave every other byte of it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from ...errors import EditError
from ...findings.findings import Finding
from .adding import BOM, parsed, read
from .replacement import Replacement, replace_files
from .surgery import edit_error, scalar
from .yaml_text import YamlText, is_braced

TESTS = "tests"
_NO_CONVERSATIONS = "choose another file: one of conversations has `bot:` and `tests:`, a new one gets them"


def add_conversation(path: Path, bot: str, name: str, lines: Sequence[str], *, is_only_bot: bool = False) -> None:
    """Put the conversation *name* with *bot* below the others in the file at *path*, which is made if it isn't there.

    *lines* are its entry of `tests:` from the first column on. Missing folders are made, too. A file that names no bot
    is taken where the bot *is the only one*. Raises EditError when the file is another bot's, has a conversation of
    that name, isn't one of conversations, or can't be written.
    """
    try:
        path.resolve()  # or it is no path
        is_there = path.exists() or path.is_symlink()
        if not is_there:
            path.parent.mkdir(parents=True, exist_ok=True)
    except (OSError, ValueError) as error:
        raise edit_error(
            path, f"can't write the file: {getattr(error, 'strerror', None) or error}", "nothing was written"
        ) from error
    before = read(path) if is_there else ""
    if before.strip():
        after = with_conversation(path, before, bot, name, lines, is_only_bot=is_only_bot)
    else:
        after = whole_file(bot, lines)
    replace_files([Replacement(path, before.encode() if is_there else None, after.encode())])


def whole_file(bot: str, lines: Sequence[str]) -> str:
    """Return a file of one conversation with *bot*, whose entry of `tests:` are *lines*."""
    return "".join(f"{line}\n" for line in (f"bot: {scalar(bot, is_flow=False)}", f"{TESTS}:", *_indented(lines, 2)))


def with_conversation(
    path: Path, before: str, bot: str, name: str, lines: Sequence[str], *, is_only_bot: bool = False
) -> str:
    """Return the text *before*, which stands in *path*, with the conversation; as above."""
    old = parsed(before, path)
    known = old.data.get(TESTS)
    if not isinstance(known, list) or "bots" in old.data:
        raise edit_error(path, "the file holds no conversations", _NO_CONVERSATIONS)
    whose = old.data.get("bot")
    if whose is None and not is_only_bot:
        raise edit_error(
            path, "the file names no bot, and there are several", f"write `bot: {bot}` above its `{TESTS}:`"
        )
    if whose is not None and whose != bot:
        place = old.marks.value(("bot",))
        raise EditError(
            Finding(place, f"these are conversations with `{whose}`, not with `{bot}`", "choose another file")
        )
    for index, one in enumerate(known):
        if isinstance(one, dict) and one.get("name") == name:
            place = old.marks.value((TESTS, index, "name"))
            raise EditError(Finding(place, f"there is a conversation `{name}` already", "choose another name"))
    text = YamlText(before.removeprefix(BOM))
    root = text.root()
    tests = next(value for key, value in root.value if key.value == TESTS)
    if is_braced(root) or is_braced(tests):
        raise edit_error(path, f"`{TESTS}` is written in brackets", "write each on lines of its own, then try again")
    assert isinstance(tests, yaml.SequenceNode)
    column = tests.start_mark.column
    splices = text.below(tests, _indented(lines, column), comments_from=column + 1)
    after = (BOM if before.startswith(BOM) else "") + text.spliced(splices)
    new = parsed("\n".join([f"{TESTS}:", *lines]), path).data[TESTS]
    if parsed(after, path).data != {**old.data, TESTS: [*known, *new]}:
        raise edit_error(path, f"can't add to `{TESTS}` without changing what else the file says")
    return after


def _indented(lines: Sequence[str], column: int) -> list[str]:
    return [f"{' ' * column}{line}" for line in lines]

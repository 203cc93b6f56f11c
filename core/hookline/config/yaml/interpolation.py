"""Fill ``${VAR}`` in values as Docker Compose does, after parsing, so that a value can never become YAML.

``${VAR}``, ``${VAR:-default}``, ``${VAR-default}``, ``${VAR:?message}``, ``${VAR?message}``, ``${VAR:+other}``,
``${VAR+other}`` and ``$$`` for a dollar; braces are needed, ``$5`` stays. Unlike in Compose an unset ``${VAR}`` is
an error. https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Self

from ...errors import HooklineError

MAX_DEPTH = 20

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_TOKEN = re.compile(r"\$\$|\$\{|\}")
_WHOLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}\Z")
_DOTTED = re.compile(r"(?:\.\w+)+")
_UNSET = "set it in the environment or in a `.env` file beside this one"
_PLACEHOLDERS = ("name", "user", "username", "text", "message")
"""What people write behind a dollar elsewhere."""
_UNSET_PLACEHOLDER = f"{_UNSET}; if a placeholder is meant, write it as in {{sender.name}}"


class Text(str):
    """Be a scalar of a YAML file that knows how it was written: this one between quotes, or as a block.

    ``is_plain``: without quotes, and nothing was filled. ``is_reference``: the value is one ``${VAR}`` and nothing
    else. ``is_filled``: variables were looked for in it. ``is_made_up``: one of them isn't set.
    """

    __slots__ = ()
    is_plain: ClassVar[bool] = False
    is_filled: ClassVar[bool] = False

    @property
    def is_reference(self) -> bool:
        """Say whether it was one variable."""
        return False

    @property
    def is_made_up(self) -> bool:
        """Say whether one of its variables isn't set."""
        return False


class PlainText(Text):
    """Be a scalar that was written without quotes."""

    __slots__ = ()
    is_plain = True


class FilledText(Text):
    """Be a scalar with its variables filled."""

    is_filled = True
    _is_reference: bool
    _is_made_up: bool

    def __new__(cls, value: str, *, is_reference: bool, is_made_up: bool) -> Self:
        """Return *value* with what is known of its variables."""
        self = super().__new__(cls, value)
        self._is_reference, self._is_made_up = is_reference, is_made_up
        return self

    @property
    def is_reference(self) -> bool:
        """Say whether it was one variable."""
        return self._is_reference

    @property
    def is_made_up(self) -> bool:
        """Say whether one of its variables isn't set."""
        return self._is_made_up


@dataclass(frozen=True, slots=True)
class Fault:
    """Say why a ``${…}`` can't be filled; ``note`` is what the file itself says about it after ``:?``."""

    message: str
    hint: str | None = None
    note: str = ""

    def __str__(self) -> str:
        return f"{self.message}: {self.note}" if self.note else self.message


class InterpolationError(HooklineError):
    """Say all that keeps a text from being filled."""

    def __init__(self, *faults: Fault) -> None:
        self.faults = faults
        super().__init__("; ".join(map(str, faults)))


@dataclass(frozen=True, slots=True)
class Variables:
    """Hold the environment. With ``is_simulated`` what is unset gets a made-up value, so that nothing need be set.

    ``filled`` collects the values that were used, and the names of their variables; ``asked`` the variables that were
    looked at, with their values or None.
    """

    values: Mapping[str, str]
    is_simulated: bool = False
    filled: dict[str, str] = field(default_factory=dict)
    asked: dict[str, str | None] = field(default_factory=dict)

    def fill(self, text: Text) -> Text:
        """Return *text* with its variables filled, or raise InterpolationError."""
        if "$" not in text:
            return text
        unset: list[Fault] = []
        filled = self._fill(_Parser(text).parts(), unset)
        if unset and not self.is_simulated:
            raise InterpolationError(*unset)
        is_reference = bool(_WHOLE.match(text))
        return FilledText(filled, is_reference=is_reference, is_made_up=bool(unset))

    def _fill(self, parts: Parts, unset: list[Fault]) -> str:
        return "".join(part if isinstance(part, str) else self._value(part, unset) for part in parts)

    def _value(self, reference: Reference, unset: list[Fault]) -> str:
        name, operator = reference.name, reference.operator
        value = self.asked[name] = self.values.get(name)
        if operator.startswith(":"):
            value = value or None
        if operator.endswith("+"):
            return "" if value is None else self._fill(reference.argument, unset)
        if value is not None:
            self.filled[value] = name
            return value
        if operator.endswith("-"):
            return self._fill(reference.argument, unset)
        note = self._fill(reference.argument, unset)
        hint = _UNSET_PLACEHOLDER if name in _PLACEHOLDERS else _UNSET
        unset.append(Fault(f"variable `{name}` is not set", None if note else hint, note))
        return f"simulated-{name}"


@dataclass(frozen=True, slots=True)
class Reference:
    """Hold one ``${NAME}``, ``${NAME:-default}`` or the like."""

    name: str
    operator: str
    argument: Parts


Parts = Sequence[str | Reference]


class _Parser:
    def __init__(self, source: str) -> None:
        self._source = source
        self._place = 0

    def parts(self, depth: int = 0) -> Parts:
        """Read up to the end, or up to the brace that closes a variable's argument."""
        if depth > MAX_DEPTH:
            raise InterpolationError(Fault(f"`${{` nested deeper than {MAX_DEPTH}"))
        parts: list[str | Reference] = []
        while found := _TOKEN.search(self._source, self._place):
            parts.append(self._source[self._place : found.start()])
            self._place = found.end()
            if found.group() == "${":
                parts.append(self._reference(depth + 1))
            elif found.group() == "}" and depth:
                return parts
            else:
                parts.append(found.group()[0])
        if depth:
            raise InterpolationError(Fault("`${` is never closed", "write ${VAR}, or $${ for a literal `${`"))
        return [*parts, self._source[self._place :]]

    def _reference(self, depth: int) -> Reference:
        name = _NAME.match(self._source, self._place)
        if name is None:
            raise InterpolationError(Fault("`${` needs a variable's name", "write ${VAR}, or $${ for a literal `${`"))
        operator = _OPERATOR.match(self._source, name.end())
        if dotted := _DOTTED.match(self._source, name.end()):
            written = f"{name.group()}{dotted.group()}"
            raise InterpolationError(
                Fault(f"`${{{written}}}` is no variable", f"a placeholder has no dollar: {{{written}}}")
            )
        if operator is None and not self._source.startswith("}", name.end()):
            raise InterpolationError(
                Fault(
                    f"`${{{name.group()}` goes on in a way that isn't known",
                    "known are ${VAR}, ${VAR:-default}, ${VAR:?message} and ${VAR:+other}",
                )
            )
        self._place = operator.end() if operator else name.end()
        return Reference(name.group(), operator.group() if operator else "", self.parts(depth))

"""Fill ``${VAR}`` in values as Docker Compose does, after parsing, so that a value can never become YAML.

``${VAR}``, ``${VAR:-default}``, ``${VAR-default}``, ``${VAR:?message}``, ``${VAR?message}``, ``${VAR:+other}``,
``${VAR+other}`` and ``$$`` for a dollar; braces are needed, ``$5`` stays. Unlike in Compose an unset ``${VAR}`` is
an error. https://docs.docker.com/reference/compose-file/interpolation/
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from ..errors import HooklineError

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_OPERATOR = re.compile(r":?[-?+]")
_WHOLE = re.compile(r"\$\{[A-Za-z_][A-Za-z0-9_]*\}\Z")


class Text(str):
    """Be a scalar of a YAML file that remembers how it was written.

    ``is_plain``: without quotes. ``is_reference``: the value is one ``${VAR}`` and nothing else.
    """

    is_plain: bool
    is_reference: bool

    def __new__(cls, value: str, *, is_plain: bool = False, is_reference: bool = False) -> Self:
        """Return *value* with its marks."""
        self = super().__new__(cls, value)
        self.is_plain = is_plain
        self.is_reference = is_reference
        return self


class InterpolationError(HooklineError):
    """Say why a value's ``${…}`` can't be filled."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        self.hint = hint
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Variables:
    """Hold the environment. With ``is_simulated`` what is unset gets a made-up value, so that nothing need be set."""

    values: Mapping[str, str]
    is_simulated: bool = False

    def fill(self, text: Text) -> Text:
        """Return *text* with its variables filled, or raise InterpolationError."""
        if "$" not in text:
            return text
        return Text(
            _Filler(str(text), self).fill(),
            is_plain=text.is_plain and not _WHOLE.match(text),
            is_reference=bool(_WHOLE.match(text)),
        )


class _Filler:
    def __init__(self, source: str, variables: Variables) -> None:
        self._source = source
        self._variables = variables
        self._place = 0

    def fill(self) -> str:
        filled = self._until_end_of("")
        assert self._place == len(self._source)
        return filled

    def _until_end_of(self, closing: str) -> str:
        parts: list[str] = []
        while self._place < len(self._source):
            rest = self._source[self._place :]
            if closing and rest.startswith(closing):
                self._place += 1
                return "".join(parts)
            if rest.startswith("$$"):
                parts.append("$")
                self._place += 2
            elif rest.startswith("${"):
                self._place += 2
                parts.append(self._variable())
            else:
                parts.append(rest[0])
                self._place += 1
        if closing:
            raise InterpolationError("`${` is never closed", "write ${VAR}, or $${ for a literal `${`")
        return "".join(parts)

    def _variable(self) -> str:
        name = _NAME.match(self._source, self._place)
        if name is None:
            raise InterpolationError("`${` needs a variable's name", "write ${VAR}, or $${ for a literal `${`")
        self._place = name.end()
        operator = _OPERATOR.match(self._source, self._place)
        if operator is None and not self._source.startswith("}", self._place):
            raise InterpolationError(
                f"`${{{name.group()}` goes on in a way that isn't known",
                "known are ${VAR}, ${VAR:-default}, ${VAR:?message} and ${VAR:+other}",
            )
        self._place = operator.end() if operator else self._place
        argument = self._until_end_of("}")
        return self._value(name.group(), operator.group() if operator else "", argument)

    def _value(self, name: str, operator: str, argument: str) -> str:
        value = self._variables.values.get(name)
        counts = value is not None and not (operator.startswith(":") and value == "")
        if operator.endswith("+"):
            return argument if counts else ""
        if value is not None and counts:
            return value
        if operator.endswith("-"):
            return argument
        if self._variables.is_simulated:
            return f"simulated-{name}"
        if operator.endswith("?"):
            raise InterpolationError(f"variable `{name}` is not set: {argument}" if argument else _unset(name))
        raise InterpolationError(_unset(name), "set it in the environment or in a `.env` file beside this one")


def _unset(name: str) -> str:
    return f"variable `{name}` is not set"

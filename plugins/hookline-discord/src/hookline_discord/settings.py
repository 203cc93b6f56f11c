"""Hold what stands under ``discord:`` of a bot, its slash commands among it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, model_validator

API_BASE = "https://discord.com/api/v10"
MAX_COMMANDS = 100
"""https://docs.discord.com/developers/interactions/application-commands#registering-a-command"""

OptionType = Literal["string", "integer", "boolean", "user", "channel", "role", "mentionable", "number", "attachment"]
OPTION_TYPES: Mapping[OptionType, int] = {
    "string": 3,
    "integer": 4,
    "boolean": 5,
    "user": 6,
    "channel": 7,
    "role": 8,
    "mentionable": 9,
    "number": 10,
    "attachment": 11,
}
_CHOSEN: Mapping[str, type[str | int | float]] = {"string": str, "integer": int, "number": float}
"""The types whose values may be offered as choices."""

_MADE_UP = "simulated-"
"""Begins what stands for a variable that isn't set, where nothing need be."""

_SIGNS = re.compile(r"[-_'\u0900-\u097f\u0e00-\u0e3e\u0e40-\u0e7f]")
"""What may stand in a name besides letters and digits: all of Devanagari and Thai, whose vowels are neither."""


def _name(name: str) -> str:
    """https://docs.discord.com/developers/interactions/application-commands#application-command-object."""
    if not 1 <= len(name) <= 32 or not all(sign.isalnum() or _SIGNS.match(sign) for sign in name):
        raise ValueError("a name has 1 to 32 letters, digits, `-`, `_` and `'`, and no blanks")
    if name != name.lower():
        raise ValueError(f"a name is in lower case: {name.lower()}")
    return name


def _public_key(key: str) -> str:
    if not (re.fullmatch(r"[0-9a-fA-F]{64}", key) or key.startswith(_MADE_UP)):
        raise ValueError("a public key is 64 digits of 0-9 and a-f, from General Information of the application")
    return key.lower()


def _application_id(number: str) -> str:
    if not (re.fullmatch(r"[0-9]{1,20}", number) or number.startswith(_MADE_UP)):
        raise ValueError("an application's id is digits, from General Information of the application")
    return number


def _token(given: SecretStr) -> SecretStr:
    token = given.get_secret_value().strip().removeprefix("Bot ")
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise ValueError("a bot's token has letters, digits, `.`, `-` and `_` only, as the page Bot shows it")
    return SecretStr(token)


def _twice(names: Iterable[str]) -> str | None:
    return next((name for name, count in Counter(names).items() if count > 1), None)


Name = Annotated[str, AfterValidator(_name)]
Description = Annotated[str, Field(min_length=1, max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Choice(_Part):
    """Hold one of the values that an option may have, and what people see of it."""

    name: Annotated[str, Field(min_length=1, max_length=100)]
    value: Annotated[str, BeforeValidator(str), Field(min_length=1, max_length=100)]


class Option(_Part):
    """Hold what is filled in behind a command."""

    name: Name
    description: Description
    type: OptionType = "string"
    required: bool = False
    choices: Annotated[list[Choice], Field(max_length=25)] = []

    @model_validator(mode="after")
    def _fit(self) -> Option:
        if self.choices and self.type not in _CHOSEN:
            raise ValueError(f"option `{self.name}`: only {', '.join(_CHOSEN)} have choices")
        try:
            self.payload()
        except ValueError:
            raise ValueError(f"option `{self.name}`: the value of each choice is {self.type}") from None
        return self

    def payload(self) -> dict[str, Any]:
        """Return it as Discord has it."""
        shaped = _CHOSEN.get(self.type, str)
        return {
            "type": OPTION_TYPES[self.type],
            "name": self.name,
            "description": self.description,
            **({"required": True} if self.required else {}),
            **(
                {"choices": [{"name": one.name, "value": shaped(one.value)} for one in self.choices]}
                if self.choices
                else {}
            ),
        }


class Command(_Part):
    """Hold one slash command, as people see it when they type ``/``."""

    name: Name
    description: Description
    options: Annotated[list[Option], Field(max_length=25)] = []

    @model_validator(mode="after")
    def _fit(self) -> Command:
        twice = _twice(option.name for option in self.options)
        if twice is not None:
            raise ValueError(f"command `{self.name}` has two options `{twice}`")
        needed = [option.required for option in self.options]
        if needed != sorted(needed, reverse=True):
            raise ValueError(f"command `{self.name}`: options that are required stand before those that aren't")
        return self

    def payload(self) -> dict[str, Any]:
        """Return it as Discord has it."""
        options = [option.payload() for option in self.options]
        return {"name": self.name, "description": self.description, **({"options": options} if options else {})}


class DiscordSettings(BaseModel):
    """Hold what stands under ``discord:`` of a bot."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    public_key: Annotated[
        str,
        BeforeValidator(str),
        AfterValidator(_public_key),
        Field(description="The application's public key, 64 digits: by it Discord's signature is checked."),
    ]
    application_id: Annotated[
        str, BeforeValidator(str), AfterValidator(_application_id), Field(description="The application's id.")
    ]
    bot_token: Annotated[SecretStr, AfterValidator(_token), Field(description="The bot's token, from the page Bot.")]
    api_base: Annotated[str, Field(pattern=r"^https?://[^\s/]+(/\S*)?$", description="Where Discord's API is.")] = (
        API_BASE
    )
    ephemeral: Annotated[bool, Field(description="Only who gave a command sees what it is answered.")] = False
    defer: Annotated[
        bool,
        Field(
            description="Show `thinking…` until a command is answered. Without it nothing is shown, but an answer "
            "that takes over 2.5 seconds comes too late."
        ),
    ] = True
    commands: Annotated[
        list[Command],
        Field(max_length=MAX_COMMANDS, description="The slash commands, for `hookline discord commands apply`."),
    ] = []

    @model_validator(mode="after")
    def _fit(self) -> DiscordSettings:
        twice = _twice(command.name for command in self.commands)
        if twice is not None:
            raise ValueError(f"there are two commands `{twice}`")
        return self


def signing(settings: DiscordSettings) -> Sequence[str]:
    """Return the public key: two bots with the same one would take one another's webhooks."""
    return [settings.public_key]

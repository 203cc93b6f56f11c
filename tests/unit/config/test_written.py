"""Check that the schema of settings of any kind takes what the loader takes, and refuses what it surely doesn't."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
import yaml
from jsonschema import Draft7Validator
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, HttpUrl, RootModel, SecretStr
from pydantic_core import CoreSchema

from hookline.config.keys.written import written_schema
from hookline.config.values.coercion import Coercion
from hookline.config.values.validation import validated
from hookline.config.yaml.document import parse_document
from hookline.config.yaml.interpolation import Variables
from hookline.config.yaml.texts import Texts
from hookline.errors import PluginError
from hookline.findings.findings import Findings
from tests.unit.config.test_schema import EditorLoader

ENVIRONMENT = {"A": "3", "WORD": "hello", "ON": "true", "URL": "https://a.example", "DAY": "2026-01-01"}


class Colour(Enum):
    RED = "red"
    ONE = "1"


class Inner(BaseModel):
    level: int = 1


class Tree(BaseModel):
    children: list[Tree] = []


class Words(RootModel[list[str]]):
    pass


class Odd(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int = 0
    share: float = 0.5
    loud: bool = False
    word: Annotated[str, Field(max_length=5)] = ""
    code: Annotated[str, Field(pattern=r"^\w{2,}$")] = "ab"
    grouped: Annotated[str, Field(pattern=r"^(?P<first>[a-z])\z")] = "a"
    colour: Colour = Colour.RED
    size: Literal["1", "2"] = "1"
    truth: Literal["true", "maybe"] = "maybe"
    url: HttpUrl | None = None
    day: date | None = None
    wait: timedelta | None = None
    price: Decimal | None = None
    pair: tuple[int, str] = (1, "a")
    tags: set[str] = set()
    tree: Tree = Tree()
    words: Words = Words([])
    inner: Inner = Inner()
    each: dict[str, Inner] = {}
    anything: Any = None
    key: SecretStr | None = None


@pytest.mark.parametrize(
    "text",
    [
        "count: 3",
        "count: '3'",
        "count: ${A}",
        "count: 1_000",
        "share: 1e-3",
        "share: '.5'",
        "share: nan",
        "loud: true",
        "loud: ${ON}",
        "word: true",
        "word: ${WORD:-a long default}",
        "code: 電話",
        "code: ${WORD}",
        "grouped: a",
        "colour: 1",
        "colour: ${NO:-red}",
        "size: 2",
        "truth: true",
        "url: ${URL}",
        "url: https://a.example/x",
        "day: 2026-01-01",
        "day: ${DAY}",
        "wait: P1D",
        "price: 10.50",
        "pair: [1, a]",
        "tags: [a, a]",
        "tree: {children: [{children: []}]}",
        "words: [a, b]",
        "inner: {level: '${A}'}",
        "each: {a: {level: 1}}",
        "anything: {a: [1, {b: c}]}",
        "key: ${WORD}",
        "url:",
    ],
)
def test_what_the_loader_takes_fits(text: str, tmp_path: Path) -> None:
    assert _findings(text, tmp_path) == []
    assert _complaints(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "cuont: 3",
        "count: many",
        "count: 1.5",
        "share: half",
        "loud: 'true'",
        "loud: 1",
        "word: too long",
        "code: a",
        "colour: green",
        "size: 3",
        "pair: [1]",
        "tree: {children: [{child: 1}]}",
        "inner: {lvel: 1}",
        "each: {a: {lvel: 1}}",
        "words: {a: b}",
        "key: hunter2",
        "count:",
    ],
)
def test_what_the_loader_refuses_does_not_fit(text: str, tmp_path: Path) -> None:
    assert _findings(text, tmp_path) != []
    assert _complaints(text) != []


def test_schema_is_draft_7_that_an_editor_can_read() -> None:
    found = written_schema(Odd, "odd", "odd.")

    Draft7Validator.check_schema(found)
    assert sorted(found["definitions"]) == ["odd.Colour", "odd.Inner", "odd.Tree", "odd.Words"]
    assert not re.search(r"\$defs|prefixItems|\\\\z|\(\?P", str(found))


def test_description_of_a_secret_says_how_it_is_written() -> None:
    class Shop(BaseModel):
        key: SecretStr = Field(description="Opens the till.")

    assert written_schema(Shop, "shop")["properties"]["key"]["description"] == (
        "Opens the till. ${VAR} or {file: PATH}, never the secret itself."
    )


def test_default_of_a_secret_is_not_shown() -> None:
    class Shop(BaseModel):
        key: SecretStr = SecretStr("hunter2")

    assert "hunter2" not in str(written_schema(Shop, "shop"))


class Stubborn:
    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: Any) -> CoreSchema:
        return {"type": "any"}

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> dict[str, Any]:
        raise ValueError("not today\nnor tomorrow")


def test_model_that_can_not_be_described_is_named() -> None:
    class Settings(BaseModel):
        odd: Annotated[object, Stubborn]

    with pytest.raises(PluginError) as caught:
        written_schema(Settings, "shop")

    assert str(caught.value) == "plugin `shop`: `Settings` has no JSON Schema: ValueError: not today"


def _findings(text: str, folder: Path) -> list[str]:
    problems = Findings()
    document = parse_document(text, "bot.yaml", folder, problems)
    assert document is not None
    coercion = Coercion(document.marks, folder, Variables(ENVIRONMENT), problems, Texts(), set())
    validated(Odd, coercion.coerce(Odd, document.data, ()), document.marks, problems)
    return [str(one) for one in problems.errors()]


def _complaints(text: str) -> list[str]:
    data = yaml.load(text, Loader=EditorLoader)
    return [error.message for error in Draft7Validator(written_schema(Odd, "odd", "odd.")).iter_errors(data)]

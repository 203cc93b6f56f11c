"""Know that what is read from the SDK's source files is what its models say once they are imported."""

from __future__ import annotations

import importlib
import subprocess
import sys
from typing import Any

import pytest

from hookline.adapters.line.messages.limits import REQUIRED, RULES
from hookline.adapters.line.messages.models import MESSAGE, Model, Property, model


def reachable() -> dict[str, Model]:
    """Return all models that a message may hold."""
    found: dict[str, Model] = {}
    waiting = [MESSAGE]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        one = model(name)
        assert one is not None, name
        found[name] = one
        waiting += [inner.model for inner in one.properties.values() if inner.model]
        waiting += one.kinds.values()
    return found


MODELS = reachable()
PROPERTIES = {f"{name}.{key}" for name, one in MODELS.items() for key in one.properties}


@pytest.fixture(scope="module")
def sdk() -> Any:
    return importlib.import_module("linebot.v3.messaging.models")


@pytest.mark.parametrize("name", MODELS)
def test_keys_are_those_of_the_imported_model(name: str, sdk: Any) -> None:
    fields = {field.alias: field for field in getattr(sdk, name).__fields__.values()}

    properties = MODELS[name].properties

    assert properties.keys() == fields.keys()
    needed = {key for key, field in fields.items() if field.required}
    assert {key for key, one in properties.items() if one.is_required} - {"type"} == needed - {"type"}
    assert {key for key, one in properties.items() if one.shape == "any"} == set()


@pytest.mark.parametrize("name", MODELS)
def test_kinds_are_those_of_the_imported_model(name: str, sdk: Any) -> None:
    kinds = getattr(getattr(sdk, name), f"_{name}__discriminator_value_class_map", {})

    assert MODELS[name].kinds == kinds


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        (name, key, one.choices)
        for name, found in MODELS.items()
        for key, one in found.properties.items()
        if one.choices
    ],
)
def test_choices_are_those_of_the_imported_model(name: str, key: str, value: tuple[str, ...], sdk: Any) -> None:
    field = next(field for field in getattr(sdk, name).__fields__.values() if field.alias == key)

    accepted = [
        one for one in (*value, "no such choice") if not field.validate(one, {}, loc="", cls=getattr(sdk, name))[1]
    ]

    assert accepted == list(value) if key != "type" else field.default in value


def test_every_validator_of_the_imported_models_is_read_as_choices(sdk: Any) -> None:
    validated = {
        f"{name}.{key}"
        for name, found in MODELS.items()
        for key, one in found.properties.items()
        for field in getattr(sdk, name).__fields__.values()
        if field.alias == key and field.class_validators and one.shape != "list"
    }

    assert validated
    assert {name for name in validated if not _property(name).choices} == set()


def test_every_rule_is_for_a_key_that_there_is() -> None:
    needed = {f"{name}.{key}" for name, keys in REQUIRED.items() for key in keys}

    assert {*RULES, *needed} - PROPERTIES == set()


def test_no_such_model_is_nothing() -> None:
    assert model("Hologram") is None


def test_checking_a_message_imports_nothing_of_the_sdk() -> None:
    code = (
        "import sys; from hookline.adapters.line.messages.check import check_messages; "
        "print(check_messages([{'type': 'sticker', 'packageId': '446', 'stickerId': '1988'}])); "
        "print([name for name in sys.modules if name.startswith(('linebot', 'pydantic.v1'))])"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout == "[]\n[]\n"


def _property(name: str) -> Property:
    owner, _, key = name.partition(".")
    return MODELS[owner].properties[key]

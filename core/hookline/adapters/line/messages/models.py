"""Read from line-bot-sdk's models which keys LINE's objects have, and of what type, without importing them.

``import linebot.v3.messaging`` takes a second, since it imports all of the SDK and pydantic's old API with it; reading
the few of its source files that a message needs takes about a millisecond each. A test compares what is read
with the imported models.
"""

from __future__ import annotations

import ast
import importlib.util
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

Shape = Literal["text", "whole", "number", "bool", "object", "list", "mapping", "any"]

MESSAGE = "Message"

_IMPORT = re.compile(r"^from linebot\.v3\.messaging\.models\.(\w+) import (\w+)", re.MULTILINE)
_SHAPES: Mapping[str, Shape] = {
    "StrictStr": "text",
    "str": "text",
    "constr": "text",
    "StrictInt": "whole",
    "conint": "whole",
    "StrictFloat": "number",
    "confloat": "number",
    "StrictBool": "bool",
    "conlist": "list",
    "List": "list",
    "Dict": "mapping",
}


@dataclass(frozen=True, slots=True)
class Property:
    """Say what may stand under one key: its shape, the model of objects in it, and the texts that it may be."""

    name: str
    shape: Shape
    model: str | None
    is_required: bool
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Model:
    """Say what one kind of object may hold.

    ``kinds`` are the models to take instead, by the object's ``type``; ``family`` is the model that this one is a
    kind of, or itself.
    """

    name: str
    family: str
    properties: Mapping[str, Property]
    kinds: Mapping[str, str]


@cache
def model(name: str) -> Model | None:
    """Return the SDK's model *name*, or None if it has none that can be read."""
    file = _files().get(name)
    source = None if file is None else next(_classes(file, name), None)
    if source is None:
        return None
    bases = [found for base in source.bases if isinstance(base, ast.Name) and (found := model(base.id))]
    choices = dict(_choices(source))
    properties = {key: one for base in bases for key, one in base.properties.items()}
    for node in source.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            one = _property(node, node.target.id, choices.get(node.target.id, ()))
            properties[one.name] = one
    return Model(name, bases[0].family if bases else name, properties, _kinds(source))


@cache
def _files() -> Mapping[str, Path]:
    found = importlib.util.find_spec("linebot")  # of a top-level package this imports nothing
    if found is None or found.origin is None:
        return {}
    folder = Path(found.origin).parent / "v3" / "messaging" / "models"
    try:
        listed = (folder / "__init__.py").read_text("utf-8")
    except OSError:
        return {}
    return {name: folder / f"{module}.py" for module, name in _IMPORT.findall(listed)}


def _classes(file: Path, name: str) -> Iterator[ast.ClassDef]:
    try:
        body = ast.parse(file.read_text("utf-8")).body
    except (OSError, SyntaxError, ValueError):
        return iter(())
    return (node for node in body if isinstance(node, ast.ClassDef) and node.name == name)


def _property(node: ast.AnnAssign, name: str, choices: tuple[str, ...]) -> Property:
    shape, inner = _shape(node.annotation)
    if isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):  # `type: str = "box"`
        return Property(name, shape, inner, True, (node.value.value,))
    if not isinstance(node.value, ast.Call):
        return Property(name, shape, inner, node.value is None, choices)
    alias = next((word.value for word in node.value.keywords if word.arg == "alias"), None)
    if isinstance(alias, ast.Constant) and isinstance(alias.value, str):
        name = alias.value
    default = node.value.args[0] if node.value.args else None
    return Property(name, shape, inner, isinstance(default, ast.Constant) and default.value is ..., choices)


def _shape(node: ast.expr) -> tuple[Shape, str | None]:
    match node:
        case ast.Name(id=name) if name in _SHAPES:
            return _SHAPES[name], None
        case ast.Name(id=name) if name in _files():
            return "object", name
        case ast.Subscript(value=ast.Name(id="Optional"), slice=inner):
            return _shape(inner)
        case ast.Subscript(value=ast.Name(id="Union"), slice=ast.Tuple(elts=parts)):
            shapes = {_shape(part)[0] for part in parts}
            return ("number" if shapes <= {"number", "whole"} else "any"), None
        case ast.Subscript(value=ast.Name(id="Dict"), slice=ast.Tuple(elts=[_, inner])):
            return "mapping", _shape(inner)[1]
        case ast.Subscript(value=ast.Name(id="List"), slice=inner):
            return "list", _shape(inner)[1]
        case ast.Call(func=ast.Name(id="conlist"), args=[inner, *_]):
            return "list", _shape(inner)[1]
        case ast.Call(func=ast.Name(id=name)) if name in _SHAPES:
            return _SHAPES[name], None
    return "any", None


def _choices(source: ast.ClassDef) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the fields that have a validator like ``if value not in ('a', 'b')``, with the texts in it."""
    for function in (node for node in source.body if isinstance(node, ast.FunctionDef)):
        for decorator in function.decorator_list:
            match decorator:
                case ast.Call(func=ast.Name(id="validator"), args=[ast.Constant(value=str(name)), *_]):
                    yield name, tuple(_members(function))


def _members(function: ast.FunctionDef) -> Iterator[str]:
    for node in ast.walk(function):
        match node:
            case ast.Compare(ops=[ast.NotIn()], comparators=[members]):
                parts = members.elts if isinstance(members, ast.Tuple) else [members]  # ('a') is no tuple
                yield from (str(part.value) for part in parts if isinstance(part, ast.Constant))


def _kinds(source: ast.ClassDef) -> Mapping[str, str]:
    for node in source.body:
        match node:
            case ast.Assign(targets=[ast.Name(id="__discriminator_value_class_map")], value=ast.Dict() as map_):
                return {
                    str(key.value): str(value.value)
                    for key, value in zip(map_.keys, map_.values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
                }
    return {}

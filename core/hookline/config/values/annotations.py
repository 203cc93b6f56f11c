"""Look into type annotations: what a list holds, which model a mapping is."""

from __future__ import annotations

import types
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, cached_property
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, GetCoreSchemaHandler, SecretBytes, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import CoreSchema, core_schema

_LISTS = (list, tuple, set, frozenset)


class Deferred:
    """Mark a value that another model checks later: an adapter's or a plugin's settings."""

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.any_schema()


def bare(annotation: Any) -> Any:
    """Strip Annotated and a lone Optional."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        rest = [item for item in get_args(annotation) if item is not type(None)]
        if len(rest) == 1:
            return bare(rest[0])
    return annotation


def members(annotation: Any) -> Iterable[Any]:
    """Return the members of a union, or the annotation alone."""
    annotation = bare(annotation)
    if get_origin(annotation) in (Union, types.UnionType):
        return [bare(item) for item in get_args(annotation)]
    return [annotation]


def is_secret(annotation: Any) -> bool:
    """Say whether it is one of pydantic's secret types."""
    return annotation in (SecretStr, SecretBytes)


def holds_secret(annotation: Any) -> bool:
    """Say whether a secret type stands anywhere in it."""
    return is_secret(bare(annotation)) or any(holds_secret(item) for item in get_args(annotation))


def secrets_in(value: object) -> Iterator[str]:
    """Yield the secrets that stand anywhere in *value*, which was checked."""
    if isinstance(value, SecretStr):
        yield value.get_secret_value()
    elif isinstance(value, SecretBytes):
        yield value.get_secret_value().decode("utf-8", "replace")
    elif isinstance(value, BaseModel | Mapping):
        each = value.values() if isinstance(value, Mapping) else (item for _, item in value)
        for item in each:
            yield from secrets_in(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from secrets_in(item)


def is_bool(annotation: Any) -> bool:
    """Say whether it is bool."""
    return annotation is bool


def model_of(annotation: Any) -> type[BaseModel] | None:
    """Return the model among its members, if there is just one."""
    models = [item for item in members(annotation) if isinstance(item, type) and issubclass(item, BaseModel)]
    return models[0] if len(models) == 1 else None


@cache
def fields_of(model: type[BaseModel]) -> Mapping[str, FieldInfo]:
    """Return the fields of *model* by the keys that it reads them from."""
    return {
        field.validation_alias if isinstance(field.validation_alias, str) else name: field
        for name, field in model.model_fields.items()
    }


def item_of(annotation: Any) -> Any:
    """Return what its list or set holds; Any when it has none."""
    for item in members(annotation):
        if get_origin(item) in _LISTS:
            return bare(get_args(item)[0])
    return Any


def value_of(annotation: Any) -> Any:
    """Return what its dict holds; Any when it has none."""
    for item in members(annotation):
        if get_origin(item) is dict:
            return bare(get_args(item)[1])
    return Any


def allows_none(annotation: Any) -> bool:
    """Say whether None is one of its values."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    return annotation in (Any, object) or type(None) in get_args(annotation)


def is_listed(annotation: Any) -> bool:
    """Say whether one of its members is a list."""
    return any(get_origin(item) in _LISTS for item in members(annotation))


def takes_text(annotation: Any) -> bool:
    """Say whether any text may stand there, alone or as the only item of a list."""
    items = members(item_of(annotation)) if is_listed(annotation) else members(annotation)
    return any(item in (str, Any, object) for item in items)


@cache
def drops_keys(model: type[BaseModel]) -> bool:
    """Say whether *model*, or one below it, lets unknown keys go in silence: it doesn't say what `extra` is."""
    return any(found.model_config.get("extra") is None for found in _models_in(model, set()))


def has_own_checks(model: type[BaseModel]) -> bool:
    """Say whether *model*, or one in it, looks at values by code of its own."""
    return any(map(_has_own_checks, _models_in(model, set())))


def _has_own_checks(model: type[BaseModel]) -> bool:
    found = model.__pydantic_decorators__
    if found.validators or found.field_validators or found.root_validators or found.model_validators:
        return True
    if model.model_post_init is not BaseModel.model_post_init or "__get_pydantic_core_schema__" in vars(model):
        return True
    return any(hasattr(one, "func") for item in model.model_fields.values() for one in item.metadata)


def _models_in(annotation: Any, seen: set[type[BaseModel]]) -> set[type[BaseModel]]:
    """Return the models that are anywhere in *annotation*, added to *seen*."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        if annotation not in seen:
            seen.add(annotation)
            for field in annotation.model_fields.values():
                _models_in(field.annotation, seen)
        return seen
    for item in get_args(annotation):
        _models_in(item, seen)
    return seen


class Shape:
    """Hold what there is to know of an annotation, found once however many values are of it."""

    def __init__(self, annotation: Any) -> None:
        item = item_of(annotation)
        self.kind = bare(annotation)
        self.is_deferred = self.kind is Deferred
        self.allows_none = allows_none(annotation)
        self.is_secret = is_secret(self.kind)
        self.is_list_of_secrets = is_secret(item)
        self.scalar = item if get_origin(self.kind) is list else self.kind
        self.model = model_of(self.kind)
        self.is_listed = is_listed(self.kind)
        self._item = item

    @cached_property
    def item(self) -> Shape:
        """Return what it is a list of."""
        return Shape(self._item)

    @cached_property
    def value(self) -> Shape:
        """Return what it is a mapping to."""
        return Shape(value_of(self.kind))


@cache
def shapes_of(model: type[BaseModel]) -> Mapping[str, Shape]:
    """Return the shapes of the fields of *model* by the keys that it reads them from."""
    return {name: Shape(field.annotation) for name, field in fields_of(model).items()}

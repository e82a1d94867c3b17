"""Frozen dataclasses from a configuration file, refusing whatever does not belong there."""

import dataclasses
import types
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

T = TypeVar("T")


class ConfigError(ValueError):
    """A configuration cannot be used; the text is a sentence that names the place."""


def build(kind: type[T], data: object, where: str) -> T:
    """Make the dataclass ``kind`` from ``data``, a mapping read from JSON.

    Nested dataclasses are built alike, lists become tuples. ConfigError names unknown and missing
    keys, values of the wrong type, and what the dataclass itself refuses.
    """
    if not isinstance(data, dict):
        raise ConfigError(f"“{where}” must hold keys and values, not {data!r}.")
    fields = {field.name: field for field in dataclasses.fields(kind) if field.init}  # type: ignore[arg-type]
    for key in data:
        if key not in fields:
            raise ConfigError(f"“{where}” holds “{key}”, which is not known there.")
    for name, field in fields.items():
        optional = (field.default, field.default_factory) != (dataclasses.MISSING,) * 2
        if not optional and name not in data:
            raise ConfigError(f"“{where}” lacks “{name}”.")
    hints = get_type_hints(kind)
    values = {key: _value(hints[key], value, f"{where}.{key}") for key, value in data.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(f"In “{where}”: {error}") from error


def _value(hint: Any, value: object, where: str) -> Any:
    if get_origin(hint) in (Union, types.UnionType):
        if value is None and type(None) in get_args(hint):
            return None
        (hint,) = [part for part in get_args(hint) if part is not type(None)]
    if dataclasses.is_dataclass(hint):
        return build(hint, value, where)  # type: ignore[arg-type]
    if get_origin(hint) is tuple and isinstance(value, (list, tuple)):
        return tuple(_value(get_args(hint)[0], item, where) for item in value)
    if get_origin(hint) is dict and isinstance(value, dict):
        return value
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint):
        if hint is int and isinstance(value, bool):
            raise ConfigError(f"“{where}” cannot be {value!r}.")
        return value
    raise ConfigError(f"“{where}” cannot be {value!r}.")

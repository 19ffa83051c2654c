"""Messages for validation errors of the settings: location, error, allowed values and an example."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Iterator, Sequence
from types import MappingProxyType
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from bot.settings import Secrets

Location = tuple[int | str, ...]

# Messages by pydantic error type (https://docs.pydantic.dev/latest/errors/validation_errors/).
RULES: dict[str, str] = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "dict_type": "must be a table",
    "finite_number": "must be a finite number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be above {gt:g}",
    "greater_than_equal": "must be at least {ge:g}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_type": "must be a whole number",
    "less_than_equal": "must be at most {le:g}",
    "literal_error": "must be one of {expected}",
    "missing": "is missing",
    "model_type": "must be a table",
    "string_too_long": "must have at most {max_length} characters",
    "string_too_short": "must not be empty",
    "string_type": "must be text in quotes",
    "too_short": "must hold at least {min_length}",
    "tuple_type": "must be a list in [brackets]",
    "value_error": "{error}",
}
# Longer values are not shown: they may be secrets in the wrong place.
MAX_SHOWN = 24
# Messages for keys that older versions had.
GONE: MappingProxyType[Location, str] = MappingProxyType(
    {
        ("wandb", "app_url"): (
            "there is no such key any more; the address of W&B's pages follows from base_url. "
            'Remove this line. Example: base_url = "https://api.wandb.ai"'
        ),
    }
)
SECRET_WORDS = ("token", "secret", "password", "api_key")


def describe_mistakes(error: ValidationError, schema: type[BaseModel]) -> tuple[str, ...]:
    """Return one line per mistake: `slack.sockets: 9 must be at most 5 (...). Example: sockets = 2`."""
    faults = error.errors(include_url=False)
    lines: dict[str, str] = {}
    for fault in faults:
        if fault["type"] == "too_short" and _has_mistakes_inside(fault["loc"], faults):
            continue
        for line in _lines(fault, schema):
            # pydantic reports a value with several allowed types once for each type.
            lines.setdefault(line.split(": ", 1)[0], line)
    return tuple(lines.values())


def _has_mistakes_inside(location: Location, faults: Sequence[ErrorDetails]) -> bool:
    inside = len(location)
    return any(len(fault["loc"]) > inside and fault["loc"][:inside] == location for fault in faults)


def _lines(fault: ErrorDetails, schema: type[BaseModel]) -> Iterator[str]:
    location, field = _find(fault["loc"], schema)
    if fault["type"] == "extra_forbidden":
        yield _unknown(fault["loc"], schema)
        return
    inner = _model(field)
    if fault["type"] == "missing" and inner is not None and not _is_list(field):
        for name, part in inner.model_fields.items():
            if part.is_required():
                yield _sentence((*location, name), part, "is missing")
        return
    yield _sentence(location, field, _problem(fault))


def _sentence(location: Location, field: FieldInfo | None, wrong: str) -> str:
    title = f" ({field.title})" if field is not None and field.title else ""
    return f"{_path(location)}: {wrong}{title}.{_example(location, field)}"


def _problem(fault: ErrorDetails) -> str:
    rule = RULES.get(fault["type"], fault["msg"]).format(**fault.get("ctx", {})).replace("'", '"')
    value = fault["input"]
    if fault["type"] == "missing" or isinstance(value, dict | list | tuple):
        return rule
    shown = json.dumps(value, ensure_ascii=False, default=str)
    return f"{shown} {rule}" if len(shown) <= MAX_SHOWN else rule


def _unknown(location: Location, schema: type[BaseModel]) -> str:
    name = str(location[-1])
    if gone := GONE.get(location):
        return f"{_path(location)}: {gone}"
    if any(word in name.lower() for word in SECRET_WORDS):
        words = "_".join(str(part) for part in location)
        variable = difflib.get_close_matches(words, list(Secrets.model_fields), n=1, cutoff=0)[0].upper()
        return (
            f"{_path(location)}: secrets are not allowed in this file; they are read from the environment. "
            f"Example: export {variable}=..."
        )
    _, parent = _find(location[:-1], schema)
    model = schema if len(location) == 1 else _model(parent)
    known = list(model.model_fields) if model is not None else []
    near = difflib.get_close_matches(name, known, n=1)
    home = _home(name, schema)
    hint = f"did you mean {near[0]}? Known" if near else f"it belongs in {home}. Known" if home else "known"
    return f"{_path(location)}: there is no such key; {hint} here: {', '.join(known)}."


def _home(name: str, schema: type[BaseModel]) -> str:
    """Return the table with a key of this name, or ""."""
    for table, field in schema.model_fields.items():
        model = _model(field)
        if model is not None and name in model.model_fields:
            return f"[[{table}]]" if _is_list(field) else f"[{table}]"
    return ""


def _find(location: Sequence[int | str], schema: type[BaseModel]) -> tuple[Location, FieldInfo | None]:
    """Return the part of a location that exists in the file, and its field."""
    model: type[BaseModel] | None = schema
    field: FieldInfo | None = None
    found: list[int | str] = []
    for part in location:
        if isinstance(part, str) and model is not None and part in model.model_fields:
            field = model.model_fields[part]
            # The keys of a table of tables are chosen by the user, they are not fields.
            model = None if _is_table_of_tables(field) else _model(field)
        elif isinstance(part, str) and model is None and field is not None and _is_table_of_tables(field):
            model = _model(field)
        elif isinstance(part, str):
            break  # pydantic appends the name of one of several allowed types
        found.append(part)
    return tuple(found), field


def _model(field: FieldInfo | None) -> type[BaseModel] | None:
    return None if field is None else next(_models(field.annotation), None)


def _models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _is_list(field: FieldInfo | None) -> bool:
    return field is not None and getattr(field.annotation, "__origin__", None) is tuple


def _is_table_of_tables(field: FieldInfo) -> bool:
    return getattr(field.annotation, "__origin__", None) is dict and _model(field) is not None


def _path(location: Iterable[int | str]) -> str:
    path = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in location)
    return path.removeprefix(".") or "the file"


def _example(location: Location, field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    value = field.examples[0]
    name = next((part for part in reversed(location) if isinstance(part, str)), "")
    text = str(value) if str(value).startswith("[[") else f"{name} = {_toml(value)}"
    return f" Example: {text}"


def _toml(value: object) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(part)}" for key, part in value.items()) + " }"
    return json.dumps(value, ensure_ascii=False)

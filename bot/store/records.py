"""Serialises dataclasses as JSON text, and validates them on reading.

Fields missing from a record of an older version get their defaults; unknown fields of a
newer version are ignored.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.models.errors import StoreError

T = TypeVar("T")


class Records(Generic[T]):
    """Converts one dataclass to JSON text and back; times are ISO text in UTC."""

    def __init__(self, kind: type[T]) -> None:
        self._name = kind.__name__.lower()
        # A union accepts its own configuration, a bare dataclass does not; without it a metric that is NaN
        # or infinite would be read back as None.
        self._adapter: TypeAdapter[T | None] = TypeAdapter(
            kind | None,  # type: ignore[arg-type]  # mypy does not support a union with a type variable's value
            config=ConfigDict(ser_json_inf_nan="strings"),
        )

    def dump(self, value: T) -> str:
        """Return the JSON text. Raise StoreError for text that is not valid Unicode."""
        try:
            return self._adapter.dump_json(value).decode()
        except PydanticSerializationError as error:
            raise StoreError(f"A {self._name} holds text that cannot be stored: {error}") from error

    def load(self, text: str) -> T:
        """Return the value. Raise StoreError when the text is not a valid record."""
        try:
            value = self._adapter.validate_json(text)
        except ValidationError as error:
            raise StoreError(f"A stored {self._name} cannot be read: {_first_error(error)}") from error
        if value is None:
            raise StoreError(f"A stored {self._name} is empty.")
        return value


def _first_error(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"

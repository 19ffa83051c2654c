"""Nouns as JSON text, checked on the way back.

A record written by an older version of the bot reads with the defaults of what it lacks; a record of a
newer one reads without what is unknown here.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from bot.models.errors import StoreError

T = TypeVar("T")


class Records(Generic[T]):
    """Turns one kind of dataclass into JSON text and back; times are ISO text in UTC."""

    def __init__(self, kind: type[T]) -> None:
        self._name = kind.__name__.lower()
        # A union takes a configuration of its own, which a bare dataclass does not: without it a metric
        # that is not a number would come back as nothing.
        self._adapter: TypeAdapter[T | None] = TypeAdapter(
            kind | None,  # type: ignore[arg-type]  # mypy knows no union of a type held in a variable
            config=ConfigDict(ser_json_inf_nan="strings"),
        )

    def dump(self, value: T) -> str:
        """Return the JSON text. Raise StoreError for text that is no Unicode."""
        try:
            return self._adapter.dump_json(value).decode()
        except PydanticSerializationError as error:
            raise StoreError(f"A {self._name} holds text that cannot be stored: {error}") from error

    def load(self, text: str) -> T:
        """Return the value. Raise StoreError when the text is none of ours."""
        try:
            value = self._adapter.validate_json(text)
        except ValidationError as error:
            raise StoreError(f"A stored {self._name} cannot be read: {_first(error)}") from error
        if value is None:
            raise StoreError(f"A stored {self._name} is empty.")
        return value


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_input=False)[0]
    return f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"

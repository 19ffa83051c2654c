"""What GraphQL texts are made of: requests with their operations and fragments, and the types of a schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TypeRef:
    """A type where it is used: a name, or a list `of` another; `required` is the exclamation mark."""

    name: str = ""
    of: TypeRef | None = None
    required: bool = False

    @property
    def base(self) -> str:
        """The name without lists and marks."""
        return self.of.base if self.of else self.name

    def __str__(self) -> str:
        return (f"[{self.of}]" if self.of else self.name) + ("!" if self.required else "")


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable where it is used."""

    name: str


class EnumWord(str):
    """A bare word as a value."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Field:
    """A selected field; `key` is its name in the answer."""

    name: str
    key: str
    args: dict[str, Any]
    selections: tuple[Selection, ...]
    directives: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Spread:
    """Fields of a type: those of a fragment by name, or its own when it has none."""

    fragment: str
    on: str
    selections: tuple[Selection, ...]
    directives: dict[str, dict[str, Any]]


Selection = Field | Spread


@dataclass(frozen=True, slots=True)
class Slot:
    """A variable's, an argument's or an input field's definition."""

    type: TypeRef
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """A query or a mutation."""

    kind: str
    name: str
    variables: dict[str, Slot]
    selections: tuple[Selection, ...]


@dataclass(frozen=True, slots=True)
class FieldType:
    """A field of one of our types."""

    type: TypeRef
    args: dict[str, Slot]


@dataclass(slots=True)
class Document:
    """What a text holds: operations and fragments of a request, or types of a schema."""

    operations: list[Operation] = field(default_factory=list)
    fragments: dict[str, Spread] = field(default_factory=dict)
    types: dict[str, dict[str, FieldType]] = field(default_factory=dict)
    inputs: dict[str, dict[str, Slot]] = field(default_factory=dict)
    scalars: set[str] = field(default_factory=set)

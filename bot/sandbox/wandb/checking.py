"""Checking a request against the schema before anything is done, as W&B's server does."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bot.sandbox.wandb.nodes import Document, Field, FieldType, Operation, Selection, Slot, TypeRef, Variable

_TYPENAME = FieldType(TypeRef("String", required=True), {})


def faults_of(schema: Document, request: Document, operation: Operation) -> list[str]:
    """Every mistake of a request, in GraphQL's customary words; empty when it is sound."""
    root = "Query" if operation.kind == "query" else "Mutation"
    return list(_Check(schema, request, operation).selections(root, operation.selections))


def variable_faults(schema: Document, operation: Operation, values: Mapping[str, Any]) -> list[str]:
    """Mistakes of the variables' values; values that no variable wants are left alone, as servers do."""
    faults = []
    for name, slot in operation.variables.items():
        value = values.get(name)
        if value is None:
            if slot.type.required and not slot.has_default:
                faults.append(f'Variable "${name}" of required type "{slot.type}" was not provided.')
        elif words := value_fault(schema, slot.type, value):
            faults.append(f'Variable "${name}" got invalid value {value!r:.80}; {words}')
    return faults


def value_fault(schema: Document, kind: TypeRef, value: Any) -> str:
    """What is wrong with a value of that type, or ""."""
    if value is None:
        return f'Expected non-nullable type "{kind}" not to be null.' if kind.required else ""
    if kind.of is not None:
        items = value if isinstance(value, list) else [value]
        return next((words for item in items if (words := value_fault(schema, kind.of, item))), "")
    if kind.name in schema.inputs:
        return _input_fault(schema, kind, value)
    return "" if _is_scalar(kind.name, value) else f"{kind.name} cannot represent value: {value!r:.80}"


def _input_fault(schema: Document, kind: TypeRef, value: Any) -> str:
    if not isinstance(value, dict):
        return f'Expected type "{kind.name}" to be an object.'
    slots = schema.inputs[kind.name]
    if unknown := sorted(set(value) - set(slots)):
        return f'Field "{unknown[0]}" is not defined by type "{kind.name}".'
    for name, slot in slots.items():
        if slot.type.required and not slot.has_default and value.get(name) is None:
            return f'Field "{name}" of required type "{slot.type}" was not provided.'
        if words := value_fault(schema, slot.type, value.get(name)):
            return words
    return ""


def _is_scalar(name: str, value: Any) -> bool:
    if name in ("Int", "Int64"):
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "Float":
        return isinstance(value, int | float) and not isinstance(value, bool)
    if name == "Boolean":
        return isinstance(value, bool)
    if name == "ID":
        return isinstance(value, str | int) and not isinstance(value, bool)
    if name == "JSONString":
        return isinstance(value, str) and _is_json(value)
    return isinstance(value, str)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


class _Check:
    def __init__(self, schema: Document, request: Document, operation: Operation) -> None:
        self.schema, self.request, self.operation = schema, request, operation

    def selections(self, on: str, selections: tuple[Selection, ...]) -> Iterator[str]:
        for one in selections:
            if isinstance(one, Field):
                yield from self._field(on, one)
            elif not one.fragment:
                yield from self.selections(one.on or on, one.selections)
            elif (fragment := self.request.fragments.get(one.fragment)) is None:
                yield f'Unknown fragment "{one.fragment}".'
            elif fragment.on != on:
                yield f'Fragment "{one.fragment}" cannot be spread here: "{on}" can never be "{fragment.on}".'
            else:
                yield from self.selections(on, fragment.selections)

    def _field(self, on: str, asked: Field) -> Iterator[str]:
        known = _TYPENAME if asked.name == "__typename" else self.schema.types[on].get(asked.name)
        if known is None:
            yield f'Cannot query field "{asked.name}" on type "{on}".'
            return
        yield from self._args(on, asked, known)
        base = known.type.base
        if base in self.schema.types:
            if not asked.selections:
                yield f'Field "{asked.name}" of type "{known.type}" must have a selection of subfields.'
            yield from self.selections(base, asked.selections)
        elif asked.selections:
            yield f'Field "{asked.name}" must not have a selection: type "{known.type}" has no subfields.'

    def _args(self, on: str, asked: Field, known: FieldType) -> Iterator[str]:
        for name, value in asked.args.items():
            slot = known.args.get(name)
            if slot is None:
                yield f'Unknown argument "{name}" on field "{on}.{asked.name}".'
            else:
                yield from self._value(slot.type, value)
        for name, slot in known.args.items():
            if slot.type.required and not slot.has_default and name not in asked.args:
                yield f'Field "{asked.name}" argument "{name}" of type "{slot.type}" is required.'

    def _value(self, kind: TypeRef, value: Any) -> Iterator[str]:
        if isinstance(value, Variable):
            yield from self._variable(kind, value)
        elif isinstance(value, list) and kind.of:
            for item in value:
                yield from self._value(kind.of, item)
        elif isinstance(value, dict) and kind.name in self.schema.inputs:
            yield from self._object(kind, value)
        elif words := value_fault(self.schema, kind, value):
            yield words

    def _object(self, kind: TypeRef, value: dict[str, Any]) -> Iterator[str]:
        slots = self.schema.inputs[kind.name]
        for name, item in value.items():
            if name not in slots:
                yield f'Field "{name}" is not defined by type "{kind.name}".'
            else:
                yield from self._value(slots[name].type, item)
        for name, slot in slots.items():
            if slot.type.required and not slot.has_default and name not in value:
                yield f'Field "{kind.name}.{name}" of required type "{slot.type}" was not provided.'

    def _variable(self, kind: TypeRef, value: Variable) -> Iterator[str]:
        slot: Slot | None = self.operation.variables.get(value.name)
        if slot is None:
            yield f'Variable "${value.name}" is not defined by operation "{self.operation.name}".'
        elif not _fits(slot.type, kind, has_default=slot.has_default):
            yield f'Variable "${value.name}" of type "{slot.type}" used in position expecting type "{kind}".'


def _fits(given: TypeRef, wanted: TypeRef, *, has_default: bool) -> bool:
    if wanted.required and not given.required and not has_default:
        return False
    if wanted.of is not None:
        return given.of is not None and _fits(given.of, wanted.of, has_default=False)
    return given.name == wanted.name

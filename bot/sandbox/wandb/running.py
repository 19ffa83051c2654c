"""Carrying out a checked request: field by field, with a function for those that are more than a lookup."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.sandbox.wandb.nodes import Document, Field, Operation, Selection, TypeRef, Variable
from bot.sandbox.world.world import World

Resolver = Callable[[World, Any, dict[str, Any]], Any]


class GraphQLFault(Exception):  # noqa: N818 - an answer of the server, not an error of ours
    """A field that cannot be answered; the text goes into the answer's `errors`."""


@dataclass(frozen=True, slots=True)
class Run:
    """One request being carried out."""

    schema: Document
    request: Document
    resolvers: Mapping[tuple[str, str], Resolver]
    world: World
    variables: dict[str, Any]

    def answer(self, operation: Operation) -> dict[str, Any]:
        """The answer's `data`; raises GraphQLFault."""
        root = "Query" if operation.kind == "query" else "Mutation"
        return self._object(root, {}, operation.selections)

    def _object(self, on: str, parent: Any, selections: tuple[Selection, ...]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in selections:
            if not self._wanted(one.directives):
                continue
            if isinstance(one, Field):
                found[one.key] = self._field(on, parent, one)
            else:
                chosen = self.request.fragments[one.fragment] if one.fragment else one
                found.update(self._object(on, parent, chosen.selections))
        return found

    def _field(self, on: str, parent: Any, asked: Field) -> Any:
        if asked.name == "__typename":
            return on
        known = self.schema.types[on][asked.name]
        args = {name: slot.default for name, slot in known.args.items() if slot.has_default}
        args.update({name: self._value(value) for name, value in asked.args.items()})
        resolver = self.resolvers.get((on, asked.name))
        value = resolver(self.world, parent, args) if resolver else parent.get(asked.name)
        return self._complete(known.type, value, asked)

    def _complete(self, kind: TypeRef, value: Any, asked: Field) -> Any:
        if value is None:
            return None
        if kind.of is not None:
            return [self._complete(kind.of, item, asked) for item in value]
        return self._object(kind.name, value, asked.selections) if kind.name in self.schema.types else value

    def _wanted(self, directives: dict[str, dict[str, Any]]) -> bool:
        if "skip" in directives and self._value(directives["skip"].get("if")):
            return False
        return "include" not in directives or bool(self._value(directives["include"].get("if")))

    def _value(self, value: Any) -> Any:
        if isinstance(value, Variable):
            return self.variables.get(value.name)
        if isinstance(value, list):
            return [self._value(item) for item in value]
        if isinstance(value, dict):
            return {name: self._value(item) for name, item in value.items()}
        return value

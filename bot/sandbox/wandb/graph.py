"""One GraphQL request from text to answer: read and checked by graphql-core, then carried out on a world."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    OperationDefinitionNode,
    OperationType,
    Visitor,
    execute_sync,
    get_operation_ast,
    parse,
    validate,
    visit,
)
from graphql.execution import get_variable_values

from bot.sandbox.wandb.schema import wandb_schema
from bot.sandbox.world.world import World

# Clients send the same few texts again and again: each is parsed and validated once.
_TEXTS = 128
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer's HTTP status and JSON body."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that was read and is sound, not yet carried out.

    `name` is what faults and counts call it: a mutation's field, a query's own name; `also` are its fields.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    name: str
    also: tuple[str, ...]
    variables: dict[str, Any] = field(default_factory=dict)


class Graph:
    """W&B's GraphQL on a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schema = wandb_schema()
        self._sound = lru_cache(_TEXTS)(self._check)

    def read(self, body: Any) -> Asked | Answer:
        """Read and checks a request's body; an unsound one is answered with 400 and every mistake."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return _refused([GraphQLError("Must provide query string.")])
        # The real client always names an operation, mostly with an empty name.
        asked = self._sound(body["query"], body.get("operationName") or None)
        if isinstance(asked, Answer):
            return asked
        variables = body.get("variables") or {}
        values = get_variable_values(self._schema, asked.operation.variable_definitions or (), variables)
        return _refused(values) if isinstance(values, list) else replace(asked, variables=variables)

    def carry_out(self, asked: Asked) -> Answer:
        """Do what was asked; a field that cannot be answered is null, and an error tells why."""
        result = execute_sync(
            self._schema,
            asked.document,
            context_value=self._world,
            variable_values=asked.variables,
            operation_name=asked.operation.name.value if asked.operation.name else None,
        )
        for error in result.errors or ():
            if error.original_error and not isinstance(error.original_error, GraphQLError):
                raise error.original_error  # a mistake of this stand-in is no answer of W&B's
        return Answer(HTTPStatus.OK, dict(result.formatted))

    def _check(self, text: str, wanted: str | None) -> Asked | Answer:
        try:
            document = parse(text)
        except GraphQLError as error:
            return _refused([error])
        if errors := validate(self._schema, document):
            return _refused(errors)
        operation = get_operation_ast(document, wanted)
        if operation is None:
            return _refused([GraphQLError(f"Unknown operation named '{wanted or ''}'.")])
        fields = _field_names(document, operation)
        own = operation.name.value if operation.name else fields[0]
        name = fields[0] if operation.operation is OperationType.MUTATION else own
        return Asked(document, operation, name, fields)


class _Fields(Visitor):
    """Collects the names of the fields that it meets."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.names.append(node.name.value)


def _field_names(document: DocumentNode, operation: OperationDefinitionNode) -> tuple[str, ...]:
    """Return the operation's own fields in their order, then those of the fragments."""
    found = _Fields()
    fragments = (one for one in document.definitions if isinstance(one, FragmentDefinitionNode))
    for one in (operation, *fragments):
        visit(one, found)
    return tuple(found.names)


def _refused(errors: Iterable[GraphQLError]) -> Answer:
    # W&B's words have double quotes; its client looks for them: wandb/sdk/artifacts/_gqlutils.py.
    told = [{**error.formatted, "message": _QUOTED.sub(r'"\1"', error.message)} for error in errors]
    return Answer(HTTPStatus.BAD_REQUEST, {"errors": told, "data": None})

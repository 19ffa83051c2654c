"""Parses and validates a GraphQL request with graphql-core, then executes it on a world."""

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

# Number of cached queries: clients repeat few texts, and each is parsed and validated once.
_TEXTS = 128
_QUOTED = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class Answer:
    """The HTTP status and JSON body of a response."""

    status: int
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class ParsedRequest:
    """A parsed and valid request.

    `name` is used by faults and counters: a mutation's field or a query's own name; `also` lists its fields.
    """

    document: DocumentNode
    operation: OperationDefinitionNode
    name: str
    also: tuple[str, ...]
    variables: dict[str, Any] = field(default_factory=dict)


class Graph:
    """W&B's GraphQL API on a world."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._schema = wandb_schema()
        self._validated = lru_cache(_TEXTS)(self._check)

    def read(self, body: Any) -> ParsedRequest | Answer:
        """Parse and validate a request's body; return status 400 and all errors if it is invalid."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return _refused([GraphQLError("Must provide query string.")])
        # The real client always sends an operation name, usually an empty one.
        request = self._validated(body["query"], body.get("operationName") or None)
        if isinstance(request, Answer):
            return request
        variables = body.get("variables") or {}
        values = get_variable_values(self._schema, request.operation.variable_definitions or (), variables)
        return _refused(values) if isinstance(values, list) else replace(request, variables=variables)

    def execute(self, request: ParsedRequest) -> Answer:
        """Execute a request; a field that fails is null, with an error."""
        result = execute_sync(
            self._schema,
            request.document,
            context_value=self._world,
            variable_values=request.variables,
            operation_name=request.operation.name.value if request.operation.name else None,
        )
        for error in result.errors or ():
            if error.original_error and not isinstance(error.original_error, GraphQLError):
                raise error.original_error  # a defect of this stand-in, not a response of W&B
        return Answer(HTTPStatus.OK, dict(result.formatted))

    def _check(self, text: str, wanted: str | None) -> ParsedRequest | Answer:
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
        return ParsedRequest(document, operation, name, fields)


class _Fields(Visitor):
    """Collects the names of all fields."""

    def __init__(self) -> None:
        super().__init__()
        self.names: list[str] = []

    def enter_field(self, node: FieldNode, *_: Any) -> None:
        self.names.append(node.name.value)


def _field_names(document: DocumentNode, operation: OperationDefinitionNode) -> tuple[str, ...]:
    """Return the operation's field names in order, then those of the fragments."""
    found = _Fields()
    fragments = (one for one in document.definitions if isinstance(one, FragmentDefinitionNode))
    for one in (operation, *fragments):
        visit(one, found)
    return tuple(found.names)


def _refused(errors: Iterable[GraphQLError]) -> Answer:
    # W&B's messages use double quotes, which its client parses: wandb/sdk/artifacts/_gqlutils.py.
    formatted_errors = [
        {**error.formatted, "message": _QUOTED.sub(r'"\1"', error.message)} for error in errors
    ]
    return Answer(HTTPStatus.BAD_REQUEST, {"errors": formatted_errors, "data": None})

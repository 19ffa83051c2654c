"""One GraphQL request from text to answer: read, checked, then carried out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.sandbox.wandb.checking import faults_of, variable_faults
from bot.sandbox.wandb.mutations import MUTATIONS
from bot.sandbox.wandb.nodes import Document, Field, Operation, Selection
from bot.sandbox.wandb.queries import QUERIES
from bot.sandbox.wandb.running import GraphQLFault, Run
from bot.sandbox.wandb.syntax import SyntaxFault, parse
from bot.sandbox.world.world import World

SCHEMA_FILE = Path(__file__).parent / "schema.graphql.txt"
RESOLVERS = {**QUERIES, **MUTATIONS}


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

    document: Document
    operation: Operation
    variables: dict[str, Any]
    name: str
    also: tuple[str, ...]


class Graph:
    """W&B's GraphQL on a world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.schema = parse(SCHEMA_FILE.read_text("utf-8"))

    def read(self, body: Any) -> Asked | Answer:
        """Reads and checks a request's body; an unsound one is answered with 400 and every mistake."""
        if not isinstance(body, dict) or not isinstance(body.get("query"), str):
            return _refused(["Must provide query string."])
        try:
            document = parse(body["query"])
        except SyntaxFault as fault:
            return _refused([str(fault)])
        wanted = body.get("operationName") or ""
        operation = next((one for one in document.operations if not wanted or one.name == wanted), None)
        if operation is None:
            return _refused([f'Unknown operation named "{wanted}".'])
        variables = body.get("variables") or {}
        faults = faults_of(self.schema, document, operation)
        faults = faults or variable_faults(self.schema, operation, variables)
        if faults:
            return _refused(faults)
        defaults = {name: slot.default for name, slot in operation.variables.items() if slot.has_default}
        fields = tuple(_field_names(operation.selections, document))
        name = fields[0] if operation.kind == "mutation" else operation.name or fields[0]
        return Asked(document, operation, {**defaults, **variables}, name, fields)

    def carry_out(self, asked: Asked) -> Answer:
        """Does what was asked; a field that cannot be answered makes `data` null."""
        run = Run(self.schema, asked.document, RESOLVERS, self.world, asked.variables)
        try:
            return Answer(200, {"data": run.answer(asked.operation)})
        except GraphQLFault as fault:
            return Answer(200, {"data": None, "errors": [{"message": str(fault), "path": [asked.also[0]]}]})


def _refused(faults: list[str]) -> Answer:
    return Answer(400, {"errors": [{"message": fault} for fault in faults], "data": None})


def _field_names(selections: tuple[Selection, ...], document: Document) -> list[str]:
    names: list[str] = []
    for one in selections:
        if isinstance(one, Field):
            names += [one.name, *_field_names(one.selections, document)]
        else:
            chosen = document.fragments[one.fragment] if one.fragment else one
            names += _field_names(chosen.selections, document)
    return names

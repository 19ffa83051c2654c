"""Loads W&B's schema from its file, with validation of custom scalars and the resolvers."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLError,
    GraphQLFieldResolver,
    GraphQLResolveInfo,
    GraphQLSchema,
    assert_object_type,
    assert_scalar_type,
    build_schema,
)

from bot.sandbox.wandb.mutations import MUTATIONS
from bot.sandbox.wandb.queries import QUERIES, Resolver
from bot.sandbox.world.world import World

SCHEMA_FILE = Path(__file__).parent / "schema.graphql.txt"


@cache  # shared by all worlds, and slow to build
def wandb_schema() -> GraphQLSchema:
    """Return the schema, to be executed with a World as its context.

    Fields without a resolver are dictionary lookups.
    """
    schema = build_schema(SCHEMA_FILE.read_text("utf-8"))
    assert_scalar_type(schema.type_map["JSONString"]).coerce_input_value = _json_text
    assert_scalar_type(schema.type_map["Int64"]).coerce_input_value = _long
    for (owner, field), resolver in {**QUERIES, **MUTATIONS}.items():
        assert_object_type(schema.type_map[owner]).fields[field].resolve = _on_world(resolver)
    return schema


def _on_world(resolver: Resolver) -> GraphQLFieldResolver:
    def resolve(parent: Any, info: GraphQLResolveInfo[World], **args: Any) -> Any:
        return resolver(info.context, parent, args)

    return resolve


def _json_text(value: Any) -> str:
    try:
        if isinstance(value, str):
            json.loads(value)
            return value
    except ValueError:
        pass
    raise GraphQLError(f"JSONString cannot represent value: {value!r:.80}")


def _long(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise GraphQLError(f"Int64 cannot represent value: {value!r:.80}")

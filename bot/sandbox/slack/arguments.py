"""Arguments of one Web API call, from a query, a form or JSON."""

from __future__ import annotations

import json
from typing import Any

from bot.sandbox.slack.wire import Json, RefusedError, invalid, missing, truthy


class Arguments:
    """Reads arguments by name and type; forms carry all values as text, JSON does not."""

    def __init__(self, values: Json, scopes: frozenset[str]) -> None:
        self.values = values
        self._scopes = scopes

    def need_scope(self, scope: str) -> None:
        """Raise RefusedError `missing_scope` with the needed and the granted scopes."""
        if scope not in self._scopes:
            raise RefusedError("missing_scope", needed=scope, provided=",".join(sorted(self._scopes)))

    def has_scope(self, scope: str) -> bool:
        """Return whether the app was granted a scope."""
        return scope in self._scopes

    def required(self, name: str) -> str:
        """Return a required text; raise RefusedError `invalid_arguments` if it is missing."""
        value = self.optional(name)
        if not value:
            raise missing(name)
        return value

    def optional(self, name: str) -> str:
        """Return a text, or "" when it was not given."""
        value = self.values.get(name)
        return "" if value is None else str(value)

    def given(self, name: str) -> bool:
        """Return whether an argument was given; JSON's null counts as not given."""
        return self.values.get(name) is not None

    def flag(self, name: str) -> bool:
        """Return whether a flag was given and is true."""
        return truthy(self.values.get(name))

    def integer(self, name: str, default: int) -> int:
        """Return an integer; raise RefusedError `invalid_arguments` for anything else."""
        value = self.values.get(name)
        try:
            return default if value in (None, "") else int(value)
        except (TypeError, ValueError):
            raise invalid("invalid_arguments", [f"must be an integer [json-pointer:/{name}]"]) from None

    def array(self, name: str, refusal: str) -> list[Json]:
        """Return a JSON array, empty when not given; raise RefusedError `refusal` for anything else."""
        value = self._json(name, refusal)
        if value in (None, ""):
            return []
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise RefusedError(refusal)
        return value

    def mapping(self, name: str, refusal: str) -> Json:
        """Return a JSON object, empty when not given; raise RefusedError `refusal` for anything else."""
        value = self._json(name, refusal)
        if value in (None, ""):
            return {}
        if not isinstance(value, dict):
            raise RefusedError(refusal)
        return value

    def _json(self, name: str, refusal: str) -> Any:
        value = self.values.get(name)
        if not isinstance(value, str) or not value:
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise RefusedError(refusal) from None

"""Collects validation problems in Slack's format, and basic checks of values."""

from __future__ import annotations

from collections.abc import Collection

from bot.sandbox.slack.wire import Json

FAILED = "failed to match all allowed schemas"


def kind_of(value: object) -> str:
    """Return the `type` of a block or element, or "None"."""
    return str(value.get("type")) if isinstance(value, dict) else "None"


class Report:
    """Collects problems; each ends with the JSON pointer of its location, as in Slack."""

    def __init__(self, refused: Collection[str] = (), ready_files: Collection[str] = ()) -> None:
        self.problems: list[str] = []
        self.refused_types = frozenset(refused)
        self.ready_files = frozenset(ready_files)
        self.tables = 0
        self.table_characters = 0
        self.block_ids: set[str] = set()

    def add(self, problem: str, pointer: str) -> None:
        """Add a problem with its location."""
        self.problems.append(f"{problem} [json-pointer:{pointer}]")

    def keys(self, value: object, pointer: str, required: Collection[str], optional: Collection[str]) -> bool:
        """Check that the value is an object with the required and no unknown properties.

        Return whether its properties can be checked.
        """
        if not isinstance(value, dict):
            self.add("must provide an object", pointer)
            return False
        absent = [name for name in required if value.get(name) is None]
        for name in absent:
            self.add(f"missing required field: {name}", pointer)
        for name in sorted(set(value) - set(required) - set(optional)):
            self.add(f"invalid additional property: {name}", pointer)
        return not absent

    def string(self, value: object, pointer: str, limit: int, minimum: int = 1) -> bool:
        """Check the length of a string in characters; return whether it is a string."""
        if not isinstance(value, str):
            self.add("must provide a string", pointer)
            return False
        self._span(len(value), pointer, minimum, limit, "characters")
        return True

    def optional_string(self, holder: Json, name: str, pointer: str, limit: int, minimum: int = 1) -> None:
        """Check an optional string property."""
        if holder.get(name) is not None:
            self.string(holder[name], f"{pointer}/{name}", limit, minimum)

    def items(self, value: object, pointer: str, minimum: int, limit: int) -> list[Json]:
        """Check the length of an array; return its items, or none if it is not an array."""
        if not isinstance(value, list):
            self.add("must provide an array", pointer)
            return []
        if len(value) < minimum:
            self.add(f"no fewer than {minimum} items allowed", pointer)
        if len(value) > limit:
            self.add(f"no more than {limit} items allowed", pointer)
        return value

    def choice(self, value: object, pointer: str, allowed: Collection[str]) -> None:
        """Check that a value is one of the allowed values."""
        if value not in allowed:
            self.add(f"must be a valid enum value: {', '.join(sorted(allowed))}", pointer)

    def boolean(self, holder: Json, name: str, pointer: str) -> None:
        """Check an optional boolean property."""
        if name in holder and not isinstance(holder[name], bool):
            self.add("must provide a boolean", f"{pointer}/{name}")

    def number(self, holder: Json, name: str, pointer: str, low: int, high: int) -> None:
        """Check an optional integer property."""
        value = holder.get(name)
        if name not in holder:
            return
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self.add(f"must be a number between {low} and {high}", f"{pointer}/{name}")

    def _span(self, size: int, pointer: str, minimum: int, limit: int, unit: str) -> None:
        if size < minimum:
            self.add(f"must be more than {minimum - 1} {unit}", pointer)
        if size > limit:
            self.add(f"must be less than {limit + 1} {unit}", pointer)

"""The list of what is wrong with a payload, in Slack's words, and the checks everything is made of."""

from __future__ import annotations

from collections.abc import Collection

from bot.sandbox.slack.wire import Json

FAILED = "failed to match all allowed schemas"


def kind_of(value: object) -> str:
    """Return the type a block or element calls itself, or "None"."""
    return str(value.get("type")) if isinstance(value, dict) else "None"


class Report:
    """Collects problems; each ends in the JSON pointer of the place, as Slack's do."""

    def __init__(self, refused: Collection[str] = (), ready_files: Collection[str] = ()) -> None:
        self.problems: list[str] = []
        self.refused_types = frozenset(refused)
        self.ready_files = frozenset(ready_files)
        self.tables = 0
        self.table_characters = 0
        self.block_ids: set[str] = set()

    def add(self, problem: str, pointer: str) -> None:
        """Note one problem at one place."""
        self.problems.append(f"{problem} [json-pointer:{pointer}]")

    def keys(self, value: object, pointer: str, required: Collection[str], optional: Collection[str]) -> bool:
        """Check that this is an object with the required properties and no unknown ones.

        Returns whether it is safe to look inside.
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
        """Check a plain string's length in characters; returns whether it is a string."""
        if not isinstance(value, str):
            self.add("must provide a string", pointer)
            return False
        self._span(len(value), pointer, minimum, limit, "characters")
        return True

    def optional_string(self, holder: Json, name: str, pointer: str, limit: int, minimum: int = 1) -> None:
        """Check a string property that may be absent."""
        if holder.get(name) is not None:
            self.string(holder[name], f"{pointer}/{name}", limit, minimum)

    def items(self, value: object, pointer: str, minimum: int, limit: int) -> list[Json]:
        """Check an array's length; returns its items, or none when it is no array."""
        if not isinstance(value, list):
            self.add("must provide an array", pointer)
            return []
        if len(value) < minimum:
            self.add(f"no fewer than {minimum} items allowed", pointer)
        if len(value) > limit:
            self.add(f"no more than {limit} items allowed", pointer)
        return value

    def choice(self, value: object, pointer: str, allowed: Collection[str]) -> None:
        """Check that a value is one of the allowed words."""
        if value not in allowed:
            self.add(f"must be a valid enum value: {', '.join(sorted(allowed))}", pointer)

    def boolean(self, holder: Json, name: str, pointer: str) -> None:
        """Check a true-or-false property that may be absent."""
        if name in holder and not isinstance(holder[name], bool):
            self.add("must provide a boolean", f"{pointer}/{name}")

    def number(self, holder: Json, name: str, pointer: str, low: int, high: int) -> None:
        """Check a whole-number property that may be absent."""
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

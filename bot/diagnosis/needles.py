"""Finds a plain word that every text a pattern fits must hold: looking for it is cheap."""

from __future__ import annotations

_SPECIAL = set(".^$*+?{}[]()|\\")


def needle_of(pattern: str) -> str:
    """Returns the longest run of characters (lower case) that a fitting text must hold; "" if none is sure.

    Only runs outside groups and sets count, without a character that a quantifier makes optional.
    """
    runs, run, at = [""], "", 0
    while at < len(pattern):
        char = pattern[at]
        if char == "|":
            return ""
        if char in "([":
            runs.append(run)
            run, at = "", _closed(pattern, at)
            continue
        if char == "\\":
            literal = pattern[at + 1 : at + 2] if pattern[at + 1 : at + 2] in _SPECIAL else None
            at += 1
        else:
            literal = char if char not in _SPECIAL else None
        if pattern[at + 1 : at + 2] in {"?", "*", "{"}:
            literal = None
        if literal is None:
            runs.append(run)
            run = ""
        else:
            run += literal.lower()
        at = at + 1 if char != "{" else pattern.find("}", at) + 1
    return max([*runs, run], key=len)


def _closed(pattern: str, start: int) -> int:
    """Returns the place after the group or set that opens at `start`."""
    depth, at, in_set = 0, start, False
    while at < len(pattern):
        char = pattern[at]
        if char == "\\":
            at += 1
        elif in_set:
            in_set = char != "]"
        elif char == "[":
            in_set = True
            at += 1 if pattern[at + 1 : at + 2] in {"]", "^"} else 0
        elif char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
        at += 1
        if depth == 0 and not in_set:
            return at
    return at

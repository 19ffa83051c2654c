"""Says what the other exceptions of a chain add to the one that was chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Words of a message that was raised while another was handled, at least, for it to tell anything.
_WORDS = 3
_BEGINNING = 40
#: The part of its words that an exception may repeat of the chosen one.
_REPEATED = 0.7
_CAUGHT = re.compile(r"Caught \w+ in ")
_WORD = re.compile(r"[^\W_]{3,}")


def chain_summary(quotes: Sequence[str], chosen: int, direct: Sequence[bool]) -> tuple[str, ...]:
    """Return what came of the chosen exception in the end (" -> ...") and what it came of (" (from ...)").

    `quotes` are the chain's exceptions ("Class: message"), the first raised first; `direct` tells of each
    but the first whether it was raised from the one before. One without words of its own ("") adds nothing.
    """
    told: list[str] = []
    if chosen < len(quotes) - 1 and _adds(quotes[-1], quotes[chosen], least=1):
        told.append(f" -> {quotes[-1]}")
    for at in range(chosen - 1, -1, -1):
        least = 1 if all(direct[at:chosen]) else _WORDS
        if _adds(quotes[at], quotes[chosen], least=least):
            told.append(f" (from {quotes[at]})")
            break
    return tuple(told)


def _adds(other: str, chosen: str, *, least: int) -> bool:
    said, known = _message(other), _message(chosen)
    if len(said.split()) < least or not said or said.endswith(":") or _CAUGHT.match(said):
        return False
    words = _WORD.findall(said)
    repeated = sum(word in chosen for word in words)
    return repeated <= _REPEATED * len(words) and (not known or known[:_BEGINNING] not in other)


def _message(quote: str) -> str:
    return quote.partition(": ")[2].strip()

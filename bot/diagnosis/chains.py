"""Adds the other exceptions of a chain to the text of the chosen one."""

from __future__ import annotations

import re
from collections.abc import Sequence

#: Minimum number of words in the message of an exception that was raised while another one was handled.
_MIN_WORDS = 3
_BEGINNING = 40
#: Maximum share of words that a message may repeat from the chosen one.
_MAX_REPEATED = 0.7
_CAUGHT = re.compile(r"Caught \w+ in ")
_WORD = re.compile(r"[^\W_]{3,}")


def chain_summary(quotes: Sequence[str], chosen: int, direct: Sequence[bool]) -> tuple[str, ...]:
    """Return the text to append: the final exception (" -> ...") and an earlier cause (" (from ...)").

    `quotes` are the chain's exceptions ("Class: message"), the first raised first. `direct` says for each but
    the first whether it was raised explicitly from the one before. Exceptions that add nothing new are left
    out, as is an empty quote.
    """
    parts: list[str] = []
    if chosen < len(quotes) - 1 and _adds(quotes[-1], quotes[chosen], least=1):
        parts.append(f" -> {quotes[-1]}")
    for at in range(chosen - 1, -1, -1):
        least = 1 if all(direct[at:chosen]) else _MIN_WORDS
        if _adds(quotes[at], quotes[chosen], least=least):
            parts.append(f" (from {quotes[at]})")
            break
    return tuple(parts)


def _adds(other: str, chosen: str, *, least: int) -> bool:
    """Return whether the message has at least `least` words and does not mostly repeat the chosen one."""
    message, chosen_message = _message(other), _message(chosen)
    if len(message.split()) < least or not message or message.endswith(":") or _CAUGHT.match(message):
        return False
    words = _WORD.findall(message)
    repeated = sum(word in chosen for word in words)
    return repeated <= _MAX_REPEATED * len(words) and (
        not chosen_message or chosen_message[:_BEGINNING] not in other
    )


def _message(quote: str) -> str:
    return quote.partition(": ")[2].strip()

"""Many patterns asked as one question: whether any of them fits."""

from __future__ import annotations

import re

from bot.diagnosis.needles import hints_of
from bot.diagnosis.rows import lower


class Phrases:
    """Case-blind patterns; each is tried only on a text that holds a word which it needs."""

    def __init__(self, *patterns: str) -> None:
        self._known = [(hints_of(p).needles, re.compile(p, re.IGNORECASE)) for p in patterns]

    def fit(self, text: str) -> bool:
        """Returns whether a pattern is found in the text."""
        lowered = lower(text)
        return any(
            pattern.search(text) is not None
            for needles, pattern in self._known
            if not needles or any(word in lowered for word in needles)
        )

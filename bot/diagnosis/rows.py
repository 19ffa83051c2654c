"""The physical lines of a log, each knowing the entry that it came from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate

from bot.diagnosis.prefixes import Clean, unwrap
from bot.diagnosis.structured import message_of

_BREAKS = re.compile(r"\r\n|\r|\n")


class Rows:
    """The physical lines of a log in order; `clean(i)` unwraps one, once.

    An entry may hold several lines, parted by line feeds, by the carriage returns of a progress bar or, where
    a service quotes a traceback, by the two characters of an escaped line feed.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.raw: list[str] = []
        self.entry: list[int] = []
        for number, entry in enumerate(lines):
            line = message_of(entry) if entry[:1] == "{" and '"message"' in entry else entry
            if "\\n" in line and "Traceback (most recent" in line:
                line = line.replace("\\n", "\n")
            if "\n" in line or "\r" in line:
                parts = _BREAKS.split(line)
                self.raw.extend(parts)
                self.entry.extend([number] * len(parts))
            else:
                self.raw.append(line)
                self.entry.append(number)
        self._clean: dict[int, Clean] = {}

    def __len__(self) -> int:
        return len(self.raw)

    def clean(self, row: int) -> Clean:
        """Returns the unwrapped line of a row that exists."""
        known = self._clean.get(row)
        if known is None:
            known = self._clean[row] = unwrap(self.raw[row])
        return known

    def holding(self, words: Sequence[str]) -> Iterator[int]:
        """Yields, in no order, the rows that hold one of the (lower-case) words in any case; some twice."""
        return self._found(words, self._lowered)

    def spelling(self, words: Sequence[str]) -> Iterator[int]:
        """Yields, in no order and some twice, the rows that hold one of the words spelt exactly so."""
        return self._found(words, self._blob)

    @cached_property
    def _blob(self) -> str:
        return "\n".join(self.raw)

    @cached_property
    def _lowered(self) -> str:
        lowered = self._blob.lower()
        # A few letters grow when lowered; offsets must not move.
        return lowered if len(lowered) == len(self._blob) else self._blob.translate(_ASCII_LOWER)

    @cached_property
    def _starts(self) -> list[int]:
        return list(accumulate([len(line) + 1 for line in self.raw], initial=0))

    def _found(self, words: Sequence[str], blob: str) -> Iterator[int]:
        starts = self._starts
        for word in words:
            at = blob.find(word)
            while at >= 0:
                row = bisect_right(starts, at) - 1
                yield row
                at = blob.find(word, starts[row + 1])


_ASCII_LOWER = {upper: upper + 32 for upper in range(65, 91)}

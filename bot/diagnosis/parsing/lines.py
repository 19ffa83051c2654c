"""The physical lines of a log, each knowing the entry that it came from."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from bot.diagnosis.keywords import lower
from bot.diagnosis.parsing.json_lines import may_be_json, message_of
from bot.diagnosis.parsing.prefixes import TRACEBACK, ParsedLine, infer_prefixes, parse_line, without_writer

_MOST = 200
_BREAKS = re.compile(r"\r\n|\r|\n")


class LogLines:
    """The physical lines of a log in order; `clean(i)` unwraps one, once.

    An entry may hold several lines, parted by line feeds, by the carriage returns of a progress bar or, where
    a service quotes a traceback, by the two characters of an escaped line feed.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self.raw: list[str] = []
        self.entry: list[int] = []
        for number, entry in enumerate(lines):
            line = message_of(entry) if may_be_json(entry) else entry
            if "\\n" in line and "Traceback (most recent" in line:
                line = line.replace("\\n", "\n")
            if "\n" in line or "\r" in line:
                parts = _BREAKS.split(line)
                self.raw.extend(parts)
                self.entry.extend([number] * len(parts))
            else:
                self.raw.append(line)
                self.entry.append(number)
        self._parsed: dict[int, ParsedLine] = {}

    def __len__(self) -> int:
        return len(self.raw)

    def parsed(self, row: int) -> ParsedLine:
        """Return the unwrapped line of a row that exists."""
        known = self._parsed.get(row)
        if known is None:
            known = self._parsed[row] = self._parse(self.raw[row])
        return known

    def _parse(self, raw: str) -> ParsedLine:
        parsed = parse_line(raw)
        for prefix in self._prefixes:
            if parsed.text.startswith(prefix) or parsed.text == prefix.rstrip():
                return without_writer(prefix.strip(), parsed, parse_line(parsed.text[len(prefix) :]))
        return parsed

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return infer_prefixes(self.raw, sorted(self.containing_exact((TRACEBACK,), _MOST)))

    def containing(self, words: Sequence[str], most: int) -> set[int]:
        """Return the rows that hold a (lower-case) word in any case: of each the first and last `most`."""
        return self._found(words, self._lowered, most)

    def containing_exact(self, words: Sequence[str], most: int) -> set[int]:
        """Return the rows that hold a word spelt exactly so: of each word the first and last `most`."""
        return self._found(words, self._blob, most)

    @cached_property
    def _blob(self) -> str:
        return "\n".join(self.raw)

    @cached_property
    def _lowered(self) -> str:
        return lower(self._blob)

    @cached_property
    def _offsets(self) -> list[int]:
        return list(accumulate([len(line) + 1 for line in self.raw], initial=0))

    def _found(self, words: Sequence[str], blob: str, most: int) -> set[int]:
        found: set[int] = set()
        for word in words:
            last = self._backwards(word, blob, most)
            found.update(last)
            if len(last) == most:
                found.update(self._forwards(word, blob, most))
        return found

    def _forwards(self, word: str, blob: str, most: int) -> list[int]:
        offsets, rows = self._offsets, list[int]()
        at = blob.find(word)
        while at >= 0 and len(rows) < most:
            rows.append(bisect_right(offsets, at) - 1)
            at = blob.find(word, offsets[rows[-1] + 1])
        return rows

    def _backwards(self, word: str, blob: str, most: int) -> list[int]:
        offsets, rows = self._offsets, list[int]()
        at = blob.rfind(word)
        while at >= 0 and len(rows) < most:
            rows.append(bisect_right(offsets, at) - 1)
            at = blob.rfind(word, 0, offsets[rows[-1]])
        return rows

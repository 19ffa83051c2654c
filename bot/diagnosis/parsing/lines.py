"""The physical lines of a log, with the entry of each."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property
from itertools import accumulate

from bot.diagnosis.keywords import lower
from bot.diagnosis.parsing.json_lines import may_be_json, message_of
from bot.diagnosis.parsing.prefixes import TRACEBACK, ParsedLine, infer_prefixes, parse_line, without_writer

_MAX_HEADERS = 200
_BREAKS = re.compile(r"\r\n|\r|\n")


class LogLines:
    """The physical lines of a log in order; a row is the index of one line.

    An entry may hold several lines: separated by line feeds, by the carriage returns of a progress bar or, if
    a service quotes a traceback, by escaped line feeds. Parsed lines are cached.
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
        """Return the parsed line at a row."""
        cached = self._parsed.get(row)
        if cached is None:
            cached = self._parsed[row] = self._parse(self.raw[row])
        return cached

    def _parse(self, raw: str) -> ParsedLine:
        parsed = parse_line(raw)
        for prefix in self._prefixes:
            if parsed.text.startswith(prefix) or parsed.text == prefix.rstrip():
                return without_writer(prefix.strip(), parsed, parse_line(parsed.text[len(prefix) :]))
        return parsed

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        return infer_prefixes(self.raw, sorted(self.containing_exact((TRACEBACK,), _MAX_HEADERS)))

    def containing(self, words: Sequence[str], limit: int) -> set[int]:
        """Return the rows with a (lower-case) word in any case: the first and last `limit` of each word."""
        return self._rows_with(words, self._lower_text, limit)

    def containing_exact(self, words: Sequence[str], limit: int) -> set[int]:
        """Return the rows with a word in exactly this case: the first and last `limit` of each word."""
        return self._rows_with(words, self._text, limit)

    @cached_property
    def _text(self) -> str:
        return "\n".join(self.raw)

    @cached_property
    def _lower_text(self) -> str:
        return lower(self._text)

    @cached_property
    def _offsets(self) -> list[int]:
        return list(accumulate([len(line) + 1 for line in self.raw], initial=0))

    def _rows_with(self, words: Sequence[str], text: str, limit: int) -> set[int]:
        found: set[int] = set()
        for word in words:
            last = self._last_rows(word, text, limit)
            found.update(last)
            if len(last) == limit:
                found.update(self._first_rows(word, text, limit))
        return found

    def _first_rows(self, word: str, text: str, limit: int) -> list[int]:
        offsets, rows = self._offsets, list[int]()
        at = text.find(word)
        while at >= 0 and len(rows) < limit:
            rows.append(bisect_right(offsets, at) - 1)
            at = text.find(word, offsets[rows[-1] + 1])
        return rows

    def _last_rows(self, word: str, text: str, limit: int) -> list[int]:
        offsets, rows = self._offsets, list[int]()
        at = text.rfind(word)
        while at >= 0 and len(rows) < limit:
            rows.append(bisect_right(offsets, at) - 1)
            at = text.rfind(word, 0, offsets[rows[-1]])
        return rows

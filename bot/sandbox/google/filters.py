"""The filter language: parsed strictly, refused where the service does not know a field or an operator."""

from __future__ import annotations

from bot.sandbox.google.filter_fields import Resolve, Test, compare
from bot.sandbox.google.filter_words import Kind, Word, unparseable, words_of


def compile_filter(text: str, resolve: Resolve) -> Test:
    """Return a function that says whether a row matches; an empty filter matches all.

    OR binds tighter than AND, as in all of Google's filters; words side by side mean AND.
    """
    if not text.strip():
        return lambda _row: True
    return _Parser(text, resolve).parse()


class _Parser:
    def __init__(self, text: str, resolve: Resolve) -> None:
        self._text = text
        self._resolve = resolve
        self._words = words_of(text)
        self._next = 0

    def parse(self) -> Test:
        test = self._all()
        if self._peek().kind is not Kind.END:
            raise self._bad()
        return test

    def _all(self) -> Test:
        tests = [self._any()]
        while self._peek().kind not in (Kind.END, Kind.CLOSE):
            self._take_bare("AND")
            tests.append(self._any())
        return tests[0] if len(tests) == 1 else lambda row: all(test(row) for test in tests)

    def _any(self) -> Test:
        tests = [self._one()]
        while self._take_bare("OR"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _one(self) -> Test:
        if self._take_bare("NOT"):
            test = self._one()
            return lambda row: not test(row)
        if self._peek().kind is Kind.OPEN:
            self._take()
            inside = self._all()
            self._close()
            return inside
        return self._restriction()

    def _restriction(self) -> Test:
        path = [self._segment()]
        while self._peek().kind is Kind.DOT:
            self._take()
            path.append(self._segment())
        operator = self._take()
        if operator.kind is not Kind.OPERATOR:
            raise self._bad(operator)
        field = self._resolve(tuple(path))
        tests = [compare(field, ".".join(path), operator.text, value) for value in self._values()]
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _segment(self) -> str:
        word = self._take()
        if word.kind not in (Kind.BARE, Kind.TEXT) or word.text in ("AND", "OR", "NOT"):
            raise self._bad(word)
        return word.text

    def _values(self) -> list[str]:
        if self._peek().kind is not Kind.OPEN:
            return [self._segment()]
        self._take()
        values = [self._segment()]
        while self._take_bare("OR"):
            values.append(self._segment())
        self._close()
        return values

    def _close(self) -> None:
        word = self._take()
        if word.kind is not Kind.CLOSE:
            raise self._bad(word)

    def _peek(self) -> Word:
        return self._words[self._next]

    def _take(self) -> Word:
        word = self._words[self._next]
        self._next = min(self._next + 1, len(self._words) - 1)
        return word

    def _take_bare(self, text: str) -> bool:
        word = self._peek()
        if word.kind is Kind.BARE and word.text == text:
            self._take()
            return True
        return False

    def _bad(self, word: Word | None = None) -> Exception:
        return unparseable(self._text, (word or self._peek()).at)

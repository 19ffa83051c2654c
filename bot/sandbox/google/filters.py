"""Compiles filters: strict parsing; unknown fields and operators are errors, as in the real services."""

from __future__ import annotations

from bot.sandbox.google.filter_fields import Resolve, Test, compare
from bot.sandbox.google.filter_tokens import Token, TokenKind, tokenize, unparseable


def compile_filter(text: str, resolve: Resolve) -> Test:
    """Return a predicate for rows; an empty filter matches all.

    OR binds tighter than AND, as in all of Google's filters; adjacent terms mean AND.
    """
    if not text.strip():
        return lambda _row: True
    return _Parser(text, resolve).parse()


class _Parser:
    def __init__(self, text: str, resolve: Resolve) -> None:
        self._text = text
        self._resolve = resolve
        self._tokens = tokenize(text)
        self._next = 0

    def parse(self) -> Test:
        test = self._all()
        if self._peek().kind is not TokenKind.END:
            raise self._bad()
        return test

    def _all(self) -> Test:
        tests = [self._any()]
        while self._peek().kind not in (TokenKind.END, TokenKind.CLOSE):
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
        if self._peek().kind is TokenKind.OPEN:
            self._take()
            inside = self._all()
            self._close()
            return inside
        return self._restriction()

    def _restriction(self) -> Test:
        path = [self._segment()]
        while self._peek().kind is TokenKind.DOT:
            self._take()
            path.append(self._segment())
        operator = self._take()
        if operator.kind is not TokenKind.OPERATOR:
            raise self._bad(operator)
        field = self._resolve(tuple(path))
        tests = [compare(field, ".".join(path), operator.text, value) for value in self._values()]
        return tests[0] if len(tests) == 1 else lambda row: any(test(row) for test in tests)

    def _segment(self) -> str:
        token = self._take()
        if token.kind not in (TokenKind.BARE, TokenKind.TEXT) or token.text in ("AND", "OR", "NOT"):
            raise self._bad(token)
        return token.text

    def _values(self) -> list[str]:
        if self._peek().kind is not TokenKind.OPEN:
            return [self._segment()]
        self._take()
        values = [self._segment()]
        while self._take_bare("OR"):
            values.append(self._segment())
        self._close()
        return values

    def _close(self) -> None:
        token = self._take()
        if token.kind is not TokenKind.CLOSE:
            raise self._bad(token)

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self) -> Token:
        token = self._tokens[self._next]
        self._next = min(self._next + 1, len(self._tokens) - 1)
        return token

    def _take_bare(self, text: str) -> bool:
        token = self._peek()
        if token.kind is TokenKind.BARE and token.text == text:
            self._take()
            return True
        return False

    def _bad(self, token: Token | None = None) -> Exception:
        return unparseable(self._text, (token or self._peek()).at)

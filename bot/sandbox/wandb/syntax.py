"""Reading GraphQL: requests, and the type definitions of our own schema (https://spec.graphql.org/October2021)."""

from __future__ import annotations

import json
import re
from typing import Any

from bot.sandbox.wandb.nodes import (
    Document,
    EnumWord,
    Field,
    FieldType,
    Operation,
    Selection,
    Slot,
    Spread,
    TypeRef,
    Variable,
)

_TOKEN = re.compile(
    r'(?P<skip>[\s,\ufeff]+|#[^\n]*)|(?P<block>"""(?:[^"]|"(?!""))*""")|(?P<text>"(?:\\.|[^"\\\n])*")'
    r"|(?P<number>-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)|(?P<name>[_A-Za-z]\w*)|(?P<mark>\.\.\.|[!$&()=:@\[\]{|}])"
)
_WORDS = {"true": True, "false": False, "null": None}


class SyntaxFault(Exception):  # noqa: N818 - GraphQL's own word for it is in the text
    """The text is no GraphQL; the message is the one for the client."""


def parse(text: str) -> Document:
    """Reads a whole text; raises SyntaxFault."""
    return _Parser(text).document()


class _Parser:
    def __init__(self, text: str) -> None:
        self.tokens = list(_tokens(text))
        self.place = 0

    def document(self) -> Document:
        found = Document()
        while self.tokens[self.place][1]:
            kind, word = self.tokens[self.place]
            if word == "{":
                found.operations.append(Operation("query", "", {}, self.selections()))
            elif kind == "name":
                self._definition(word, found)
            else:
                raise self.fault()
        return found

    def _definition(self, word: str, found: Document) -> None:
        self.take()
        if word in ("query", "mutation"):
            name = self.take() if self.tokens[self.place][0] == "name" else ""
            variables = self.slots("(", ")", dollar=True) if self.at("(") else {}
            self.directives()
            found.operations.append(Operation(word, name, variables, self.selections()))
        elif word == "fragment":
            name = self.take()
            self.expect("on")
            on = self.take()
            found.fragments[name] = Spread(name, on, (), self.directives())
            found.fragments[name] = Spread(name, on, self.selections(), {})
        elif word == "type":
            name = self.take()
            found.types[name] = self._fields()
        elif word == "input":
            name = self.take()
            found.inputs[name] = self.slots("{", "}")
        elif word == "scalar":
            found.scalars.add(self.take())
        else:
            raise self.fault()

    def _fields(self) -> dict[str, FieldType]:
        fields: dict[str, FieldType] = {}
        self.expect("{")
        while not self.at("}"):
            name = self.take()
            args = self.slots("(", ")") if self.at("(") else {}
            self.expect(":")
            fields[name] = FieldType(self.type(), args)
        self.expect("}")
        return fields

    def slots(self, begin: str, end: str, *, dollar: bool = False) -> dict[str, Slot]:
        slots: dict[str, Slot] = {}
        self.expect(begin)
        while not self.at(end):
            if dollar:
                self.expect("$")
            name = self.take()
            self.expect(":")
            kind = self.type()
            if self.at("="):
                self.take()
                slots[name] = Slot(kind, self.value(), has_default=True)
            else:
                slots[name] = Slot(kind)
        self.expect(end)
        return slots

    def type(self) -> TypeRef:
        if self.at("["):
            self.take()
            inner = self.type()
            self.expect("]")
            return TypeRef(of=inner, required=self._marked())
        return TypeRef(self.take(), required=self._marked())

    def _marked(self) -> bool:
        if self.at("!"):
            self.take()
            return True
        return False

    def selections(self) -> tuple[Selection, ...]:
        found: list[Selection] = []
        self.expect("{")
        while not self.at("}"):
            found.append(self._spread() if self.at("...") else self._field())
        self.expect("}")
        if not found:
            raise self.fault()
        return tuple(found)

    def _spread(self) -> Spread:
        self.take()
        if self.at("on"):
            self.take()
            on = self.take()
            directives = self.directives()
            return Spread("", on, self.selections(), directives)
        return Spread(self.take(), "", (), self.directives())

    def _field(self) -> Field:
        key = name = self.take("name")
        if self.at(":"):
            self.take()
            name = self.take("name")
        args = self._args() if self.at("(") else {}
        directives = self.directives()
        return Field(name, key, args, self.selections() if self.at("{") else (), directives)

    def _args(self) -> dict[str, Any]:
        args: dict[str, Any] = {}
        self.expect("(")
        while not self.at(")"):
            name = self.take()
            self.expect(":")
            args[name] = self.value()
        self.expect(")")
        return args

    def directives(self) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        while self.at("@"):
            self.take()
            name = self.take()
            found[name] = self._args() if self.at("(") else {}
        return found

    def value(self) -> Any:
        kind, word = self.tokens[self.place]
        self.take()
        if word == "$":
            return Variable(self.take())
        if word == "[":
            return self._list()
        if word == "{":
            return self._object()
        if kind in ("text", "number"):
            return json.loads(word)
        return word[3:-3] if kind == "block" else _WORDS.get(word, EnumWord(word))

    def _list(self) -> list[Any]:
        values = []
        while not self.at("]"):
            values.append(self.value())
        self.expect("]")
        return values

    def _object(self) -> dict[str, Any]:
        values = {}
        while not self.at("}"):
            name = self.take()
            self.expect(":")
            values[name] = self.value()
        self.expect("}")
        return values

    def at(self, word: str) -> bool:
        return self.tokens[self.place][1] == word

    def take(self, kind: str = "") -> str:
        found, word = self.tokens[self.place]
        if not word or (kind and found != kind):
            raise self.fault()
        self.place += 1
        return word

    def expect(self, word: str) -> None:
        if not self.at(word):
            raise self.fault(f"Expected {word!r}, found")
        self.place += 1

    def fault(self, what: str = "Unexpected") -> SyntaxFault:
        return SyntaxFault(f"Syntax Error: {what} {self.tokens[self.place][1] or '<EOF>'!r}.")


def _tokens(text: str) -> list[tuple[str, str]]:
    tokens, place = [], 0
    while place < len(text):
        found = _TOKEN.match(text, place)
        if found is None:
            raise SyntaxFault(f"Syntax Error: Unexpected character: {text[place]!r}.")
        place = found.end()
        if found.lastgroup != "skip":
            tokens.append((str(found.lastgroup), found.group()))
    return [*tokens, ("end", "")]

"""Finds which of very many words stand in a text, without asking for each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping


class Words:
    """Words (lower case) and the numbers that each stands for; found by a piece of four characters first."""

    def __init__(self, numbers: Mapping[str, Iterable[int]]) -> None:
        uses = Counter(piece for word in numbers for piece in set(_pieces(word)))
        self._by_piece: dict[str, list[tuple[str, frozenset[int]]]] = {}
        self._short: list[tuple[str, frozenset[int]]] = []
        for word, meant in numbers.items():
            rarest = min(_pieces(word), key=lambda piece: uses[piece], default="")
            known = self._by_piece.setdefault(rarest, []) if rarest else self._short
            known.append((word, frozenset(meant)))

    def heard(self, lowered: str) -> set[int]:
        """Returns the numbers of all words in a text (lower case); takes time linear in its length."""
        heard: set[int] = set()
        for word, meant in self._short:
            if word in lowered:
                heard |= meant
        for piece in self._by_piece.keys() & set(_pieces(lowered)):
            for word, meant in self._by_piece[piece]:
                if word in lowered:
                    heard |= meant
        return heard


def _pieces(text: str) -> Iterator[str]:
    return map("".join, zip(text, text[1:], text[2:], text[3:], strict=False))

"""Widths as a fixed-width font shows them, so that tables of any names stay in line.

tabulate counts code points. Each cell is therefore packed into as many characters as it is wide: a letter
with its accents becomes one stand-in, a wide letter is followed by a filler. After the layout they are put
back. Stand-ins and filler come from the private-use planes, which `formatting.text.clean` keeps free.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from formatting.slack.text import joins

_FILLER = "\U0010fffd"
_FIRST = 0xF0000
_LAST = 0x10FFFC
_STAND_IN = re.compile("[\U000f0000-\U0010fffc]")
# ASCII and the glyphs of states.
_SIMPLE = re.compile("[ -~\u2026\u25a0-\u25fc\u2713\u2717]*")
_EMOJI_STYLE = "\ufe0f"
_ZWJ = "\u200d"
_FLAG = range(0x1F1E6, 0x1F200)
# Put around text that runs from right to left, so that its neighbours in the line keep their places.
_LEFT_TO_RIGHT = "\u200e"


class Packer:
    """Packs cells of one table and unpacks the finished layout."""

    def __init__(self) -> None:
        self._clusters: list[str] = []
        self._stand_ins: dict[str, str] = {}

    def pack(self, text: str) -> str:
        """Return the text with as many characters as it takes columns."""
        if _simple(text):
            return text
        letters = list(clusters(text))
        if _runs_left(text):
            letters[0] = _LEFT_TO_RIGHT + letters[0]
            letters[-1] += _LEFT_TO_RIGHT
        return "".join(self._one(letter) for letter in letters)

    def unpack(self, layout: str) -> str:
        """Return the layout with everything put back."""
        if layout.isascii():
            return layout
        return _STAND_IN.sub(
            lambda match: self._clusters[ord(match[0]) - _FIRST], layout.replace(_FILLER, "")
        )

    def _one(self, cluster: str) -> str:
        alone = cluster if len(cluster) == 1 else self._stand_in(cluster)
        return alone + _FILLER if columns(cluster) > 1 else alone

    def _stand_in(self, cluster: str) -> str:
        if cluster not in self._stand_ins:
            if _FIRST + len(self._clusters) > _LAST:
                return cluster  # more than a hundred thousand kinds of letters: out of line, but whole
            self._clusters.append(cluster)
            self._stand_ins[cluster] = chr(_FIRST + len(self._clusters) - 1)
        return self._stand_ins[cluster]


def clusters(text: str) -> Iterator[str]:
    """The text in what a reader takes for letters: each with its accents, joiners and skin tones."""
    held = ""
    for char in text:
        flag = len(held) == 1 and ord(held) in _FLAG and ord(char) in _FLAG
        if held and (joins(char) or held.endswith(_ZWJ) or flag):
            held += char
            continue
        if held:
            yield held
        held = char
    if held:
        yield held


def columns(cluster: str) -> int:
    """How many columns one such letter takes: 2 for wide ones and emoji, else 1."""
    first = cluster.lstrip(_LEFT_TO_RIGHT)[:1] or " "
    wide = unicodedata.east_asian_width(first) in "WF"
    return 2 if wide or _EMOJI_STYLE in cluster or ord(first) in _FLAG else 1


def display_width(text: str) -> int:
    """How many columns the text takes."""
    return len(text) if _simple(text) else sum(columns(cluster) for cluster in clusters(text))


def _simple(text: str) -> bool:
    """Whether each character is a letter of one column: true of almost every cell, and quickly known."""
    return text.isascii() or _SIMPLE.fullmatch(text) is not None


def _runs_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)

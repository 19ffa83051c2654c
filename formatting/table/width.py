"""Display widths in a fixed-width font, so that tables with any characters stay aligned.

tabulate counts code points. Each cell is therefore packed into as many characters as it is wide: a cluster
(a letter with its accents) becomes one placeholder, and a wide one is followed by a filler. Both are replaced
after the layout. They come from the private-use planes, which `formatting.slack.text.clean` keeps free.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from formatting.slack.text import joins

_FILLER = "\U0010fffd"
_FIRST = 0xF0000
_LAST = 0x10FFFC
_PLACEHOLDER = re.compile("[\U000f0000-\U0010fffc]")
# ASCII, the ellipsis and the state icons.
_SIMPLE_TEXT = re.compile("[ -~\u2026\u25a0-\u25fc\u2713\u2717]*")
_EMOJI_STYLE = "\ufe0f"
_ZWJ = "\u200d"
_FLAG = range(0x1F1E6, 0x1F200)
# Put around right-to-left text, so that it does not reorder the other cells of the line.
_LEFT_TO_RIGHT = "\u200e"


class Packer:
    """Packs cells of one table and unpacks the finished layout."""

    def __init__(self) -> None:
        self._clusters: list[str] = []
        self._placeholders: dict[str, str] = {}

    def pack(self, text: str) -> str:
        """Return the text with as many characters as its display width."""
        if _is_simple(text):
            return text
        letters = list(clusters(text))
        if _is_right_to_left(text):
            letters[0] = _LEFT_TO_RIGHT + letters[0]
            letters[-1] += _LEFT_TO_RIGHT
        return "".join(self._pack_cluster(letter) for letter in letters)

    def unpack(self, layout: str) -> str:
        """Return the layout with all placeholders and fillers replaced."""
        if layout.isascii():
            return layout
        return _PLACEHOLDER.sub(
            lambda match: self._clusters[ord(match[0]) - _FIRST], layout.replace(_FILLER, "")
        )

    def _pack_cluster(self, cluster: str) -> str:
        packed = cluster if len(cluster) == 1 else self._placeholder(cluster)
        return packed + _FILLER if columns(cluster) > 1 else packed

    def _placeholder(self, cluster: str) -> str:
        if cluster not in self._placeholders:
            if _FIRST + len(self._clusters) > _LAST:
                return cluster  # no placeholder is left: the line is misaligned, but complete
            self._clusters.append(cluster)
            self._placeholders[cluster] = chr(_FIRST + len(self._clusters) - 1)
        return self._placeholders[cluster]


def clusters(text: str) -> Iterator[str]:
    """Yield the clusters of the text: each letter with its accents, joiners and skin tones."""
    cluster_text = ""
    for char in text:
        flag = len(cluster_text) == 1 and ord(cluster_text) in _FLAG and ord(char) in _FLAG
        if cluster_text and (joins(char) or cluster_text.endswith(_ZWJ) or flag):
            cluster_text += char
            continue
        if cluster_text:
            yield cluster_text
        cluster_text = char
    if cluster_text:
        yield cluster_text


def columns(cluster: str) -> int:
    """Return the display width of a cluster: 2 for wide characters and emoji, else 1."""
    first = cluster.lstrip(_LEFT_TO_RIGHT)[:1] or " "
    wide = unicodedata.east_asian_width(first) in "WF"
    return 2 if wide or _EMOJI_STYLE in cluster or ord(first) in _FLAG else 1


def display_width(text: str) -> int:
    """Return the display width of the text."""
    return len(text) if _is_simple(text) else sum(columns(cluster) for cluster in clusters(text))


def _is_simple(text: str) -> bool:
    """Return True if each character has width 1. A fast check that holds for almost every cell."""
    return text.isascii() or _SIMPLE_TEXT.fullmatch(text) is not None


def _is_right_to_left(text: str) -> bool:
    return any(unicodedata.bidirectional(char) in ("R", "AL") for char in text)

"""Resolves terminal escapes, hidden characters and overwritten progress lines, as a terminal does."""

from __future__ import annotations

import re

_ESCAPES = re.compile(
    r"\x1b\][^\x07\x1b\n]*+(?:\x07|\x1b\\)"  # OSC: window titles, hyperlinks
    r"|\x1b[PX^_][^\x1b\n]*+\x1b\\"  # device control strings
    r"|(?:\x1b\[|\x9b)[0-?]++[ -/]*+[@-~]"  # CSI with parameters: colours, cursor moves
    # CSI without parameters: common finals only, so that a broken escape never consumes the start of a key.
    r"|(?:\x1b\[|\x9b)(?:[mKJHBCD]|A(?!KIA|SIA|Iza|BIA|CCA))"
    r"|\x1b[()][AB012]|\x1b[=>78]"
    r"|\x1b"
)
_LINE_ENDS = re.compile(r"[\x0b\x0c\x85\u2028\u2029]")
_UNPRINTABLE_PAIRS = re.compile(r"[\ud800-\udfff]")
# Controls, soft hyphens, fillers, zero-width and bidirectional marks, variation selectors, tags.
_HIDDEN = re.compile(
    r"[\x00-\x07\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    r"\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def remove_hidden(text: str) -> str:
    r"""Return `text` without characters that a reader cannot see; line ends, tabs and `\r` are kept.

    ANSI escapes, control characters, zero-width and bidirectional marks are removed. A backspace removes the
    character before it. Half a surrogate pair (invalid UTF-8) becomes U+FFFD. A key that such characters
    split is contiguous afterwards.
    """
    if text.isprintable():
        # str.isprintable() is also true for some zero-width marks.
        return text if text.isascii() else _HIDDEN.sub("", text)
    text = _ESCAPES.sub("", text)
    text = _LINE_ENDS.sub("\n", text)
    text = _UNPRINTABLE_PAIRS.sub("\ufffd", text)
    return _without_backspaces(_HIDDEN.sub("", text))


def _without_backspaces(text: str) -> str:
    if "\b" not in text:
        return text
    kept: list[str] = []
    for character in text:
        if character != "\b":
            kept.append(character)
        elif kept and kept[-1] not in "\r\n":
            kept.pop()
    return "".join(kept)


def resolve_carriage_returns(text: str) -> str:
    r"""Return `text` with each line in its last state: text overwritten after a `\r` is removed."""
    if "\r" not in text:
        return text
    return "\n".join(_last_part(line) if "\r" in line else line for line in text.split("\n"))


def _last_part(line: str) -> str:
    return next((part for part in reversed(line.split("\r")) if part.strip()), "")

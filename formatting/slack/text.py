"""Makes text safe for Slack: escaped, cut, on one line, or inside a code fence.

Escapes what Slack requires: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from formatting.slack import limits

ELLIPSIS = "…"
UNKNOWN = "-"

# Invisible characters and direction controls: they can hide or reorder text.
_INVISIBLE = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]",
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Lone surrogates cannot be encoded. The private-use planes are reserved for formatting/table/width.py.
_NOT_ENCODABLE = re.compile("[\ud800-\udfff\U000f0000-\U0010ffff]")
_TICKS = re.compile("`{3,}")
# A mark that may start or end bold, italic or struck text. Inside a word it has no effect.
_STYLE = re.compile(r"(?<!\w)[*_~](?=\S)|(?<=\S)[*_~](?!\w)")
# Similar characters without a meaning in mrkdwn, as in bot/redaction/markup.py.
_LOOK_ALIKES = str.maketrans(
    {"*": "\N{ASTERISK OPERATOR}", "_": "\N{MODIFIER LETTER LOW MACRON}", "~": "\N{TILDE OPERATOR}"}
)
_WORD_REACH = 16
_ZWJ = "\u200d"


def clean(text: str) -> str:
    """Return the text without control and invisible characters. Line breaks stay; tabs become spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").expandtabs(4)
    text = _INVISIBLE.sub("", _CONTROL.sub(" ", text))
    return _NOT_ENCODABLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return the text in one line with single spaces; empty when it has no visible characters."""
    return " ".join(clean(text).split())


def joins(char: str) -> bool:
    """Return True if the character combines with the one before it (accents, joiners, skin tones)."""
    return not char.isascii() and (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char == _ZWJ
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def cut(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters, cut between words if possible."""
    return text if len(text) <= limit else _shortened(text, max(limit - len(ELLIPSIS), 0))


def _shortened(text: str, end: int) -> str:
    """Return the text up to about `end`, without cutting a combined character or, if possible, a word."""
    while end and (joins(text[end]) or text[end - 1] == _ZWJ):
        end -= 1
    space = text.rfind(" ", max(end - _WORD_REACH, 1), end + 1)
    return text[: space if space > 0 else end].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """Return the text with `&`, `<` and `>` escaped, so that it contains no links or mentions."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_within(text: str, limit: int) -> str:
    """Return the text escaped, in at most `limit` characters. An escape sequence is never cut."""
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    length = 0
    for index, char in enumerate(text):
        length += len(escape(char))
        if length > limit - len(ELLIPSIS):
            return escape(_shortened(text, index))
    return escaped


def unstyled(text: str) -> str:
    """Return the text without bold, italic or struck parts. A single mark stays, as it has no effect."""
    marks = _STYLE.findall(text)
    live = {mark for mark in marks if marks.count(mark) > 1}
    return _STYLE.sub(lambda mark: mark[0].translate(_LOOK_ALIKES) if mark[0] in live else mark[0], text)


def prose(text: str, limit: int = 300) -> str:
    """Return text for use in a sentence: one line, escaped, unstyled, at most `limit` characters."""
    return escape_within(unstyled(one_line(text).replace("`", "'")), limit)


def bold(text: str, limit: int = 300) -> str:
    """Return text in bold, escaped. Style marks in it are replaced, as they would end the bold part."""
    return f"*{escape_within(one_line(text).replace('`', chr(39)).translate(_LOOK_ALIKES), limit)}*"


def code(text: str, limit: int = 80) -> str:
    """Return text as inline code, escaped; `-` when it is empty."""
    return f"`{escape_within(one_line(text).replace('`', chr(39)), limit) or UNKNOWN}`"


def fence_safe(text: str) -> str:
    """Return the text with runs of three or more backticks replaced; not escaped."""
    return _TICKS.sub(lambda ticks: "\u02cb" * len(ticks[0]), clean(text))


def fence(text: str, limit: int = limits.FENCE_TEXT) -> str:
    """Return the text in a code fence, escaped and at most `limit` characters long."""
    return f"```\n{escape_within(fence_safe(text), limit)}\n```"


def safe_url(url: str) -> str:
    """Return the URL if it is a valid http or https URL for a link, else an empty string."""
    if not url or len(url) > limits.URL or not url.isprintable() or any(char in url for char in ' <>|`"\\'):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def link(url: str, label: str, limit: int = 80) -> str:
    """Return a link with the label; only the label as code if the URL is not safe."""
    safe = safe_url(url)
    if not safe:
        return code(label, limit)
    return f"<{escape(safe)}|{prose(label, limit) or UNKNOWN}>"


def user(user_id: str, name: str = "") -> str:
    """Return a mention if `user_id` is a Slack user id, else the name as text."""
    if re.fullmatch(r"[UW][A-Z0-9]{2,}", user_id):
        return f"<@{user_id}>"
    return prose(name or user_id, 80) or "somebody"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "1 job", "2 jobs"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listing(words: tuple[str, ...], most: int = 3) -> str:
    """Return words as a list in prose: "a, b and c", "a, b, c and 4 more"."""
    if len(words) > most:
        words = (*words[:most], f"{len(words) - most} more")
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def sentence(text: str) -> str:
    """Return the text with a period, unless it already ends a sentence. Empty text stays empty."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."

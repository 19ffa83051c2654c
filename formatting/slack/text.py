"""Text from outside made fit for Slack: one line, cut at a safe place, escaped, or safe inside a fence.

What Slack asks to be escaped, and nothing more: https://docs.slack.dev/messaging/formatting-message-text
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from formatting.slack import limits

ELLIPSIS = "…"
UNKNOWN = "-"

# Characters that steer the text around them, or that nobody sees: they can hide or reorder words.
_STEERING = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f]",
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029]")
# Lone surrogates cannot be sent; the planes for private use are kept free for our own table layout.
_UNSENDABLE = re.compile("[\ud800-\udfff\U000f0000-\U0010ffff]")
_TICKS = re.compile("`{3,}")
# A mark that may begin or end bold, italic or struck text; in the middle of a word it is only itself.
_STYLE = re.compile(r"(?<!\w)[*_~](?=\S)|(?<=\S)[*_~](?!\w)")
# What looks the same and means nothing, as in bot/redaction/markup.py.
_LOOK_ALIKES = str.maketrans(
    {"*": "\N{ASTERISK OPERATOR}", "_": "\N{MODIFIER LETTER LOW MACRON}", "~": "\N{TILDE OPERATOR}"}
)
_WORD_REACH = 16
_ZWJ = "\u200d"


def clean(text: str) -> str:
    """Return the text without control and steering characters; line breaks stay, tabs become four spaces."""
    if text.isascii() and text.isprintable():
        return text
    text = text.replace("\r\n", "\n").expandtabs(4)
    text = _STEERING.sub("", _CONTROL.sub(" ", text))
    return _UNSENDABLE.sub("\ufffd", text)


def one_line(text: str) -> str:
    """Return the text in one line with single spaces; empty when there is nothing to see."""
    return " ".join(clean(text).split())


def joins(char: str) -> bool:
    """Whether this character belongs to the one before it (accents, joiners, skin tones)."""
    return not char.isascii() and (
        unicodedata.category(char) in ("Mn", "Me", "Mc")
        or char == _ZWJ
        or "\U0001f3fb" <= char <= "\U0001f3ff"
    )


def cut(text: str, limit: int) -> str:
    """Return the text in at most `limit` characters, cut between words if one ends near, else between letters."""
    return text if len(text) <= limit else _shortened(text, max(limit - len(ELLIPSIS), 0))


def _shortened(text: str, end: int) -> str:
    """Return the text up to `end` or a little before, where no letter and if possible no word is cut."""
    while end and (joins(text[end]) or text[end - 1] == _ZWJ):
        end -= 1
    space = text.rfind(" ", max(end - _WORD_REACH, 1), end + 1)
    return text[: space if space > 0 else end].rstrip() + ELLIPSIS


def escape(text: str) -> str:
    """Return the text with `&`, `<` and `>` as Slack wants them, so that nothing in it is live."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def escape_within(text: str, limit: int) -> str:
    """Return the text escaped, in at most `limit` characters, never cut inside an escape."""
    escaped = escape(text)
    if len(escaped) <= limit:
        return escaped
    spent = 0
    for index, char in enumerate(text):
        spent += len(escape(char))
        if spent > limit - len(ELLIPSIS):
            return escape(_shortened(text, index))
    return escaped


def unstyled(text: str) -> str:
    """Return the text with nothing in it that Slack would style, for which it takes two marks of a kind."""
    marks = _STYLE.findall(text)
    live = {mark for mark in marks if marks.count(mark) > 1}
    return _STYLE.sub(lambda mark: mark[0].translate(_LOOK_ALIKES) if mark[0] in live else mark[0], text)


def prose(text: str, limit: int = 300) -> str:
    """Outside text for the middle of a sentence: one line, escaped, at most `limit` characters."""
    return escape_within(unstyled(one_line(text).replace("`", "'")), limit)


def bold(text: str, limit: int = 300) -> str:
    """Outside text as a bold sentence: a mark of its own would end it early."""
    return f"*{escape_within(one_line(text).replace('`', chr(39)).translate(_LOOK_ALIKES), limit)}*"


def code(text: str, limit: int = 80) -> str:
    """Outside text as inline code; `-` when there is none."""
    return f"`{escape_within(one_line(text).replace('`', chr(39)), limit) or UNKNOWN}`"


def fence_safe(text: str) -> str:
    """Return the text with three or more backticks in a row made harmless; not escaped yet."""
    return _TICKS.sub(lambda ticks: "\u02cb" * len(ticks[0]), clean(text))


def fence(text: str, limit: int = limits.FENCE_TEXT) -> str:
    """Return a code fence around the text, escaped; the text takes at most `limit` characters."""
    return f"```\n{escape_within(fence_safe(text), limit)}\n```"


def safe_url(url: str) -> str:
    """Return the address if it is one that people may open (http or https), fit for a link; else empty."""
    if not url or len(url) > limits.URL or not url.isprintable() or any(char in url for char in ' <>|`"\\'):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.netloc else ""


def link(url: str, label: str, limit: int = 80) -> str:
    """Return a link with a label from outside; the label alone as code when the address is none."""
    address = safe_url(url)
    if not address:
        return code(label, limit)
    return f"<{escape(address)}|{prose(label, limit) or UNKNOWN}>"


def user(user_id: str, name: str = "") -> str:
    """Return a mention when this is a Slack user id, else the name as text."""
    if re.fullmatch(r"[UW][A-Z0-9]{2,}", user_id):
        return f"<@{user_id}>"
    return prose(name or user_id, 80) or "somebody"


def count(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun: "1 job", "2 jobs"."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def listing(words: tuple[str, ...], most: int = 3) -> str:
    """Words as a person lists them: "a, b and c", "a, b, c and 4 more"."""
    if len(words) > most:
        words = (*words[:most], f"{len(words) - most} more")
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def sentence(text: str) -> str:
    """Return the text with a period at its end, unless it ends a sentence already; empty stays empty."""
    text = text.strip()
    return text if not text or text[-1] in ".!?…" else f"{text}."

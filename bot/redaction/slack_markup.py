"""Makes chat markup in external text inert but readable."""

from __future__ import annotations

import re

from bot.redaction.control_chars import remove_hidden, resolve_carriage_returns

# Slack's control sequences (https://docs.slack.dev/messaging/formatting-message-text): mentions, broadcasts
# and channels `<@ <! <#`, and links `<scheme:...|label>`. Then the markup that Slack derives from plain text.
_CONTROL = re.compile(
    r"<(?=[!@#]|(?:https?|ftps?|mailto|tel|sms|slack|skype|file|data|javascript):)", re.IGNORECASE
)
_BROADCAST = re.compile(r"(?<![\w@])@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_MASKED = re.compile(r"(?<=\])\((?=(?:https?|mailto|slack):)", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}+")

# Characters that start markup are replaced by similar ones without a meaning: the text stays readable and
# searchable by its words, and keeps its length.
_LOOK_ALIKES = {
    "<": "\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}",
    "@": "\N{FULLWIDTH COMMERCIAL AT}",
    "(": "\N{MEDIUM LEFT PARENTHESIS ORNAMENT}",
    "`": "\N{MODIFIER LETTER GRAVE ACCENT}",
}
_ORIGINALS = str.maketrans({alike: original for original, alike in _LOOK_ALIKES.items()})


def restore_markup(row: str) -> str:
    """Return `row` with the characters that `neutralise` replaced restored, each in its place."""
    return row.translate(_ORIGINALS) if any(alike in row for alike in _LOOK_ALIKES.values()) else row


def neutralise(text: str) -> str:
    """Return `text` as a terminal would show it, without anything that Slack would interpret.

    Mentions, masked links and code fences become inert, and characters that hide or reverse text are removed.
    `&`, `<` and `>` are not escaped (the renderer does that), so `<class 'int'>`, `a<b`, paths and plain URLs
    are unchanged. Safe in mrkdwn, rich_text, table cells and file snippets.
    """
    text = resolve_carriage_returns(remove_hidden(text))
    if "<" in text:
        text = _CONTROL.sub(_LOOK_ALIKES["<"], text)
    if "@" in text:
        text = _BROADCAST.sub(_LOOK_ALIKES["@"], text)
    if "](" in text:
        text = _MASKED.sub(_LOOK_ALIKES["("], text)
    if "```" in text:
        text = _FENCE.sub(lambda fence: _LOOK_ALIKES["`"] * len(fence.group()), text)
    return text

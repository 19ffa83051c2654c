"""Makes chat markup in foreign text inert, keeping it readable."""

from __future__ import annotations

import re

from bot.redaction.visible import last_rewrite, visible

# Slack's control sequences (https://docs.slack.dev/messaging/formatting-message-text): mentions,
# broadcasts and channels `<@ <! <#`, and links `<scheme:...|label>`. A quotation mark replaces the
# bracket: as readable, found by a search for what follows, and nothing in any of Slack's renderers.
_CONTROL = re.compile(r"<(?=[!@#]|(?:https?|ftps?|mailto|tel|sms|slack|skype|file|data|javascript):)", re.IGNORECASE)
_BROADCAST = re.compile(r"(?<![\w@])@(?=(?:here|channel|everyone|group)\b)", re.IGNORECASE)
_MASKED = re.compile(r"\](?=\((?:https?|mailto|slack):)", re.IGNORECASE)
_FENCE = re.compile(r"`{3,}")


def neutralise(text: str) -> str:
    """Return `text` as it would be seen in a terminal, with nothing in it that Slack would act on.

    No mention, masked link or code fence is left alive, and no character that hides or reverses
    text; `&`, `<` and `>` are not escaped (the renderer's job), so `<class 'int'>`, `a<b`, paths and
    plain URLs stay as they are. Safe in mrkdwn, rich_text, table cells and file snippets.
    """
    text = last_rewrite(visible(text))
    if "<" in text:
        text = _CONTROL.sub("\N{SINGLE LEFT-POINTING ANGLE QUOTATION MARK}", text)
    if "@" in text:
        text = _BROADCAST.sub("\N{FULLWIDTH COMMERCIAL AT}", text)
    if "](" in text:
        text = _MASKED.sub("] ", text)
    if "```" in text:
        text = _FENCE.sub(lambda fence: "'" * len(fence.group()), text)
    return text

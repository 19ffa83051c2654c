"""Nothing in foreign text pings a channel, hides a link, breaks out of a fence or is invisible."""

from __future__ import annotations

import re

import pytest

from bot.redaction import neutralise, safe, safe_lines

# Live markup, as Slack reads it; written independently of the module under test.
LIVE = re.compile(
    r"<!|<@|<#|<https?://[^>|]*\||```|(?<![\w@])@(?:here|channel|everyone)\b|\]\(https?:", re.IGNORECASE
)
INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff]"
)

ATTACKS = (
    "<!channel> the server is *down*",
    "<!here|here>",
    "<!subteam^S012|team>",
    "<!date^1392734382^{date}|soon>",
    "<@U07ATTACK1> please approve",
    "<#C012ABC|general>",
    "<https://evil.example/login|sign in here>",
    "<HTTPS://evil.example|fix>",
    "<mailto:a@evil.example|mail>",
    "<tel:112|call>",
    "[sign in](https://evil.example)",
    "``` kill -9 1 ```",
    "````four````",
    "`\u200b`\u200b` hidden fence",
    "<\u200b!channel>",
    "<\x1b[0m@U07ATTACK1>",
    "<!\u202echannel>",
    "<<!channel>>",
    "@here @channel @everyone",
    "hello, @Channel!",
    "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "safe\u202etxt.exe",
    "`\b```` typed over",
    "<x\b!channel>",
)


@pytest.mark.parametrize("attack", ATTACKS)
@pytest.mark.parametrize("place", ["{}", "wandb: ERROR {}", "KeyError: '{}'", "a\n{}\nb", "{}{}{}"])
def test_no_markup_is_alive(attack: str, place: str) -> None:
    """A job's name or an exception's text is written by whoever can start a job."""
    text = safe(place.replace("{}", attack))

    assert LIVE.search(text) is None
    assert INVISIBLE.search(text) is None
    assert neutralise(text) == text


def test_words_stay_searchable() -> None:
    """A person must find the text of the log in the chat, so only single characters give way."""
    text = neutralise("<!channel> see <https://evil.example|fix> ```rm -rf``` @here")

    for words in ("!channel>", "https://evil.example|fix>", "rm -rf", "here"):
        assert words in text
    assert len(text) == len("<!channel> see <https://evil.example|fix> ```rm -rf``` @here")


@pytest.mark.parametrize(
    "text",
    [
        "TypeError: '<' not supported between instances of <class 'int'> and <class 'str'>",
        "a<b and c>d && e < f",
        "see https://wandb.ai/entity/project/runs/abc?x=1&y=2#z",
        "`use_auth_token` and ``torch.load`` are deprecated",
        "@torch.no_grad() foo@here.example user@channel.example",
        'File "/app/__init__.py", line 1, in <module>',
        "*args, **kwargs, _private_, ~approx~, C:\\path\\x",
        "grüße, 日本語, 🔥, x²",
        "\tindented\n  more",
    ],
)
def test_ordinary_text_is_untouched(text: str) -> None:
    """Escaping `&<>` is the renderer's; twice escaped text is unreadable."""
    assert neutralise(text) == text


def test_one_entry_in_one_entry_out() -> None:
    """Indices into a log must stay valid."""
    assert len(safe_lines(ATTACKS)) == len(ATTACKS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[31mred\x1b[0m \x1b[1;4mbold\x1b[m", "red bold"),
        ("10%\r50%\r100%", "100%"),
        ("10%\r50%\r100%\r", "100%"),
        ("done\r\nnext\r\n", "done\nnext\n"),
        (" 50%|##  |\r\x1b[2K100%|####|\nError: no", "100%|####|\nError: no"),
        ("|\b/\b-\bok", "ok"),
        ("a\u200bb\u00adc\ufeffd", "abcd"),
        ("\x1b]0;title\x07text", "text"),
        ("\x1b]0;title without end", "]0;title without end"),
        ("bell\x07 null\x00", "bell null"),
        ("broken \ud83d half", "broken \ufffd half"),
        ("one\u2028two\x85three\x0bfour", "one\ntwo\nthree\nfour"),
        ("\x9b31mred", "red"),
        ("warn \u26a0\ufe0f sign", "warn \u26a0 sign"),
    ],
)
def test_text_is_as_a_terminal_shows_it(text: str, expected: str) -> None:
    """Colours, progress bars and hidden characters are noise to a reader and cover to an attacker."""
    assert neutralise(text) == expected

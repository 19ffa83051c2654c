"""Names that say that a value is a secret, and the kind they tell."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from bot.redaction.library import library_names
from bot.redaction.spans import Kind

if TYPE_CHECKING:
    from collections.abc import Iterator

# A row without any of these holds no secret name.
NAME_HINTS = (
    *("pass", "pwd", "contrase", "secret", "token", "key", "credential", "cookie"),
    *("authorization", "string", "-signature"),
)

# On top of the library's: whole names, and whose key is a secret.
_OWN_WORDS = (
    r"pass(?:phrase|code|wort)|token(?!s)|credential|cookie|authorization|connection[_-]?string"
    r"|x-(?:goog|amz)-signature"
)
_OWNERS = """
    api secret access private auth service account client db database storage master shared signing
    signature encryption deploy license webhook hmac ssh admin session app application subscription
    wandb openai anthropic gemini google azure mistral cohere groq neptune comet datadog hf huggingface
    stripe sendgrid
    """.split()  # noqa: SIM905 - a list of words reads best as words
_LONGEST_OWNER = 16
_LOOK_BACK = 32
# What may follow the word and still be the name: API_KEY_2, PASSWORD_PROD, tokenValue, private_key_id.
_SUFFIX = (
    r"s?(?:[_-]?(?:\d{1,3}|old|new|prod|production|dev|test|staging|value|string|plain|base64|b64|hash|data|raw"
    r"|ro|rw|main|primary|secondary|hex|pem|json|default))*+(?![a-z0-9_]|-[a-z])"
)

# Tokens of a tokenizer, of paging and of parsers are no secrets.
_HARMLESS_TOKENS = frozenset(
    """
    pad eos bos unk mask cls sep eot boi eoi image img video audio vision special next prev previous
    page first last stop start end num max min per total unexpected n sub input output sync continuation
    cancellation word prefix suffix think begin
    """.split()  # noqa: SIM905 - a list of words reads best as words
)
_WORD_BEFORE = re.compile(r"(?:^|[^A-Za-z])(?P<word>[A-Za-z]{1,24})[_\-. ]?$")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")

_KINDS = (
    (("wandb", "weights"), Kind.WANDB),
    (("hf_", "hugging"), Kind.HUGGING_FACE),
    (("github", "gh_"), Kind.GITHUB),
    (("gitlab",), Kind.GITLAB),
    (("slack",), Kind.SLACK),
    (("openai",), Kind.OPENAI),
    (("anthropic",), Kind.ANTHROPIC),
    (("signature",), Kind.SIGNATURE),
    (("aws", "x-amz", "accesskey", "access_key", "access-key"), Kind.AWS),
    (("google_api", "gemini", "x-goog-api"), Kind.GOOGLE_API),
    (("azure", "accountkey"), Kind.AZURE),
    (("private", "priv_", "privkey"), Kind.PRIVATE_KEY),
    (("cookie",), Kind.COOKIE),
    (("authorization", "bearer"), Kind.BEARER),
    (("pass", "pwd", "contrase"), Kind.PASSWORD),
)
_OLD_WANDB_KEY = re.compile(r"(?:\w{1,20}-)?[0-9a-f]{40}")


@cache
def _vocabulary() -> tuple[re.Pattern[str], tuple[str, ...], tuple[str, ...]]:
    """Return the pattern of telling words, and what makes a secret of a `key` and of a `pass` behind it."""
    known = [name.split("_?") for name in library_names()]
    words = [parts[0] for parts in known if len(parts) == 1]
    of_key = {parts[0] for parts in known if parts[-1] == "key"}.union(_OWNERS)
    of_pass = {parts[0] for parts in known if parts[-1] == "pass"}
    word = rf"(?P<word>key(?:[_-]?(?:id|data))?|{'|'.join(words)}|{_OWN_WORDS}|pass){_SUFFIX}"
    return re.compile(word), tuple(of_key), tuple(of_pass)


def secret_names(row: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the telling part of each secret name in `row`: `api_key_2` of `MY_API_KEY_2`."""
    pattern, of_key, of_pass = _vocabulary()
    lower = lower_case(row)
    for found in pattern.finditer(lower):
        start = found.start()
        before = lower[max(0, start - _LONGEST_OWNER) : start]
        owner = before.rstrip("_- ")
        if found["word"].startswith("key"):
            own = next((name for name in of_key if owner.endswith(name)), "")
            start -= len(before) - len(owner) + len(own)
            telling = own != ""
        elif found["word"] == "pass":
            telling = before.endswith(('"', "'", "_", "-")) or owner.endswith(of_pass)
        else:
            telling = not (found["word"] == "token" and _is_harmless(row[max(0, start - _LOOK_BACK) : start]))
        if telling:
            yield start, found.end()


def lower_case(row: str) -> str:
    """Return `row` in lower case with every character in its place."""
    lower = row.lower()
    return lower if len(lower) == len(row) else "".join(c.lower() if c.isascii() else c for c in row)


def _is_harmless(before: str) -> bool:
    """Tell whether the token behind the text `before` is no secret: `pad_token`, `next page token`."""
    word = _WORD_BEFORE.search(before)
    return word is not None and _CAMEL.split(word["word"])[-1].lower() in _HARMLESS_TOKENS


def kind_of(name: str, value: str) -> Kind:
    """Return the kind of secret that `name` tells; a bare API key of W&B's old shape is W&B's."""
    lower = name.lower()
    for parts, kind in _KINDS:
        if any(part in lower for part in parts):
            return kind
    return Kind.WANDB if "key" in lower and _OLD_WANDB_KEY.fullmatch(value) else Kind.SECRET

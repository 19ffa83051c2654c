"""Finds secrets by the name before them: `KEY=value`, `"key": "value"`, `--key value` and similar forms."""

from __future__ import annotations

import re
import string
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from bot.redaction.allowlist import (
    MAX_LENGTH,
    is_allowlisted,
    is_code,
    is_prose,
    is_random_key,
    is_secret_reference,
)
from bot.redaction.library import library_names
from bot.redaction.rules import has_mixed_characters
from bot.redaction.spans import Kind, Span

if TYPE_CHECKING:
    from collections.abc import Iterator

# A row without any of these contains no secret name.
NAME_HINTS = (
    *("pass", "pwd", "contrase", "secret", "token", "key", "credential", "cookie"),
    *("authorization", "string", "-signature"),
)

# Names in addition to those of the library, and owners of a key that make it a secret.
_EXTRA_NAMES = (
    r"pass(?:phrase|code|wort)|token(?!s)|credential|cookie|authorization|connection[_-]?string"
    r"|x-(?:goog|amz)-signature"
)
_KEY_OWNERS = """
    api secret access private auth service account client db database storage master shared signing
    signature encryption deploy license webhook hmac ssh admin session app application subscription
    wandb openai anthropic gemini google azure mistral cohere groq neptune comet datadog hf huggingface
    stripe sendgrid
    """.split()  # noqa: SIM905 - a word list is more readable as text
_MAX_OWNER_LENGTH = 16
_NAME_LOOK_BACK = 32
# Suffixes that may follow the keyword of a name: API_KEY_2, PASSWORD_PROD, tokenValue, private_key_id.
_SUFFIX = (
    r"s?(?:[_-]?(?:\d{1,3}|old|new|prod|production|dev|test|staging|value|string|plain|base64|b64|hash|data|raw"
    r"|ro|rw|main|primary|secondary|hex|pem|json|default))*+(?![a-z0-9_]|-[a-z])"
)

# Tokens of tokenizers, of pagination and of parsers are no secrets.
_HARMLESS_TOKENS = frozenset(
    """
    pad eos bos unk mask cls sep eot boi eoi image img video audio vision special next prev previous
    page first last stop start end num max min per total unexpected n sub input output sync continuation
    cancellation word prefix suffix think begin
    """.split()  # noqa: SIM905 - a word list is more readable as text
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
    """Return the pattern of secret names, and the words that make a `key` or a `pass` after them secret."""
    known = [name.split("_?") for name in library_names()]
    words = [parts[0] for parts in known if len(parts) == 1]
    key_owners = {parts[0] for parts in known if parts[-1] == "key"}.union(_KEY_OWNERS)
    pass_owners = {parts[0] for parts in known if parts[-1] == "pass"}
    word = rf"(?P<word>key(?:[_-]?(?:id|data))?|{'|'.join(words)}|{_EXTRA_NAMES}|pass){_SUFFIX}"
    return re.compile(word), tuple(key_owners), tuple(pass_owners)


def secret_names(row: str) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of the relevant part of each secret name: `api_key_2` of `MY_API_KEY_2`."""
    pattern, key_owners, pass_owners = _vocabulary()
    lower = lower_case(row)
    for found in pattern.finditer(lower):
        start = found.start()
        before = lower[max(0, start - _MAX_OWNER_LENGTH) : start]
        owner = before.rstrip("_- ")
        if found["word"].startswith("key"):
            key_owner = next((name for name in key_owners if owner.endswith(name)), "")
            start -= len(before) - len(owner) + len(key_owner)
            is_secret = key_owner != ""
        elif found["word"] == "pass":
            is_secret = before.endswith(('"', "'", "_", "-")) or owner.endswith(pass_owners)
        else:
            is_secret = not (
                found["word"] == "token" and _is_harmless_token(row[max(0, start - _NAME_LOOK_BACK) : start])
            )
        if is_secret:
            yield start, found.end()


def lower_case(row: str) -> str:
    """Return `row` in lower case with the position of every character unchanged."""
    lower = row.lower()
    return lower if len(lower) == len(row) else "".join(c.lower() if c.isascii() else c for c in row)


def _is_harmless_token(before: str) -> bool:
    """Return whether the token after the text `before` is no secret: `pad_token`, `next page token`."""
    word = _WORD_BEFORE.search(before)
    return word is not None and _CAMEL.split(word["word"])[-1].lower() in _HARMLESS_TOKENS


def kind_of(name: str, value: str) -> Kind:
    """Return the kind of secret according to `name`; a bare hexadecimal API key is a W&B key."""
    lower = name.lower()
    for parts, kind in _KINDS:
        if any(part in lower for part in parts):
            return kind
    return Kind.WANDB if "key" in lower and _OLD_WANDB_KEY.fullmatch(value) else Kind.SECRET


# Quotes and separators, also as written in nested JSON, URLs and HTML.
_QUOTE = r"(?:\\*[\"'`]|%22|%27|&quot;|&#3[49];|\\u002[27])"
_SIGN = r"(?::?={1,3}>?|!=|::?|%3D|%3A|\\u003[da])"
# Separators between a name and its value, the most certain kinds first.
_SEPARATOR = re.compile(
    rf"(?:{_QUOTE}|[)\]]|%5D){{0,4}}(?:"
    rf"\s{{0,8}}{_SIGN}\s{{0,8}}(?P<sign>)"
    rf"|[\s,]{{0,8}}{_QUOTE}?\b(?:value|default|input_value){_QUOTE}?\s{{0,4}}[:=]\s{{0,4}}(?P<field>)"
    rf"|\s{{0,4}},\s{{0,8}}(?={_QUOTE})(?P<pair>)"
    r"|\s{0,8}[|│┃]\s{0,8}(?P<cell>)"
    r"|,?\s{0,8}$(?P<alone>)"
    r"|\s{1,8}(?P<blank>)"
    r")"
)
_OPENING = re.compile(rf"[bBuUrRfF]{{0,2}}(?P<quote>\"\"\"|'''|{_QUOTE})")
_LIST = re.compile(r"[\[(]\s{0,8}(?=[bur]?[\"'])")
_NEXT_ITEM = re.compile(r"\s{0,8},\s{0,8}")
_DICT = re.compile(r"\{(?=[\"'\s]|$)")
_BLOCK_SCALAR = re.compile(r"[|>][+-]?\s*$")
# An unquoted value ends at white space, at the closing quote of an enclosing string, or at the next `,name=`.
_UNQUOTED_CHARACTER = (
    r"(?:[^\s\\\"'`&%,]"
    r"|(?!\\*[\"'`]++(?:[\s,;:)\]}>]|$)|\\++[\"'`]|&quot;|%22|,[A-Za-z_][\w.-]{1,40}[=:])\S)"
)
_UNQUOTED = re.compile(rf"{_UNQUOTED_CHARACTER}{{1,{MAX_LENGTH}}}+")
_UNQUOTED_START = re.compile(rf"{_UNQUOTED_CHARACTER}{{1,64}}+")
_UNQUOTED_REST = re.compile(rf"{_UNQUOTED_CHARACTER}*+")
_FLAG = re.compile(r"-[A-Za-z]{1,12}|--[a-z][\w-]*(?:=.*)?")
_MIN_CELL = 6
_TRAILING = ",;:)]}."
_NAME_CHARACTERS = string.ascii_letters + string.digits + "_-."
_LOOK_BACK = 48


class _NamedValue(NamedTuple):
    """A secret name in a row, beginning at `start`, and how its value is separated from it.

    `keyword` is the relevant part of the name. If `is_certain`, any text that follows is the value; otherwise
    only text that can only be a key is.
    """

    full_name: str
    keyword: str
    start: int
    value_start: int
    separator: str
    is_certain: bool


def assigned_values(row: str) -> Iterator[Span]:
    """Yield the values in `row` that follow secret names.

    An empty open span at the end of the row is a name without a value: it may follow in the next row.
    """
    position = 0
    for start, end in secret_names(row):
        if (
            start >= position
            and (separator := _SEPARATOR.match(row, end))
            and not _in_resource_name(row, start)
        ):
            for span in _values(row, _name(row, start, separator)):
                position = span.end
                yield span


def _in_resource_name(row: str, start: int) -> bool:
    """Return whether the name at `start` is part of an AWS resource name, `arn:aws:...:secret:name`."""
    before = row[max(0, start - 2 * _LOOK_BACK) : start]
    return before.endswith(":") and before.split()[-1].find("arn:") >= 0


def _name(row: str, word: int, separator: re.Match[str]) -> _NamedValue:
    before = row[max(0, word - _LOOK_BACK) : word]
    start = word - (len(before) - len(before.rstrip(_NAME_CHARACTERS)))
    full_name = row[start : separator.start()]
    kind = next(key for key, place in separator.groupdict().items() if place is not None)
    # `--name value` on a command line, `ENV NAME value` in a Dockerfile.
    is_argument = full_name.startswith("--") or row[max(0, start - 4) : start].upper() in {"ENV ", "ARG "}
    return _NamedValue(
        full_name,
        row[word : separator.start()],
        start,
        separator.end(),
        kind,
        kind in {"sign", "field"} or is_argument,
    )


def _values(row: str, name: _NamedValue) -> Iterator[Span]:
    start = name.value_start
    if name.separator == "alone" or start == len(row) or _BLOCK_SCALAR.match(row, start):
        yield Span(len(row), len(row), kind_of(name.full_name, ""), open=True)
    elif list_start := _LIST.match(row, start):
        yield from _list_items(row, name, list_start.end())
    elif opening := _OPENING.match(row, start):
        yield from _quoted(row, name, opening)
    elif not _DICT.match(row, start):
        yield from _unquoted(row, name)


def _list_items(row: str, name: _NamedValue, start: int) -> Iterator[Span]:
    """Yield the quoted strings of a list, the first of which begins at `start`."""
    while opening := _OPENING.match(row, start):
        yield from _quoted(row, name, opening)
        following = _NEXT_ITEM.match(row, _closing(row, opening) + len(opening["quote"]))
        if following is None:
            return
        start = following.end()


def _closing(row: str, opening: re.Match[str]) -> int:
    """Return the position of the closing quote for `opening`, or the end of the row."""
    end = row.find(opening["quote"], opening.end())
    while end > opening.end() and row[end - 1] == "\\":
        end = row.find(opening["quote"], end + 1)
    return end if end >= 0 else len(row)


def _quoted(row: str, name: _NamedValue, opening: re.Match[str]) -> Iterator[Span]:
    start, end = opening.end(), _closing(row, opening)
    value = row[start:end]
    if start == len(row):
        yield Span(start, start, kind_of(name.full_name, ""), open=True)
    if name.separator == "pair" and not _is_key_value_pair(row, name, end + len(opening["quote"])):
        return
    is_value = name.is_certain or name.separator == "pair" or is_random_key(value)
    is_reference = name.separator == "blank" and is_secret_reference(
        name.keyword, value, row[end : end + _LOOK_BACK]
    )
    if is_value and not is_reference and not is_allowlisted(name.keyword, value):
        yield Span(start, end, kind_of(name.full_name, value), open=end == len(row))


def _is_key_value_pair(row: str, name: _NamedValue, end: int) -> bool:
    """Return whether name and value form a pair: `('TOKEN', 'x')` or `["--token", "x"`.

    Otherwise they are neighbours in a list of words or a dict.
    """
    before = row[max(0, name.start - 8) : name.start]
    after = row[end : end + 8].lstrip()[:1]
    opens_pair = before.endswith(("'", '"', ";")) and before.rstrip("\"'\\ bu")[-1:] in {"(", "["}
    return name.full_name.startswith("--") or (opens_pair and after in {")", "]"})


def _unquoted(row: str, name: _NamedValue) -> Iterator[Span]:
    start = name.value_start
    found = (_UNQUOTED if name.is_certain else _UNQUOTED_START).match(row, start)
    if found is None:
        return
    value = found.group()
    random = is_random_key(value) or (
        name.separator == "cell" and len(value) >= _MIN_CELL and has_mixed_characters(value)
    )
    if not (name.is_certain or random) or (name.separator == "blank" and _FLAG.fullmatch(value)):
        return
    rest = _UNQUOTED_REST.match(row, found.end())
    end = rest.end() if rest else found.end()
    full_value = row[start:end]
    if row[max(0, name.start - 1) : name.start] in {"?", "&"}:  # in the query string of a URL
        end = start + len(row[start:end].partition("&")[0])
    if end < len(row):
        end = start + len(row[start:end].rstrip(_TRAILING))
    if is_code(name.keyword, full_value) or any(
        is_allowlisted(name.keyword, text) for text in (full_value, full_value.rstrip(_TRAILING))
    ):
        return
    if name.separator == "blank" and is_secret_reference(
        name.keyword, row[start:end], row[end : end + _LOOK_BACK]
    ):
        return
    if value[0] == "[" and row[end : end + 1] == "]":
        end += 1
    kind = kind_of(name.full_name, value)
    is_sentence = row[start - 1].isspace() and is_prose(kind, row[start:end], row[end : end + MAX_LENGTH])
    if random or not is_sentence:
        yield Span(start, end, kind, open=end == len(row))

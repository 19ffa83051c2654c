"""Recognises values after a secret name that are not secrets: states, code, masks, paths, names."""

from __future__ import annotations

import re

from bot.redaction.rules import has_mixed_characters, is_literal
from bot.redaction.spans import Kind

# Longer than any allowed value; bounds the work on one value.
MAX_LENGTH = 512
_MIN_RANDOM_PART = 16
_MAX_VERSION_LENGTH = 3

_ALLOWED_WORDS = frozenset(
    """
    none null nil true false yes no ok on off undefined unset set empty missing required optional
    default invalid expired revoked denied incorrect wrong malformed unknown unauthorized forbidden
    unauthenticated provided found failed valid hidden redacted masked removed censored secret sensitive
    is was has had are must may can cannot could should will does did not the a an and or for from to in
    of with if this that your my please see use using check enter type str bytes int float bool dict
    list tuple object any string number self return raise pass break continue else try except finally
    yield bearer basic digest key token value name field input header authentication authorization error
    warning info debug id latest
    """.split()  # noqa: SIM905 - a word list is more readable as text
)

_ALLOWED_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\[[A-Z_]+\d*\]?",  # [PAD], [REDACTED]
        r"[*xX•.#_-]{3,}|#+",  # masks and dots, a comment
        r"(?:[Tt]rue|[Ff]alse|None|null)[^\w\s].*",  # False), None}
        r"<\|?/?[A-Za-z_][\w .:/-]*\|?>",  # <your key>, </s>, <|endoftext|>
        r"<(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?: .*)?",  # <google.auth.Credentials object
        r"\{\{.*|(?:\w+ )?\{[\w.!:()\[\]]*\}|\$\{.*|\$\(.*|%[A-Z_]+%",  # templates, shell variables
        r"(?:projects|organizations|folders|locations|secrets)/[\w./*{}$-]+|arn:aws:\S+",  # resources
        r"(?:gs|s3|https?|file|sm|vault)://[^\s@?]*",
        r"(?:/?[\w./]+=)?[a-z][a-z0-9_-]*:(?:latest|\d{1,3})(?:,\S*)?",  # a secret's name and version
        r"[a-z]+(?:[-_][a-z0-9]{1,16})*[-_](?:key|token|password|secret|credentials?)",  # or its name
        r"[\w.-]+\.(?:json|ya?ml|toml|txt|pem|key|crt|env|py)",  # files
        r"id=\S+",  # docker build --secret id=...
        r"SecretStr\(['\"]?\**",
        r"__\w+__|[A-Z][A-Z_]*(?:KEY|TOKEN|PASSWORD|SECRET|CREDENTIALS?)S?",  # placeholders: YOUR_API_KEY
    )
)
_NUMBER = re.compile(r"[-+]?\d{1,12}(?:\.\d+)?(?:e[-+]?\d+)?%?")
_PATH = re.compile(r"(?:~|\.{1,2})?/(?:[\w.@+{}$-]+/)*[\w.@+*{}$-]*|(?:[\w.@+-]+/)+[\w.@+-]+\.\w{1,5}")
_CODE = re.compile(
    # Attributes, their calls and items. The alternatives are mutually exclusive, so that none is tried twice.
    r"[a-z_]{2,30}(?:\.(?:[a-z_]{2,30}|(?:[A-Z][a-z]+){1,5}|[A-Z][A-Z_]{1,29}))++(?:[(\[].*)?"
    r"|(?:[a-z_]{3,40}|_?(?:[A-Z][a-z]+){1,5})[(\[](?:$|[\w'\"*)\]:-]).*"  # decode(x, response["token"], cls(
    r"|(?:[A-Z][a-z]+){1,5}(?:Types?|Credentials|Key|Token|Provider)"
    r"|(?:Optional|Union|List|Literal|Annotated|Secret|dict|list)\[.*"
)
_PROSE = re.compile(r"[A-Z]?[a-z]{1,14}[,.]?")
_SENTENCE_CONTINUES = re.compile(r"[,;:.]?\s+['\"(\[]?[A-Za-z]")
_NUMBERED = re.compile(r"[A-Za-z_-]+\d{1,4}|v?\d[\d.]*\w{0,4}|\d{4}-\d\d.*")
_SECRET_KEY = re.compile(r"(?i)(?:secret|access)[_-]?(?:access[_-]?)?key")


#: The name of a secret in a message about it: lower case, with hyphens, underscores or dots, no part random.
_REFERENCE = re.compile(r"(?:[a-z0-9-]{1,63}/)?[a-z][a-z0-9]{0,24}(?:[-_.][a-z0-9]{1,24}){1,8}")
_REFERENCE_CONTEXT = re.compile(
    r"[\]\"'`):]{0,3} ?(?:(?:was |is |were )?not found|(?:does not|doesn't) exist|has no versions?|"
    r"(?:is|was) (?:forbidden|disabled|destroyed|missing)|in namespace|already exists)"
)
_MIN_RANDOM = 7


def is_secret_reference(name: str, value: str, rest: str) -> bool:
    """Return whether `value` is the name of a secret, as in `secret "wandb-key-2" not found`.

    `name` is the word before it, and `rest` the text after it. `Secret team/key-2` is a name because of its
    slash.
    """
    value = value.strip("[]()\"'`")
    is_reference = _REFERENCE_CONTEXT.match(rest) is not None or "/" in value
    if not name.lower().startswith("secret") or not is_reference or not _REFERENCE.fullmatch(value):
        return False
    return not any(
        len(part) >= _MIN_RANDOM and has_mixed_characters(part) for part in re.split(r"[-_./]", value)
    )


def is_allowlisted(name: str, value: str) -> bool:
    """Return whether `value`, written after the secret name `name`, is certainly not a secret."""
    if len(value) > MAX_LENGTH:
        return False
    value = value.strip()
    bare = value.strip("()[]<>'\"`,;:.!?").lower()
    if not bare or bare in _ALLOWED_WORDS or bare == name.lower() or not is_literal(value):
        return True
    if bare.isalpha() and name.lower().startswith("credential"):
        return True
    if _NUMBER.fullmatch(bare) and _is_count(name.lower(), bare):
        return True
    inside = value.strip("[]()") if value[:1] in {"[", "("} and "/" in value else value
    return any(pattern.fullmatch(inside) for pattern in _ALLOWED_PATTERNS) or _is_path(name, value)


def _is_count(name: str, number: str) -> bool:
    """Return whether a number is a count of tokens or passed tests, or a version, and not a password."""
    return name in {"token", "pass"} or (
        len(number) <= _MAX_VERSION_LENGTH and not name.startswith(("pass", "pwd"))
    )


def is_code(name: str, value: str) -> bool:
    """Return whether the unquoted `value` is an expression, as in the source lines of a traceback."""
    bare = value.rstrip(")]},;:")
    if len(value) > MAX_LENGTH:
        return False
    is_variable = bare == name or (
        bare.islower() and bare.isidentifier() and bare.endswith("_" + name.lower())
    )
    return is_variable or _CODE.fullmatch(value) is not None or _CODE.fullmatch(bare) is not None


def is_prose(kind: str, value: str, rest: str) -> bool:
    """Return whether `value` and the text `rest` after it form a sentence: `token: request failed`."""
    is_word = kind not in {Kind.PASSWORD, Kind.WANDB} and _PROSE.fullmatch(value) is not None
    return is_word and _SENTENCE_CONTINUES.match(rest) is not None


def is_random_key(value: str) -> bool:
    """Return whether a value that no separator ties to a secret name can only be a key."""
    return (
        len(value) >= _MIN_RANDOM_PART
        and any(map(str.isdigit, value))
        and has_mixed_characters(value)
        and not _NUMBERED.fullmatch(value)
    )


def _is_path(name: str, value: str) -> bool:
    if _SECRET_KEY.search(name) or not _PATH.fullmatch(value):
        return False
    return not any(len(part) >= _MIN_RANDOM_PART and has_mixed_characters(part) for part in value.split("/"))

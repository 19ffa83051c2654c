"""Which values behind a secret name are no secrets: states, types, code, masks, paths, resource names."""

from __future__ import annotations

import re

from bot.redaction.rules import has_mixed_characters, is_literal
from bot.redaction.spans import Kind

# Longer than any innocent value; also what bounds the work on one value.
LONGEST = 512
_RANDOM_PART = 16
_LONGEST_VERSION = 3

_WORDS = frozenset(
    """
    none null nil true false yes no ok on off undefined unset set empty missing required optional
    default invalid expired revoked denied incorrect wrong malformed unknown unauthorized forbidden
    unauthenticated provided found failed valid hidden redacted masked removed censored secret sensitive
    is was has had are must may can cannot could should will does did not the a an and or for from to in
    of with if this that your my please see use using check enter type str bytes int float bool dict
    list tuple object any string number self return raise pass break continue else try except finally
    yield bearer basic digest key token value name field input header authentication authorization error
    warning info debug id latest
    """.split()  # noqa: SIM905 - a list of words reads best as words
)

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"\[[A-Z_]+\d*\]?",  # [PAD], [REDACTED]
        r"[*xX•.#_-]{3,}|#+",  # masks and dots, a comment
        r"(?:[Tt]rue|[Ff]alse|None|null)[^\w\s].*",  # False), None}
        r"<\|?/?[A-Za-z_][\w .:/-]*\|?>",  # <your key>, </s>, <|endoftext|>
        r"<(?:[A-Za-z_]\w*\.)+[A-Za-z_]\w*(?: .*)?",  # <google.auth.Credentials object
        r"\{\{.*|(?:\w+ )?\{[\w.!:()\[\]]*\}|\$\{.*|\$\(.*|%[A-Z_]+%",  # templates, variables of shells
        r"(?:projects|organizations|folders|locations|secrets)/[\w./*{}$-]+|arn:aws:\S+",  # resources
        r"(?:gs|s3|https?|file|sm|vault)://[^\s@?]*",
        r"(?:/?[\w./]+=)?[a-z][a-z0-9_-]*:(?:latest|\d{1,3})(?:,\S*)?",  # a secret's name and version
        r"[a-z]+(?:[-_][a-z0-9]{1,16})*[-_](?:key|token|password|secret|credentials?)",  # or its name
        r"[\w.-]+\.(?:json|ya?ml|toml|txt|pem|key|crt|env|py)",  # files
        r"id=\S+",  # docker build --secret id=...
        r"SecretStr\(['\"]?\**",
        r"__\w+__|[A-Z][A-Z_]*(?:KEY|TOKEN|PASSWORD|SECRET|CREDENTIALS?)S?",  # stand-ins: YOUR_API_KEY
    )
)
_NUMBER = re.compile(r"[-+]?\d{1,12}(?:\.\d+)?(?:e[-+]?\d+)?%?")
_PATH = re.compile(r"(?:~|\.{1,2})?/(?:[\w.@+{}$-]+/)*[\w.@+*{}$-]*|(?:[\w.@+-]+/)+[\w.@+-]+\.\w{1,5}")
_CODE = re.compile(
    # Attributes, their calls and items; the alternatives exclude one another, so that none is tried twice.
    r"[a-z_]{2,30}(?:\.(?:[a-z_]{2,30}|(?:[A-Z][a-z]+){1,5}|[A-Z][A-Z_]{1,29}))++(?:[(\[].*)?"
    r"|(?:[a-z_]{3,40}|_?(?:[A-Z][a-z]+){1,5})[(\[](?:$|[\w'\"*)\]:-]).*"  # decode(x, response["token"], cls(
    r"|(?:[A-Z][a-z]+){1,5}(?:Types?|Credentials|Key|Token|Provider)"
    r"|(?:Optional|Union|List|Literal|Annotated|Secret|dict|list)\[.*"
)
_PROSE = re.compile(r"[A-Z]?[a-z]{1,14}[,.]?")
_SENTENCE_CONTINUES = re.compile(r"[,;:.]?\s+['\"(\[]?[A-Za-z]")
_NUMBERED = re.compile(r"[A-Za-z_-]+\d{1,4}|v?\d[\d.]*\w{0,4}|\d{4}-\d\d.*")
_SECRET_KEY = re.compile(r"(?i)(?:secret|access)[_-]?(?:access[_-]?)?key")


#: A secret's own name, in what a service says of it: lower case, parted by dashes, no part drawn by lot.
_NAME = re.compile(r"(?:[a-z0-9-]{1,63}/)?[a-z][a-z0-9]{0,24}(?:[-_.][a-z0-9]{1,24}){1,8}")
_REFERENCE_CONTEXT = re.compile(
    r"[\]\"'`):]{0,3} ?(?:(?:was |is |were )?not found|(?:does not|doesn't) exist|has no versions?|"
    r"(?:is|was) (?:forbidden|disabled|destroyed|missing)|in namespace|already exists)"
)
_LEAST_RANDOM = 7


def is_secret_reference(name: str, value: str, rest: str) -> bool:
    """Tell whether `value` names a secret instead of being one: `secret "wandb-key-2" not found`.

    `name` is the word before it, and `rest` the text behind it. `Secret team/key-2` is a name by its form.
    """
    value = value.strip("[]()\"'`")
    told = _REFERENCE_CONTEXT.match(rest) is not None or "/" in value
    if not name.lower().startswith("secret") or not told or not _NAME.fullmatch(value):
        return False
    return not any(
        len(part) >= _LEAST_RANDOM and has_mixed_characters(part) for part in re.split(r"[-_./]", value)
    )


def is_allowlisted(name: str, value: str) -> bool:
    """Tell whether `value`, written behind the secret name `name`, is certainly no secret."""
    if len(value) > LONGEST:
        return False
    value = value.strip()
    bare = value.strip("()[]<>'\"`,;:.!?").lower()
    if not bare or bare in _WORDS or bare == name.lower() or not is_literal(value):
        return True
    if bare.isalpha() and name.lower().startswith("credential"):
        return True
    if _NUMBER.fullmatch(bare) and _is_count(name.lower(), bare):
        return True
    inside = value.strip("[]()") if value[:1] in {"[", "("} and "/" in value else value
    return any(pattern.fullmatch(inside) for pattern in _PATTERNS) or _is_path(name, value)


def _is_count(name: str, number: str) -> bool:
    """Tell a count of tokens, of tests that pass, or a secret's version from a numeric password."""
    return name in {"token", "pass"} or (
        len(number) <= _LONGEST_VERSION and not name.startswith(("pass", "pwd"))
    )


def is_code(name: str, value: str) -> bool:
    """Tell whether the unquoted `value` is an expression, as in the source lines of a traceback."""
    bare = value.rstrip(")]},;:")
    if len(value) > LONGEST:
        return False
    same = bare == name or (bare.islower() and bare.isidentifier() and bare.endswith("_" + name.lower()))
    return same or _CODE.fullmatch(value) is not None or _CODE.fullmatch(bare) is not None


def is_prose(kind: str, value: str, rest: str) -> bool:
    """Tell whether `value` and the text `rest` behind it are a sentence: `token: request failed`."""
    plain = kind not in {Kind.PASSWORD, Kind.WANDB} and _PROSE.fullmatch(value) is not None
    return plain and _SENTENCE_CONTINUES.match(rest) is not None


def is_random_key(value: str) -> bool:
    """Tell whether a value that no sign ties to its name can be nothing but a key."""
    return (
        len(value) >= _RANDOM_PART
        and any(map(str.isdigit, value))
        and has_mixed_characters(value)
        and not _NUMBERED.fullmatch(value)
    )


def _is_path(name: str, value: str) -> bool:
    if _SECRET_KEY.search(name) or not _PATH.fullmatch(value):
        return False
    return not any(len(part) >= _RANDOM_PART and has_mixed_characters(part) for part in value.split("/"))

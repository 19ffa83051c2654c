"""Removes uninformative parts of a message, so that the informative ones fit."""

from __future__ import annotations

import re

#: A character of a URL, or the placeholder of a secret in it.
_URL_END = r"(?:\[[\w& ]{2,40} removed\]|[^\s'\"|>)])"
#: Boilerplate that libraries add to every message of a kind; always removed.
_BOILERPLATE = (
    (
        re.compile(
            rf",? ?\(?For (?:more|further) (?:information|details)[^:]{{0,40}}:? https?://{_URL_END}*\)?"
        ),
        "",
    ),
    (re.compile(rf" ?\(?(?:Background on this error at|See): https?://{_URL_END}*\)?"), ""),
    (re.compile(r" ?CUDA kernel errors might be asynchronously reported .*?incorrect\."), ""),
    (re.compile(r" ?For debugging consider passing CUDA_LAUNCH_BLOCKING=1\.?"), ""),
    (
        re.compile(
            r" ?(?:Compile with `TORCH_USE_CUDA_DSA`|Set TORCHDYNAMO_VERBOSE=1|Search for `cuda\w+' in) "
            r"[^.]*\.?"
        ),
        "",
    ),
    (re.compile(r"\[enforce fail at [\w./]+:\d+\] ?\.? ?(?=\w)"), ""),
    (
        re.compile(
            r"The docker command executed was .{0,400}? It returned with code \d+ "
            r"(?:The content of stdout is '[^']{0,200}' )?The content of stderr is "
        ),
        "",
    ),
    (re.compile(r" ?\(Request ID: [^)]{1,120}\)"), ""),
    (re.compile(r" \[type=\w+, input_value=(?P<value>.{0,60}?), input_type=\w+\]"), r" (got \g<value>)"),
)
#: The connection pool of an HTTP client: only its host and the reason are kept.
_POOL = (
    re.compile(
        r"HTTPS?ConnectionPool\(host='(?P<host>[^']{1,120})', port=(?P<port>\d+)\): Max retries exceeded "
        rf"with url: {_URL_END}* \(Caused by (?P<why>.{{1,600}}?)\)(?=$| [A-Z|(-])"
    ),
    r"\g<host>:\g<port> (Caused by \g<why>)",
)
_POOL_CONNECTION = (re.compile(r"HTTPS?Connection\(host='[^']{1,120}', port=\d+\): "), "")
_NESTED_CLASS = (re.compile(r"(?<=Caused by )\w+\((?=\w+\()"), "")
_SOURCE_PLACE = (re.compile(r" \(_ssl\.c:\d+\)"), "")
_OBJECT = (re.compile(r"<[\w.]{1,80} object at 0x[0-9a-f]+>: "), "")
_JSON_BODY = (
    re.compile(
        r" ?b?[\"']?\{(?=\s*[\"'])(?:.{0,200}?[\"'](?:message|detail|error_description|errorMessage|msg)|"
        r"\s*[\"']error)"
        r"[\"']:\s?(?:\"(?P<double>(?:[^\"\\]|\\.){5,600})\"|'(?P<single>(?:[^'\\]|\\.){5,600})').*"
    ),
    lambda body: " " + (body["double"] or body["single"]).replace('\\"', '"').replace("\\'", "'"),
)
_QUERY = (re.compile(rf"(https?://[^\s'\"|>?]{{1,300}})\?{_URL_END}{{10,}}(?<!:)"), r"\1")
_URL = (re.compile(rf"(https?://[^/\s'\"|>]{{1,80}}/){_URL_END}{{30,}}"), r"\1…")
#: A long path: only its beginning and its end are kept.
_PATH_PART = r"[\w.@=+%-]{1,120}"
_PATH = (
    re.compile(
        rf"(?<![\w/:.@=+%-])(?!projects/|organizations/|folders/)((?:\w{{2,5}}:/)?/?{_PATH_PART}/{_PATH_PART})/(?=\S{{50}})(?:{_PATH_PART}/){{2,40}}({_PATH_PART}/{_PATH_PART})"
    ),
    r"\1/…/\2",
)
_BUILD_STEPS = (
    re.compile(
        r"(?:failed to (?:build|solve|execute command|"
        r"create (?:containerd |shim )?task(?: for container)?)|"
        r"(?:OCI runtime|runc) create failed|error building (?:image|stage)|failed to authorize|"
        r"failed to fetch (?:oauth |anonymous )?token): (?=\w)|rpc error: code = \w+ desc = "
    ),
    "",
)
#: A sentence that gives advice; the diagnosis has its own.
_HINT = re.compile(
    r"(?<=[.!)]) (?:Please|See|For (?:more|further)|If you|Try|Consider|Check|Make sure|You (?:can|may)|"
    r"To (?:fix|change|learn|see))"
    r" [^.]{0,160}(?:\.\S[^.]{0,160}){0,4}\.?(?= |$)"
)
_SHORTENINGS = (
    _POOL,
    _POOL_CONNECTION,
    _NESTED_CLASS,
    _SOURCE_PLACE,
    _OBJECT,
    _JSON_BODY,
    _QUERY,
    _BUILD_STEPS,
    _URL,
    _PATH,
)
_SENTENCE_END = re.compile(r"[.!?](?= [A-Z\"'`\[(]|$)")
_ABBREVIATIONS = ("e.g", "i.e", "vs", "etc", "cf")
_MAX_WORD = 30


def shorten(text: str, limit: int) -> str:
    """Return the text without boilerplate, and shortened further while it is longer than `limit`.

    Removed in this order: connection pool details, the JSON around a message, query strings, build steps, the
    rest of URLs and paths, advice. The result may still be longer than `limit`.
    """
    for pattern, replacement in _BOILERPLATE:
        text = pattern.sub(replacement, text)
    for pattern, shorter in _SHORTENINGS:
        if len(text) <= limit:
            break
        text = pattern.sub(shorter, text)
    return (text if len(text) <= limit else without_hints(text)).strip()


def without_hints(text: str) -> str:
    """Return the text without sentences that give advice."""
    return _HINT.sub("", text)


def shorten_urls(text: str) -> str:
    """Return the text with long URLs cut after the host."""
    return _URL[0].sub(_URL[1], text)


def first_sentence(text: str) -> int:
    """Return the end of the first sentence of a text (characters)."""
    for end in _SENTENCE_END.finditer(text):
        if not text[: end.start()].endswith(_ABBREVIATIONS):
            return end.end()
    return len(text)


def truncate(text: str, limit: int) -> str:
    """Return the text cut to `limit` characters with an ellipsis, between words if possible."""
    if len(text) <= limit:
        return text
    return text[: word_boundary(text, limit - 1)].rstrip(" ,;:(-") + "…"


def word_boundary(text: str, end: int) -> int:
    """Return the last position up to `end` (characters) between words; `end` inside a very long word."""
    if end >= len(text) or text[end] == " ":
        return end
    space = text.rfind(" ", max(0, end - _MAX_WORD), end)
    return space if space > 0 else end


def word_end(text: str, end: int) -> int:
    """Return the end of the word at position `end` (characters); `end` itself inside a very long word."""
    space = text.find(" ", end, end + _MAX_WORD)
    return space if space >= 0 else len(text) if len(text) <= end + _MAX_WORD else end

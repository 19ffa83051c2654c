"""Drops from a message what explains nothing, so that what does explain it has room."""

from __future__ import annotations

import re

#: A character of an address, or what redaction put in the place of a secret in it.
_URL_END = r"(?:\[[\w& ]{2,40} removed\]|[^\s'\"|>)])"
#: What libraries add to every message of a kind; dropped first.
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
#: A client library's pool of connections: its host and why are what counts.
_POOL = (
    re.compile(
        r"HTTPS?ConnectionPool\(host='(?P<host>[^']{1,120})', port=(?P<port>\d+)\): Max retries exceeded "
        rf"with url: {_URL_END}* \(Caused by (?P<why>.{{1,600}}?)\)(?=$| [A-Z|(-])"
    ),
    r"\g<host>:\g<port> (Caused by \g<why>)",
)
_POOLED = (re.compile(r"HTTPS?Connection\(host='[^']{1,120}', port=\d+\): "), "")
_NESTED = (re.compile(r"(?<=Caused by )\w+\((?=\w+\()"), "")
_PLACE = (re.compile(r" \(_ssl\.c:\d+\)"), "")
_OBJECT = (re.compile(r"<[\w.]{1,80} object at 0x[0-9a-f]+>: "), "")
_BODY = (
    re.compile(
        r" ?b?[\"']?\{(?=\s*[\"'])(?:.{0,200}?[\"'](?:message|detail|error_description|errorMessage|msg)|"
        r"\s*[\"']error)"
        r"[\"']:\s?(?:\"(?P<double>(?:[^\"\\]|\\.){5,600})\"|'(?P<single>(?:[^'\\]|\\.){5,600})').*"
    ),
    lambda body: " " + (body["double"] or body["single"]).replace('\\"', '"').replace("\\'", "'"),
)
_QUERY = (re.compile(rf"(https?://[^\s'\"|>?]{{1,300}})\?{_URL_END}{{10,}}(?<!:)"), r"\1")
_ADDRESS = (re.compile(rf"(https?://[^/\s'\"|>]{{1,80}}/){_URL_END}{{30,}}"), r"\1…")
#: The middle of a long path: where it begins and what it names count.
_PART = r"[\w.@=+%-]{1,120}"
_PATH = (
    re.compile(
        rf"(?<![\w/:.@=+%-])(?!projects/|organizations/|folders/)((?:\w{{2,5}}:/)?/?{_PART}/{_PART})/(?=\S{{50}})(?:{_PART}/){{2,40}}({_PART}/{_PART})"
    ),
    r"\1/…/\2",
)
_STEPS = (
    re.compile(
        r"(?:failed to (?:build|solve|execute command|"
        r"create (?:containerd |shim )?task(?: for container)?)|"
        r"(?:OCI runtime|runc) create failed|error building (?:image|stage)|failed to authorize|"
        r"failed to fetch (?:oauth |anonymous )?token): (?=\w)|rpc error: code = \w+ desc = "
    ),
    "",
)
#: A sentence that tells what to do: the advice does that.
_HINT = re.compile(
    r"(?<=[.!)]) (?:Please|See|For (?:more|further)|If you|Try|Consider|Check|Make sure|You (?:can|may)|"
    r"To (?:fix|change|learn|see))"
    r" [^.]{0,160}(?:\.\S[^.]{0,160}){0,4}\.?(?= |$)"
)
_TOO_LONG = (_POOL, _POOLED, _NESTED, _PLACE, _OBJECT, _BODY, _QUERY, _STEPS, _ADDRESS, _PATH)
_SENTENCE_END = re.compile(r"[.!?](?= [A-Z\"'`\[(]|$)")
_ABBREVIATED = ("e.g", "i.e", "vs", "etc", "cf")
_BACK = 30


def shorten(text: str, longest: int) -> str:
    """Return the text without what every message of its kind says, and shorter still while over `longest`.

    What is then left out, in this order: a connection pool's words, the JSON around a message, queries of
    addresses, the steps of a build, the rest of addresses and paths, advice. It may stay longer than that.
    """
    for pattern, instead in _BOILERPLATE:
        text = pattern.sub(instead, text)
    for pattern, shorter in _TOO_LONG:
        if len(text) <= longest:
            break
        text = pattern.sub(shorter, text)
    return (text if len(text) <= longest else without_hints(text)).strip()


def without_hints(text: str) -> str:
    """Return the text without its sentences that give advice."""
    return _HINT.sub("", text)


def short_addresses(text: str) -> str:
    """Return the text with the hosts of its long addresses only."""
    return _ADDRESS[0].sub(_ADDRESS[1], text)


def first_sentence(text: str) -> int:
    """Return where the first sentence of a text ends (characters)."""
    for end in _SENTENCE_END.finditer(text):
        if not text[: end.start()].endswith(_ABBREVIATED):
            return end.end()
    return len(text)


def truncate(text: str, longest: int) -> str:
    """Return the text, or what of it fits with "…" behind it, cut between words where that is possible."""
    if len(text) <= longest:
        return text
    return text[: between_words(text, longest - 1)].rstrip(" ,;:(-") + "…"


def between_words(text: str, end: int) -> int:
    """Return the last place up to `end` (characters) where no word is cut; `end` inside a very long one."""
    if end >= len(text) or text[end] == " ":
        return end
    space = text.rfind(" ", max(0, end - _BACK), end)
    return space if space > 0 else end


def whole_word(text: str, end: int) -> int:
    """Return where the word that stands at `end` (characters) ends; `end` itself inside a very long one."""
    space = text.find(" ", end, end + _BACK)
    return space if space >= 0 else len(text) if len(text) <= end + _BACK else end

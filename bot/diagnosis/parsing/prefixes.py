"""Parses one log line: removes colours, timestamps, ranks, build steps and levels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

#: Characters of a physical line that patterns see, so that the cost of a line is bounded.
HEAD, TAIL = 3_000, 1_000

_ANSI = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|\][^\x07\x1b]{0,256}(?:\x07|\x1b\\)?|[@-Z\\-_])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_WRAPPING = re.compile(
    r"""(?:
      (?P<step>Step\ \#\d+(?:\ -\ "[^"]{0,80}")?:\ ?)
    | (?P<buildkit>\#\d+\ (?:\d+\.\d+\ )?|\d{1,4}\.\d{1,3}\ (?=[A-Z]))
    | (?P<rank>
        \[(?:rank|default|node|worker|local_rank|process)?[\ _=]?\d{1,4}\](?::|\ (?!NCCL)|(?=[A-Z\s]))\ ?
        | \[\d+,\d+\](?:<std(?:err|out)>)?:\ ?
        | \((?:\w+\ )?(?:pid=|ip=)[^)]{1,80}\)\ ?
        | (?:rank|node|worker)[\ _-]?\d{1,4}:[ ]
        | workerpool\d+-\d+:?\ (?=\S))
    | (?P<stamp>
        \[?\d{4}[-/]\d\d[-/]\d\d[T\ _]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|\ ?[+-]\d\d:?\d\d|\ UTC)?\]?
          (?:\ ?[-:|]\ |:?\ |\ ?-\ |(?=\[))
        | \[\d\d:\d\d:\d\d(?:[.,]\d+)?\]\ ?
        | \d\d:\d\d:\d\d(?:[.,]\d+)?\ [-|]?\ ?
        | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)?\ ?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)
          \ {1,2}\d{1,2}\ \d\d:\d\d:\d\d[ ])
    | (?P<glog>\[?(?P<glog_level>[IWEF])\d{4}\ \d\d:\d\d:\d\d\.\d+\ +(?:\d+\ )?(?:[^\s\]]{1,120}:\d+\]\ ?)?
        | (?P<tf_level>[IWEF])\ (?=[\w./-]{3,120}\.(?:cc|cpp|h|cu|cu\.cc):\d+\]))
    | \[\ ?(?P<cv_level>FATAL|ERROR|WARN|INFO|DEBUG):\d+@[\d.]+\]\ global\ \S+(?:\ \(\d+\))?\ [\w:~]+\ (?=\S)
    | (?P<relayed>std(?:err|out):\ |\[(?:INFO|WARNING|ERROR|DEBUG)\]\ (?=\[rank\d|Traceback\ \(|\ \ File\ "))
    | (?P<wandb>wandb:(?:\ (?:(?P<wandb_level>ERROR|WARNING|WARN|INFO)(?:\ |$))?|$))
    )""",
    re.VERBOSE,
)
_LEVEL = re.compile(
    r"""(?:
      \[?(?P<level>ERROR|FATAL|CRITICAL|PANIC|SEVERE|WARNING|WARN|INFO|DEBUG|NOTICE|error|fatal|warning|info|panic)\]?
      (?:\s?:[\w.]{1,60}:\ ?|:\ ?|\ -\ (?:[\w.]{1,60}\ -\ )?|\ \|\ |\]\ ?|\ {1,8}(?=[\[(A-Z]))
    | (?P<apt>[EW]):\ (?=[A-Z]) | npm\ (?P<npm>ERR!|error|warn|WARN)(?:\ |$))""",
    re.VERBOSE,
)


#: A level further on in a line, preceded only by a header: times, bracketed names, places.
_LATER_LEVEL = re.compile(
    r"(?<![\w.-])(?:level=)?(?P<level>ERROR|CRITICAL|FATAL|SEVERE|WARNING|(?<==)error|(?<=\[)error)"
    r"\b(?! ERROR| DETECTED)"
)
_HEADER_WORD = re.compile(r"[\[(<].*|.*[\])>:|,]|[\w.]+-|[^\w]+|\S*\d\S*|\w+=\S*")
#: What may follow the level: a logger's name, a file and line, a key.
_AFTER_LEVEL = re.compile(
    r"[\])>]?(?:[\s:|-]+(?:[\w./$<>]+(?::[\w.<>]+)*:\d+\]?(?=[\s-])|\[[^\]]{1,60}\]|[\w.]+(?= [-|] )|---|"
    r"[\w.]{1,40}=\S+(?= \w+=)))*[\s:|\]-]*(?:(?:msg|message|err|error)=)?"
)
_HEADER_LENGTH = 90
#: A log record that pytest repeats from a captured test; it is no error of the run itself.
_PYTEST_CAPTURE = re.compile(r"[A-Z]{4,8} {1,4}[\w.]+:[\w.]+\.py:\d+ ")


class Level(IntEnum):
    """The level that the program gave a line; `UNSET` if it gave none."""

    UNSET = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One physical line without its prefixes.

    `quote` is the text to quote; `text` is the same without its level. `stream` names the writer (a rank or a
    process; "" if unknown). `wandb` says that the W&B client wrote it, `stamped` that a timestamp preceded
    it.
    """

    text: str
    quote: str
    stream: str
    level: Level
    wandb: bool
    stamped: bool


_LEVELS = {
    "error": Level.ERROR,
    "err!": Level.ERROR,
    "fatal": Level.ERROR,
    "critical": Level.ERROR,
    "panic": Level.ERROR,
    "severe": Level.ERROR,
    "e": Level.ERROR,
    "f": Level.ERROR,
    "warning": Level.WARNING,
    "warn": Level.WARNING,
    "w": Level.WARNING,
}


def _level(word: str | None) -> Level:
    return Level.UNSET if not word else _LEVELS.get(word.lower(), Level.INFO)


#: The sides of a box around an error of a command line tool, and the beginning of a source line by rich.
_BOX_SIDES = "\u2502\u2503"
_SOURCE_LINE = re.compile(r" *(?:\u2771|\d+ )")


def truncate_middle(line: str) -> str:
    """Return the line, or its first 3,000 and last 1,000 characters if it is longer than both."""
    return line if len(line) <= HEAD + TAIL else f"{line[:HEAD]} ... {line[-TAIL:]}"


def parse_line(line: str) -> ParsedLine:
    """Return one physical line (without line breaks) parsed; never raises."""
    text = truncate_middle(line)
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    text = _CONTROL.sub("", text).replace("\t", " ").rstrip()
    stream, level, wandb, stamped = "", Level.UNSET, False, False
    for _ in range(6):
        found = _WRAPPING.match(text)
        if found is None or not found.end():
            break
        if found["rank"]:
            stream = found["rank"].strip(" :")
        levels = (found[f"{writer}_level"] for writer in ("glog", "tf", "wandb", "cv"))
        level = max(level, _level(next(filter(None, levels), None)))
        wandb = wandb or bool(found["wandb"])
        stamped = stamped or bool(found["stamp"] or found["glog"])
        text = text[found.end() :]
    text = _without_box(text) if text[:1] in _BOX_SIDES else text
    quote = text
    for _ in range(2):
        found = _LEVEL.match(text)
        if found is None or (found.end() >= len(text) and not found["npm"]):
            break
        level = max(level, _level(found["level"] or found["apt"] or found["npm"]))
        text = text[found.end() :]
    if level is Level.UNSET and (later := _later_level(text)) is not None:
        level, quote, text = later
    return ParsedLine(text, quote, stream, level, wandb, stamped)


def _without_box(text: str) -> str:
    """Return the content of a box's line; rich's source lines, which hold more such sides, unchanged."""
    content = text[1:].removeprefix(" ").rstrip()
    content = content[:-1].rstrip() if content[-1:] in _BOX_SIDES else content
    return text if _SOURCE_LINE.match(content) or any(side in content for side in _BOX_SIDES) else content


def without_writer(writer: str, outer: ParsedLine, inner: ParsedLine) -> ParsedLine:
    """Return the line `inner`, which follows a writer's prefix in `outer`, with the attributes of both."""
    return replace(
        inner,
        stream=f"{outer.stream} {writer} {inner.stream}".strip(),
        level=max(outer.level, inner.level),
        wandb=outer.wandb or inner.wandb,
        stamped=outer.stamped or inner.stamped,
    )


def _later_level(text: str) -> tuple[Level, str, str] | None:
    """Return the level behind a header, the text to quote and the text after the level, if any."""
    found = _LATER_LEVEL.search(text, 0, _HEADER_LENGTH)
    if (
        found is None
        or _PYTEST_CAPTURE.match(text)
        or not all(_HEADER_WORD.fullmatch(word) for word in _header_words(text[: found.start()]))
    ):
        return None
    after = _AFTER_LEVEL.match(text, found.end())
    rest = text[after.end() if after else found.end() :].strip('" ')
    return (_level(found["level"]), text[found.start("level") :], rest) if rest else None


def _header_words(header: str) -> list[str]:
    """Return the words of a header; a name before a dash, bar or level is one word with that sign."""
    return re.sub(r"(?<=\w)\s+(?=[-|:](?:\s|$))", "", header).split()


TRACEBACK = "Traceback (most recent call last):"
_FRAME = '  File "'
#: Rows below the header in which the first frame is searched; lines of other writers may be in between.
_FRAME_ROWS = 64
_MAX_PREFIX, _MAX_PREFIXES = 60, 64


def infer_prefixes(raw: Sequence[str], headers: Iterable[int]) -> tuple[str, ...]:
    """Return the writer prefixes of the tracebacks that begin at the rows `headers`, the longest first.

    A text ("worker-0 | ", "3: ") is a prefix if the first frame of the traceback has it too.
    """
    found: set[str] = set()
    for row in headers:
        before, header, _ = parse_line(raw[row]).text.rpartition(TRACEBACK)
        if not header or not before.strip(" |+") or len(before) > _MAX_PREFIX or before in found:
            continue
        if any(
            parse_line(text).text.startswith(before + _FRAME) for text in raw[row + 1 : row + 1 + _FRAME_ROWS]
        ):
            found.add(before)
        if len(found) >= _MAX_PREFIXES:
            break
    return tuple(sorted(found, key=len, reverse=True))

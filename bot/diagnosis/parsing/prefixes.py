"""Takes the wrapping off one line of a log: colours, timestamps, ranks, build steps, levels."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum

#: Characters that a pattern may see of one physical line: one of 1 MB costs no more than one of these.
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


#: A level further on in a line, if only a header stands before it: times, names in brackets, places.
_LATER_LEVEL = re.compile(
    r"(?<![\w.-])(?:level=)?(?P<level>ERROR|CRITICAL|FATAL|SEVERE|WARNING|(?<==)error|(?<=\[)error)"
    r"\b(?! ERROR| DETECTED)"
)
_HEADER_WORD = re.compile(r"[\[(<].*|.*[\])>:|,]|[\w.]+-|[^\w]+|\S*\d\S*|\w+=\S*")
#: What may follow it: a logger's name, a file and line, a key.
_AFTER_LEVEL = re.compile(
    r"[\])>]?(?:[\s:|-]+(?:[\w./$<>]+(?::[\w.<>]+)*:\d+\]?(?=[\s-])|\[[^\]]{1,60}\]|[\w.]+(?= [-|] )|---|"
    r"[\w.]{1,40}=\S+(?= \w+=)))*[\s:|\]-]*(?:(?:msg|message|err|error)=)?"
)
_HEADER = 90
#: How pytest repeats what a test logged on purpose or not: no error of the run.
_CAPTURED = re.compile(r"[A-Z]{4,8} {1,4}[\w.]+:[\w.]+\.py:\d+ ")


class Level(IntEnum):
    """How loud the program itself said a line is; `UNSET` where it said nothing."""

    UNSET = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class ParsedLine:
    """One physical line without wrapping.

    `quote` is what a person would quote of it, `text` is the same without its level, `stream` names who
    wrote it (a rank or a process; "" when it does not say), `wandb` says that the W&B client wrote it and
    `stamped` that a time stood before it.
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


#: The sides of the box that a command line tool draws around its error, and how rich's source lines begin.
_SIDES = "\u2502\u2503"
_SOURCE = re.compile(r" *(?:\u2771|\d+ )")


def cut(line: str) -> str:
    """Return the line, or its first 3,000 and last 1,000 characters when it is longer than both."""
    return line if len(line) <= HEAD + TAIL else f"{line[:HEAD]} ... {line[-TAIL:]}"


def parse_line(line: str) -> ParsedLine:
    """Return one physical line (no line break in it) without its wrapping; never raises."""
    text = cut(line)
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
        own = (found[f"{who}_level"] for who in ("glog", "tf", "wandb", "cv"))
        level = max(level, _level(next(filter(None, own), None)))
        wandb = wandb or bool(found["wandb"])
        stamped = stamped or bool(found["stamp"] or found["glog"])
        text = text[found.end() :]
    text = _unboxed(text) if text[:1] in _SIDES else text
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


def _unboxed(text: str) -> str:
    """Return what stands in a line of a box; rich's lines of source, with more such signs, as they are."""
    said = text[1:].removeprefix(" ").rstrip()
    said = said[:-1].rstrip() if said[-1:] in _SIDES else said
    return text if _SOURCE.match(said) or any(side in said for side in _SIDES) else said


def without_writer(writer: str, outer: ParsedLine, inner: ParsedLine) -> ParsedLine:
    """Return a line that had a writer's prefix before it (`outer`) as it is without (`inner`)."""
    return replace(
        inner,
        stream=f"{outer.stream} {writer} {inner.stream}".strip(),
        level=max(outer.level, inner.level),
        wandb=outer.wandb or inner.wandb,
        stamped=outer.stamped or inner.stamped,
    )


def _later_level(text: str) -> tuple[Level, str, str] | None:
    """Return the level that stands behind a header, what is to be quoted, and the text after it, if any."""
    found = _LATER_LEVEL.search(text, 0, _HEADER)
    if (
        found is None
        or _CAPTURED.match(text)
        or not all(_HEADER_WORD.fullmatch(word) for word in _header_words(text[: found.start()]))
    ):
        return None
    after = _AFTER_LEVEL.match(text, found.end())
    rest = text[after.end() if after else found.end() :].strip('" ')
    return (_level(found["level"]), text[found.start("level") :], rest) if rest else None


def _header_words(header: str) -> list[str]:
    """Return the words of a header; a name before a dash, a bar or a level is written with its sign."""
    return re.sub(r"(?<=\w)\s+(?=[-|:](?:\s|$))", "", header).split()


TRACEBACK = "Traceback (most recent call last):"
_FRAME = '  File "'
#: Rows after a traceback's first in which its first frame stands, with other writers' rows between them.
_NEAR = 64
_LONGEST, _MOST = 60, 64


def infer_prefixes(raw: Sequence[str], headers: Iterable[int]) -> tuple[str, ...]:
    """Return what stands before the tracebacks that begin at the rows `headers`, the longest first.

    Something is a prefix ("worker-0 | ", "3: ") if the traceback's first frame has it too.
    """
    found: set[str] = set()
    for row in headers:
        before, header, _ = parse_line(raw[row]).text.rpartition(TRACEBACK)
        if not header or not before.strip(" |+") or len(before) > _LONGEST or before in found:
            continue
        if any(parse_line(text).text.startswith(before + _FRAME) for text in raw[row + 1 : row + 1 + _NEAR]):
            found.add(before)
        if len(found) >= _MOST:
            break
    return tuple(sorted(found, key=len, reverse=True))

"""Takes the wrapping off one line of a log: colours, timestamps, ranks, build steps, levels."""

from __future__ import annotations

import re
from dataclasses import dataclass
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
        | workerpool\d+-\d+:?\ (?=\S)
        | \d{1,4}:\ (?=Traceback|\s+File\ "))
    | (?P<stamp>
        \[?\d{4}[-/]\d\d[-/]\d\d[T\ _]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?(?:Z|\ ?[+-]\d\d:?\d\d|\ UTC)?\]?
          (?:\ ?[-:|]\ |:?\ |\ ?-\ |(?=\[))
        | \[\d\d:\d\d:\d\d(?:[.,]\d+)?\]\ ?
        | \d\d:\d\d:\d\d(?:[.,]\d+)?\ [-|]?\ ?
        | (?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)?\ ?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)
          \ {1,2}\d{1,2}\ \d\d:\d\d:\d\d[ ])
    | (?P<glog>\[?(?P<glog_level>[IWEF])\d{4}\ \d\d:\d\d:\d\d\.\d+\ +(?:\d+\ )?[^\s\]]{1,120}:\d+\]\ ?
        | (?P<tf_level>[IWEF])\ (?=[\w./-]{3,120}\.(?:cc|cpp|h|cu|cu\.cc):\d+\]))
    | (?P<relayed>std(?:err|out):\ |\[(?:INFO|WARNING|ERROR|DEBUG)\]\ (?=\[rank\d|Traceback\ \(|\ \ File\ "))
    | (?P<wandb>wandb:\ (?:(?P<wandb_level>ERROR|WARNING|WARN|INFO)(?:\ |$))?)
    )""",
    re.VERBOSE,
)
_LEVEL = re.compile(
    r"""(?:
      \[?(?P<level>ERROR|FATAL|CRITICAL|PANIC|SEVERE|WARNING|WARN|INFO|DEBUG|NOTICE|error|fatal|warning|info|panic)\]?
      (?:\s?:[\w.]{1,60}:\ ?|:\ ?|\ -\ (?:[\w.]{1,60}\ -\ )?|\ \|\ |\]\ ?|\ {1,8}(?=[\[(A-Z]))
    | (?P<apt>[EW]):\ (?=[A-Z]))""",
    re.VERBOSE,
)


class Level(IntEnum):
    """How loud the program itself said a line is; `UNSET` where it said nothing."""

    UNSET = 0
    INFO = 1
    WARNING = 2
    ERROR = 3


@dataclass(frozen=True, slots=True)
class Clean:
    """One physical line without wrapping.

    `quote` is what a person would quote of it, `text` is the same without its level, `stream` names who
    wrote it (a rank or a process; "" when it does not say) and `wandb` says that the W&B client wrote it.
    """

    text: str
    quote: str
    stream: str
    level: Level
    wandb: bool


_LEVELS = {
    "error": Level.ERROR,
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


def cut(line: str) -> str:
    """Returns the line, or its first 3,000 and last 1,000 characters when it is longer than both."""
    return line if len(line) <= HEAD + TAIL else f"{line[:HEAD]} ... {line[-TAIL:]}"


def unwrap(line: str) -> Clean:
    """Returns one physical line (no line break in it) without its wrapping; never raises."""
    text = cut(line)
    if "\x1b" in text:
        text = _ANSI.sub("", text)
    text = _CONTROL.sub("", text).replace("\t", " ").rstrip()
    stream, level, wandb = "", Level.UNSET, False
    for _ in range(6):
        found = _WRAPPING.match(text)
        if found is None or not found.end():
            break
        if found["rank"]:
            stream = found["rank"].strip(" :")
        level = max(level, _level(found["glog_level"] or found["tf_level"] or found["wandb_level"]))
        wandb = wandb or bool(found["wandb"])
        text = text[found.end() :]
    quote = text
    for _ in range(2):
        found = _LEVEL.match(text)
        if found is None or found.end() >= len(text):
            break
        level = max(level, _level(found["level"] or found["apt"]))
        text = text[found.end() :]
    return Clean(text, quote, stream, level, wandb)

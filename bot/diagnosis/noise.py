"""Separates lines that report an error from lines that only contain such words."""

from __future__ import annotations

import re

from bot.diagnosis.keywords import PatternSet
from bot.diagnosis.parsing.prefixes import Level, ParsedLine

_ERROR_START = re.compile(
    r"""^(?:
      fatal:\ |[Ee]rror(?::|\s\[|\s(?:in|during|response\ from|[a-z]{3,12}ing)\s)|panic:
    | thread\ '.{0,80}'\ panicked\ at|\d+:\d+\ +error\b
    | Exception\ in\ thread\ "|Caused\ by:\ |Traceback|Killed|TIMEOUT$|\[?ERROR\]?$
    | \S{1,200}:\d+(?::\d+)?:\s(?:fatal\ )?error
    | \S{1,200}\.\w{1,5}:\d+:\d+:\ (?!warning|note|info|In\ )
    | .{0,60}\b(?:fatal\ )?error:\s|\S+:\serror:|error\[E
    | [Ff]ailed\ to\ |[Uu]nable\ to\ |[Cc]annot\ |[Cc]ould\ not\ |COPY\ failed|Segmentation\ fault
    | [\u274c\u2716-\u2718\u26d4\U0001f6a8\U0001f6d1\U0001f4a5] | !\ \[(?:remote\ )?rejected\]
    | npm\ (?:ERR!|error)|pip.{0,20}error|E\ {3,}|FAILED\ |FAIL:|CMake\ Error|make(?:\[\d+\])?:\ \*\*\*
    | \S{1,120}_test\.go:\d+:\ |curl:\ \(\d+\)|wget:\ |ssh:\ |remote:[ ]
    | (?:u?mount(?:\.\w+)?|fusermount3?|cp|mv|rm|mkdir|ln|tar|gzip|unzip|rsync|scp):\ (?!trying)
    | \S*sh:\ |\S+:\ line\ \d+:|\S*python[\d.]*:\ |exec\ |(?:\S*/)?env:[ ]
    | CommandException|AccessDeniedException|ServiceException|denied:|unauthorized:|toomanyrequests
    | terminated:\ |launch:\ Error|BUILD\ FAILURE:\ |.{1,160}\s[A-Z]\w+(?:Exception|Error):\ [A-Z\d]
    | Run\ \w+\ errored|\(gcloud\.|Err:\d+|\u00d7|x\ No\ solution|nvcc\ fatal|NVRM:
    | what\(\):\ | \S+\.cu:\d+:|standard_init|OCI\ runtime|Fatal\ Python|terminate\ called
    | (?:\S+\ :\ )?(?:Pre)?Depends:\ \S+\ .*but\b
    | (?:/\S*)?ld:\ |(?:c|g)\+\+:|cc1plus:|collect2:
    )""",
    re.VERBOSE,
)
_ZERO_COUNTS = (
    r"(?<![\w.-])0 (?:errors?|fail(?:ed|ures?)|rejected)\b|\bno errors?\b|without errors?",
    r"\b(?:errors?|failures?|failed|n_failed\w*)[\"']?\s*[=:]\s*0\b",
)
_SETTINGS_METRICS_SAMPLES = (
    (
        r"^[\s{,'\"]*[\"'](?!(?:message|error|reason|detail|details|msg|"
        r"error_description)[\"'])[\w./-]+[\"']\s*:\s|^\s*\w+_(?:error|timeout|failure)\w*\s*[=:]"
    ),
    r"\berror[_-]?(?:rate|feedback|bars?|handl\w+|correct\w*|log|budget|margin|threshold)\b",
    r"mean_(?:absolute|squared)_error|(?-i:_error)[\"']?\s*[=:]\s*[\d.]|ERROR_HANDLING",
    r"expected failures?|xfail",
    r"^(?:sample|prompt|text|example|user|assistant|question|answer|row)\b[\w #-]{0,12}:\s",
    r"^(?:input|output|label|Q|A)\b[\w #-]{0,12}:\s",
)
_CHATTY_TOOLS = (
    r"Performing Test|^-- |HAS_WERROR|-Werror|unused variable|Selecting previously unselected|^\+ ",
    r"dependency resolver does not currently|which is incompatible\.",
    r"debconf:|invoke-rc\.d|update-alternatives",
    r"deprecat|FutureWarning|DeprecationWarning|UserWarning|NCCL INFO|set NCCL_",
    r"Unable to register cu\w+ factory|Attempting to register factory",
    r"Could not find (?:cuda drivers|TensorRT)",
)
_GIT_PROGRESS = (r"^remote: (?:Enumerating|Counting|Compressing|Resolving|Total|Reusing) ",)
_TRACEBACK_LINES = (
    r"^The above exception|^During handling|Traceback \(most|Find (?:detailed )?(?:error )?logs at",
)
_HARMLESS = PatternSet(
    *_ZERO_COUNTS, *_SETTINGS_METRICS_SAMPLES, *_CHATTY_TOOLS, *_GIT_PROGRESS, *_TRACEBACK_LINES
)


#: A compiler error, even one that quotes a harmless option ("[-Werror=unused-variable]").
_COMPILER_ERROR = re.compile(r"[^\s:]{1,200}:\d+(?::\d+)?: (?:fatal )?error: ")


def claims_error(parsed: ParsedLine) -> bool:
    """Return whether the line itself reports an error, by its level or its first words."""
    return parsed.level is Level.ERROR or _ERROR_START.match(parsed.text.lstrip()) is not None


def is_harmless(text: str) -> bool:
    """Return whether a line only sounds like an error: a metric, a setting, a sample, a verbose library."""
    return _HARMLESS.matches(text) and _COMPILER_ERROR.match(text) is None

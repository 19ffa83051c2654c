"""Tells lines that claim to be an error from those that only sound like one."""

from __future__ import annotations

import re

from bot.diagnosis.prefixes import Clean, Level

_LOUD = re.compile(
    r"""^(?:
      fatal:\ |[Ee]rror(?::|\s\[|\sin\s)|panic:|Traceback|Killed|TIMEOUT$|\[?ERROR\]?$
    | \S{1,200}:\d+(?::\d+)?:\s(?:fatal\ )?error|.{0,60}\b(?:fatal\ )?error:\s|\S+:\serror:|error\[E
    | [Ff]ailed\ to\ |[Uu]nable\ to\ |[Cc]annot\ |[Cc]ould\ not\ |COPY\ failed|Segmentation\ fault
    | npm\ (?:ERR!|error)|pip.{0,20}error|E\ {3,}|FAILED\ |FAIL:|CMake\ Error|make(?:\[\d+\])?:\ \*\*\*
    | curl:\ \(\d+\)|wget:\ |ssh:\ |remote:[ ]
    | \S*sh:\ |\S+:\ line\ \d+:|\S*python[\d.]*:\ |exec\ |(?:\S*/)?env:[ ]
    | CommandException|AccessDeniedException|ServiceException|denied:|unauthorized:|toomanyrequests
    | terminated:\ |launch:\ Error|.{1,160}\s[A-Z]\w+(?:Exception|Error):\ [A-Z\d]
    | Run\ \w+\ errored|\(gcloud\.|Err:\d+|\u00d7|x\ No\ solution|nvcc\ fatal|NVRM:
    | \S+\.cu:\d+:|standard_init|OCI\ runtime|Fatal\ Python|terminate\ called
    | (?:/\S*)?ld:\ |(?:c|g)\+\+:|cc1plus:|collect2:
    )""",
    re.VERBOSE,
)
_NOTHING_COUNTED = (
    r"(?<![\w.-])0 (?:errors?|fail(?:ed|ures?)|rejected)\b|\bno errors?\b|without errors?",
    r"\b(?:errors?|failures?|failed|n_failed\w*)[\"']?\s*[=:]\s*0\b",
)
_SETTINGS_METRICS_SAMPLES = (
    r"^[\s{,'\"]*[\"'][\w./-]+[\"']\s*:\s|^\s*\w+_(?:error|timeout|failure)\w*\s*[=:]",
    r"\berror[_-]?(?:rate|feedback|bars?|handl\w+|correct\w*|log|budget|margin|threshold)\b",
    r"mean_(?:absolute|squared)_error|_error[\"']?\s*[=:]\s*[\d.]|ERROR_HANDLING",
    r"expected failures?|xfail",
    r"^(?:sample|prompt|text|example|user|assistant|question|answer|row)\b[\w #-]{0,12}:\s",
    r"^(?:input|output|label|Q|A)\b[\w #-]{0,12}:\s",
)
_THINKING_ALOUD = (
    r"Performing Test|^-- |HAS_WERROR|-Werror|unused variable|Selecting previously unselected|^\+ ",
    r"dependency resolver does not currently|which is incompatible\.",
    r"debconf:|invoke-rc\.d|update-alternatives",
    r"deprecat|FutureWarning|DeprecationWarning|UserWarning|NCCL INFO|set NCCL_",
    r"Unable to register cu\w+ factory|Attempting to register factory",
    r"Could not find (?:cuda drivers|TensorRT)",
)
_FRAME_OF_AN_ERROR = (
    r"^The above exception|^During handling|Traceback \(most|Find (?:detailed )?(?:error )?logs at",
)
_HARMLESS = re.compile(
    "|".join((*_NOTHING_COUNTED, *_SETTINGS_METRICS_SAMPLES, *_THINKING_ALOUD, *_FRAME_OF_AN_ERROR)),
    re.IGNORECASE,
)


def loud(clean: Clean) -> bool:
    """Returns whether a line itself claims to be an error."""
    return clean.level is Level.ERROR or _LOUD.match(clean.text) is not None


def harmless(text: str) -> bool:
    """Returns whether a line only sounds like an error: a metric, a setting, a sample, a chatty library."""
    return _HARMLESS.search(text) is not None

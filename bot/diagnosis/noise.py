"""Tells lines that claim to be an error from those that only sound like one."""

from __future__ import annotations

import re

from bot.diagnosis.prefixes import Clean, Level

_LOUD = re.compile(
    r"^(?:"
    + "|".join(
        (
            r"fatal: |[Ee]rror(?::|\s\[|\sin\s)|panic:|Traceback|Killed|TIMEOUT$|\[?ERROR\]?$",
            r"\S{1,200}:\d+(?::\d+)?:\s(?:fatal )?error|.{0,60}\b(?:fatal )?error:\s|\S+:\serror:|error\[E",
            r"[Ff]ailed to |[Uu]nable to |[Cc]annot |[Cc]ould not |COPY failed|Segmentation fault|Fatal Python",
            r"npm (?:ERR!|error)|pip.{0,20}error|E {3,}|FAILED |FAIL:|CMake Error|make(?:\[\d+\])?: \*\*\*",
            r"curl: \(\d+\)|wget: |ssh: |remote: |\S*sh: |\S+: line \d+:|\S*python[\d.]*: |exec |env: |\S*/env: ",
            r"CommandException|AccessDeniedException|ServiceException|denied:|unauthorized:|toomanyrequests",
            r"launch: Error|Run \w+ errored|\(gcloud\.|Err:\d+|\u00d7|x No solution|nvcc fatal|NVRM:|\S+\.cu:\d+:",
            r"standard_init|OCI runtime|terminate called|(?:/\S*)?ld: |(?:c|g)\+\+:|cc1plus:|collect2:",
        )
    )
    + ")"
)
_HARMLESS = re.compile(
    "|".join(
        (
            # counts of nothing
            r"(?<![\w.-])0 (?:errors?|fail(?:ed|ures?)|rejected)\b|\bno errors?\b|without errors?",
            r"\b(?:errors?|failures?|failed|n_failed\w*)[\"']?\s*[=:]\s*0\b",
            # settings, metrics and samples of data
            r"^[\s{,'\"]*[\"'][\w./-]+[\"']\s*:\s|^\s*\w+_(?:error|timeout|failure)\w*\s*[=:]",
            r"\berror[_-]?(?:rate|feedback|bars?|handl\w+|correct\w*|log|budget|margin|threshold)\b",
            r"mean_(?:absolute|squared)_error|_error[\"']?\s*[=:]\s*[\d.]|ERROR_HANDLING|expected failures?|xfail",
            r"^(?:sample|prompt|text|example|user|assistant|question|answer|row|input|output|label|Q|A)\b[\w #-]{0,12}:\s",
            # compilers, installers and libraries that think aloud
            r"Performing Test|^-- |HAS_WERROR|-Werror|unused variable|Selecting previously unselected|^\+ ",
            r"dependency resolver does not currently|which is incompatible\.|debconf:|invoke-rc\.d|update-alternatives",
            r"deprecat|FutureWarning|DeprecationWarning|UserWarning|NCCL INFO|set NCCL_",
            r"Unable to register cu\w+ factory|Attempting to register factory|Could not find (?:cuda drivers|TensorRT)",
            # the frame of an error, not the error
            r"^The above exception|^During handling|Traceback \(most|Find (?:detailed )?(?:error )?logs at",
        )
    ),
    re.IGNORECASE,
)


def loud(clean: Clean) -> bool:
    """Returns whether a line itself claims to be an error."""
    return clean.level is Level.ERROR or _LOUD.match(clean.text) is not None


def harmless(text: str) -> bool:
    """Returns whether a line only sounds like an error: a metric, a setting, a sample, a library thinking aloud."""
    return _HARMLESS.search(text) is not None

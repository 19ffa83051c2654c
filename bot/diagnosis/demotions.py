"""Finds errors that are not the root cause: secondary, retried, or in build steps that did not fail."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace

from bot.diagnosis.candidates import Candidate
from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.rules.dependencies import PACKAGE_BUILD
from bot.diagnosis.rules.matcher import Match
from bot.diagnosis.rules.rule import Specificity
from bot.models.diagnosis import Category

#: How a program sees a failed storage mount. The mount logs the reason itself, in an earlier line.
_MOUNT_SYMPTOM = re.compile(
    r"\[Errno (?:5|30|107|116|121)\]|Input/output error|Stale file handle|Transport endpoint|unexpected pos"
)
#: What a registry returns for missing read access, and how the missing permission is named.
_BARE_STATUS = re.compile(r"\b40[13]\b|PermissionDenied|ErrImagePull|ImagePullBackOff|denied")
_PERMISSION = re.compile(r"[Pp]ermission ['\"]?[a-z]\w+(?:\.\w+){1,4}|does not have permission")
_DENIED_ROWS = 4
_FILE_NAME = re.compile(r"[\w.@=+-]+/([\w.@=+-]{3,})(?=['\"\s:,)]|$)")
_MOUNT_ROWS = 20
#: Minimum weight of an error that names its object and so explains a later symptom.
_SPECIFIC_WEIGHT = 70
#: Categories that are usually caused by the failure of another rank.
_INDIRECT = frozenset({Category.NCCL_DISTRIBUTED, Category.UNKNOWN})


def secondary_errors(candidates: Sequence[Candidate], plausible: Sequence[Candidate]) -> frozenset[int]:
    """Return the rows of candidates that another error caused.

    `plausible` are the candidates that may explain another one. Both sequences are in row order.
    """
    rank_failure = next((other.row for other in plausible if _is_original_rank_error(other)), None)
    install_failure = next((other.row for other in plausible if _failed_install(other)), None)
    denials = [other.row for other in candidates if _PERMISSION.search(other.quote)]
    rows = [other.row for other in plausible]
    found: set[int] = set()
    for candidate in candidates:
        category = _category(candidate)
        if category is Category.NCCL_DISTRIBUTED:
            is_secondary = rank_failure is not None and candidate.row > rank_failure
        elif category is Category.IMPORT_ERROR and candidate.raised:
            is_secondary = install_failure is not None and candidate.row > install_failure
        elif category is Category.IMAGE_PULL:
            is_secondary = _permission_named_below(candidate, denials)
        else:
            is_secondary = False
        if not is_secondary and candidate.raised and _MOUNT_SYMPTOM.search(text := _full_text(candidate)):
            nearby = plausible[
                bisect_left(rows, candidate.row - _MOUNT_ROWS) : bisect_left(rows, candidate.row)
            ]
            is_secondary = _file_failed_before(text, nearby)
        if is_secondary:
            found.add(candidate.row)
    return frozenset(found)


def _is_original_rank_error(candidate: Candidate) -> bool:
    """Return whether a rank failed with an error other than the loss of another rank."""
    return (
        candidate.raised
        and candidate.match is not None
        and candidate.match.rule.specificity >= Specificity.GENERIC
        and candidate.match.rule.category not in _INDIRECT
    )


def _permission_named_below(candidate: Candidate, denials: Sequence[int]) -> bool:
    """Return whether an image pull was refused and a line soon after names the missing permission."""
    if not _BARE_STATUS.search(candidate.quote):
        return False
    at = bisect_right(denials, candidate.row)
    return at < len(denials) and denials[at] <= candidate.row + _DENIED_ROWS


def _failed_install(candidate: Candidate) -> bool:
    return _category(candidate) is Category.DEPENDENCY_INSTALL and candidate.weight >= _SPECIFIC_WEIGHT


def _file_failed_before(text: str, nearby: Sequence[Candidate]) -> bool:
    """Return whether an earlier line explains why the file named in the text cannot be used."""
    names = _FILE_NAME.findall(text)
    errors = [other.quote for other in nearby if not other.raised and other.weight >= _SPECIFIC_WEIGHT]
    return any(name in quote for name in names for quote in errors)


def _full_text(candidate: Candidate) -> str:
    return " ".join([candidate.quote, candidate.continuation, *candidate.related])


def _category(candidate: Candidate) -> Category | None:
    return candidate.match.rule.category if candidate.match else None


#: Minimum number of equal errors, and maximum number of rows between the last one and the timeout.
_MIN_REPEATS, _MAX_ROWS_BEFORE_END = 3, 8


def retried_until_timeout(
    candidates: Sequence[Candidate], progress: int
) -> tuple[frozenset[int], Candidate | None]:
    """Return the rows of one rule's errors repeated until a platform timeout, and that timeout.

    `progress` is the last row that shows progress; errors before it were overcome. Return an empty set and
    None if there is no platform timeout or the repeated errors do not reach up to it.
    """
    end = next((candidate for candidate in reversed(candidates) if _is_platform_timeout(candidate)), None)
    if end is None:
        return frozenset(), None
    before = [e for e in candidates if progress < e.row < end.row and _names_cause(e)]
    if not before or end.row - before[-1].last > _MAX_ROWS_BEFORE_END:
        return frozenset(), None
    repeated = frozenset(candidate.row for candidate in before if _rule_id(candidate) == _rule_id(before[-1]))
    return (repeated, end) if len(repeated) >= _MIN_REPEATS else (frozenset(), None)


def after_last_progress(candidates: Sequence[Candidate], progress: int) -> frozenset[int]:
    """Return the rows of specific errors after the last row that shows progress."""
    return frozenset(
        candidate.row
        for candidate in candidates
        if candidate.row > progress
        and candidate.match is not None
        and candidate.match.rule.specificity >= Specificity.SPECIFIC
    )


def _is_platform_timeout(candidate: Candidate) -> bool:
    rule = candidate.match.rule if candidate.match else None
    return rule is not None and rule.category is Category.TIMEOUT and rule.specificity is Specificity.VERDICT


def _names_cause(candidate: Candidate) -> bool:
    return candidate.match is not None and candidate.match.rule.specificity >= Specificity.GENERIC


_RETRYING = re.compile(
    r"\bretry(?:ing)? (?:in|after|the|attempt|\d+|\()|^\s*retrying|[,;:.(] ?retrying|"
    r"will (?:retry|create)|\(retry|trying again|attempt \d+(?: of |/)\d+|backing off|sleeping \d|"
    r"try(?:ing)? to resume|resuming|"
    r"falling back|fall(?:s)? back to|(?<!before )continuing|recovered|reconnect(?:ed|ing)|reducing batch|"
    r"skipping(?! (?:the )?(?:launch|deploy\w*|push|publish\w*|release|remaining|rest|following|all)\b)",
    re.IGNORECASE,
)
_GAVE_UP = re.compile(
    r"giv(?:ing|en) up|gave up|Retry\(total=0,|max(?:imum)?(?: number of)? retries|MaxRetriesExceeded|"
    r"retries (?:exceeded|exhausted)|retry (?:budget|limit) (?:exceeded|exhausted|reached)|out of retries|"
    r"no more retries|after \d+ (?:attempts|retries|tries)|attempt (\d+)(?: of |/)\1\b|RetryError\[",
    re.IGNORECASE,
)
#: Keywords, in lower case, of lines that may report exhausted retries.
_GAVE_UP_KEYWORDS = (
    "giving up",
    "given up",
    "gave up",
    "retries",
    "retry budget",
    "retry limit",
    "retryerror",
    "attempt",
    " tries",
)
_MAX_ROWS = 200
#: Rows below an error that are searched for a retry message, and for the end of its retries.
_RETRY_ROWS, _GAVE_UP_ROWS = 2, 12


def was_retried(rows: LogLines, candidate: Candidate) -> bool:
    """Return whether the error or the rows right after it say that the operation was retried."""
    nearby = [
        rows.parsed(row).text
        for row in range(candidate.row + 1, min(len(rows), candidate.last + 1 + _RETRY_ROWS))
    ]
    if any(_GAVE_UP.search(text[:400]) for text in [*nearby, candidate.quote]):
        return False
    return any(_RETRYING.search(text[:400]) for text in [*nearby, candidate.quote])


def with_exhausted_retries(rows: LogLines, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Return the rows of errors that were retried until the program gave up soon after."""
    named = [e for e in candidates if e.match is not None and e.match.rule.specificity >= Specificity.GENERIC]
    named_rows = [candidate.row for candidate in named]
    gave_up_at: dict[str, int] = {}
    for row in sorted(rows.containing(_GAVE_UP_KEYWORDS, _MAX_ROWS)):
        at = bisect_left(named_rows, row) - 1
        nearby = at >= 0 and row - named[at].last <= _GAVE_UP_ROWS
        if nearby and _GAVE_UP.search(rows.parsed(row).text[:400]):
            gave_up_at[_rule_id(named[at])] = row
    return frozenset(
        candidate.row for candidate in named if candidate.row < gave_up_at.get(_rule_id(candidate), 0)
    )


def _rule_id(candidate: Candidate) -> str:
    return candidate.match.rule.id if candidate.match else ""


_FAILED_STEP = re.compile(r"build step (\d{1,3}) .{0,300}\bfailed", re.IGNORECASE)
_STEP = re.compile(r"\s*Step #(\d{1,3})(?: - \"|:)")
_MAX_STEPS = 50


def from_passed_steps(rows: LogLines, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Return the rows of candidates in build steps that did not fail; empty if no failed step is named."""
    named = (
        _FAILED_STEP.search(rows.raw[row][:1_000]) for row in rows.containing(("build step ",), _MAX_STEPS)
    )
    failed = {found[1] for found in named if found is not None}
    if not failed:
        return frozenset()
    return frozenset(
        candidate.row for candidate in candidates if _step(rows, candidate) not in (None, *failed)
    )


def _step(rows: LogLines, candidate: Candidate) -> str | None:
    found = _STEP.match(rows.raw[candidate.row])
    return found[1] if found is not None else None


_OUTPUT_START = re.compile(r"\[\d+ lines? of output\]")
_OUTPUT_END = "[end of output]"
_MAX_OUTPUTS = 500
#: Categories that a build script may raise and that mean a program error outside an install.
_PROGRAM_CATEGORIES = frozenset(
    {Category.CODE_EXCEPTION, Category.CONFIG_ERROR, Category.CUDA_DRIVER, Category.IMPORT_ERROR}
)


def with_package_builds(rows: LogLines, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates; errors inside pip's quoted build output become failed installs."""
    outputs = _build_outputs(rows)
    return [
        _as_package_build(candidate) if any(candidate.row in q for q in outputs) else candidate
        for candidate in candidates
    ]


def _as_package_build(candidate: Candidate) -> Candidate:
    match = candidate.match
    if match is None or match.rule.category not in _PROGRAM_CATEGORIES:
        return candidate
    return replace(candidate, match=Match(PACKAGE_BUILD, match.start, match.end, ()))


def _build_outputs(rows: LogLines) -> list[range]:
    """Return the ranges of rows that hold a package build's output quoted by pip."""
    found: list[range] = []
    start: int | None = None
    for row in sorted(rows.containing(("of output]",), _MAX_OUTPUTS)):
        if _OUTPUT_END in rows.raw[row]:
            if start is not None:
                found.append(range(start, row))
            start = None
        elif _OUTPUT_START.search(rows.raw[row]):
            start = row
    return found if start is None else [*found, range(start, len(rows))]

"""Which errors are not the root cause: secondary ones, retried ones, and those of steps that did not fail."""

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

#: What the system tells a program whose storage mount failed; the mount itself says why, in a line before.
_MOUNT = re.compile(
    r"\[Errno (?:5|30|107|116|121)\]|Input/output error|Stale file handle|Transport endpoint|unexpected pos"
)
#: What a registry answers who may not read, and how the permission is named that was missing.
_BARE_STATUS = re.compile(r"\b40[13]\b|PermissionDenied|ErrImagePull|ImagePullBackOff|denied")
_PERMISSION = re.compile(r"[Pp]ermission ['\"]?[a-z]\w+(?:\.\w+){1,4}|does not have permission")
_DENIED_ROWS = 4
_FILE = re.compile(r"[\w.@=+-]+/([\w.@=+-]{3,})(?=['\"\s:,)]|$)")
_MOUNT_ROWS = 20
#: The weight from which an error that names its object explains what the program met soon after.
_AN_ERROR = 70
#: What no rank raises of its own accord while another is at fault.
_NOT_OWN = frozenset({Category.NCCL_DISTRIBUTED, Category.UNKNOWN})


def secondary_errors(candidates: Sequence[Candidate], standing: Sequence[Candidate]) -> frozenset[int]:
    """Return the rows of the events that came of another; `standing` are those that may explain one.

    Both are in the order of their rows.
    """
    a_rank_died = next((other.row for other in standing if _raised_of_its_own(other)), None)
    an_install_failed = next((other.row for other in standing if _failed_install(other)), None)
    denials = [other.row for other in candidates if _PERMISSION.search(other.quote)]
    rows = [other.row for other in standing]
    found: set[int] = set()
    for candidate in candidates:
        category = _category(candidate)
        if category is Category.NCCL_DISTRIBUTED:
            came_of = a_rank_died is not None and candidate.row > a_rank_died
        elif category is Category.IMPORT_ERROR and candidate.raised:
            came_of = an_install_failed is not None and candidate.row > an_install_failed
        elif category is Category.IMAGE_PULL:
            came_of = _denied_below(candidate, denials)
        else:
            came_of = False
        if not came_of and candidate.raised and _MOUNT.search(said := _said(candidate)):
            near = standing[bisect_left(rows, candidate.row - _MOUNT_ROWS) : bisect_left(rows, candidate.row)]
            came_of = _was_refused(said, near)
        if came_of:
            found.add(candidate.row)
    return frozenset(found)


def _raised_of_its_own(candidate: Candidate) -> bool:
    """Return whether a rank died of something else than of the loss of another."""
    return (
        candidate.raised
        and candidate.match is not None
        and candidate.match.rule.specificity >= Specificity.GENERIC
        and candidate.match.rule.category not in _NOT_OWN
    )


def _denied_below(candidate: Candidate, denials: Sequence[int]) -> bool:
    """Return whether an image was refused with a bare status, and a line soon after names the permission."""
    if not _BARE_STATUS.search(candidate.quote):
        return False
    at = bisect_right(denials, candidate.row)
    return at < len(denials) and denials[at] <= candidate.row + _DENIED_ROWS


def _failed_install(candidate: Candidate) -> bool:
    return _category(candidate) is Category.DEPENDENCY_INSTALL and candidate.weight >= _AN_ERROR


def _was_refused(said: str, near: Sequence[Candidate]) -> bool:
    """Return whether a line before had told why the file of which a program complains cannot be used."""
    names = _FILE.findall(said)
    told = [other.quote for other in near if not other.raised and other.weight >= _AN_ERROR]
    return any(name in quote for name in names for quote in told)


def _said(candidate: Candidate) -> str:
    return " ".join([candidate.quote, candidate.more, *candidate.also])


def _category(candidate: Candidate) -> Category | None:
    return candidate.match.rule.category if candidate.match else None


#: Equal errors in a row that make it stuck, and rows between the last of them and the end at most.
_TIMES, _BEFORE_THE_END = 3, 8


def retried_until_timeout(
    candidates: Sequence[Candidate], progress: int
) -> tuple[frozenset[int], Candidate | None]:
    """Return the rows of one cause's errors that came again and again up to a timeout, and that timeout.

    `progress` is the last row on which work visibly went on: errors before it were overcome. Without a
    platform's timeout, or where the run was busy with something else, there are none.
    """
    end = next((candidate for candidate in reversed(candidates) if _is_a_timeout(candidate)), None)
    if end is None:
        return frozenset(), None
    before = [e for e in candidates if progress < e.row < end.row and _names_a_cause(e)]
    if not before or end.row - before[-1].last > _BEFORE_THE_END:
        return frozenset(), None
    same = frozenset(candidate.row for candidate in before if _rule_id(candidate) == _rule_id(before[-1]))
    return (same, end) if len(same) >= _TIMES else (frozenset(), None)


def after_last_progress(candidates: Sequence[Candidate], progress: int) -> frozenset[int]:
    """Return the rows of the errors that name what to change and after which no work visibly went on."""
    return frozenset(
        candidate.row
        for candidate in candidates
        if candidate.row > progress
        and candidate.match is not None
        and candidate.match.rule.specificity >= Specificity.SPECIFIC
    )


def _is_a_timeout(candidate: Candidate) -> bool:
    rule = candidate.match.rule if candidate.match else None
    return rule is not None and rule.category is Category.TIMEOUT and rule.specificity is Specificity.VERDICT


def _names_a_cause(candidate: Candidate) -> bool:
    return candidate.match is not None and candidate.match.rule.specificity >= Specificity.GENERIC


_RETRIED = re.compile(
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
#: Words, in lower case, that a line of a program which gave up holds.
_WORDS = (
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
_MOST = 200
#: Rows after an error in which it says that it is tried again, and in which the program gives up on it.
_NEAR, _GIVES_UP = 2, 12


def was_retried(rows: LogLines, candidate: Candidate) -> bool:
    """Return whether an error was tried again, as far as it and the rows right after it tell."""
    near = [
        rows.parsed(row).text for row in range(candidate.row + 1, min(len(rows), candidate.last + 1 + _NEAR))
    ]
    if any(_GAVE_UP.search(text[:400]) for text in [*near, candidate.quote]):
        return False
    return any(_RETRIED.search(text[:400]) for text in [*near, candidate.quote])


def with_exhausted_retries(rows: LogLines, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Return the rows of the errors that were tried again until the program, soon after, gave up."""
    named = [e for e in candidates if e.match is not None and e.match.rule.specificity >= Specificity.GENERIC]
    places = [candidate.row for candidate in named]
    until: dict[str, int] = {}
    for row in sorted(rows.containing(_WORDS, _MOST)):
        at = bisect_left(places, row) - 1
        near = at >= 0 and row - named[at].last <= _GIVES_UP
        if near and _GAVE_UP.search(rows.parsed(row).text[:400]):
            until[_rule_id(named[at])] = row
    return frozenset(
        candidate.row for candidate in named if candidate.row < until.get(_rule_id(candidate), 0)
    )


def _rule_id(candidate: Candidate) -> str:
    return candidate.match.rule.id if candidate.match else ""


_FAILED = re.compile(r"build step (\d{1,3}) .{0,300}\bfailed", re.IGNORECASE)
_STEP = re.compile(r"\s*Step #(\d{1,3})(?: - \"|:)")
_MOST_STEPS = 50


def from_passed_steps(rows: LogLines, candidates: Sequence[Candidate]) -> frozenset[int]:
    """Return the rows of the events of steps that did not fail; none where no line names a failed step."""
    named = (_FAILED.search(rows.raw[row][:1_000]) for row in rows.containing(("build step ",), _MOST_STEPS))
    failed = {found[1] for found in named if found is not None}
    if not failed:
        return frozenset()
    return frozenset(
        candidate.row for candidate in candidates if _step(rows, candidate) not in (None, *failed)
    )


def _step(rows: LogLines, candidate: Candidate) -> str | None:
    found = _STEP.match(rows.raw[candidate.row])
    return found[1] if found is not None else None


_OPENS = re.compile(r"\[\d+ lines? of output\]")
_CLOSES = "[end of output]"
_MOST_QUOTES = 500
#: What a build script may raise that, in a program, would be the program's own affair.
_OF_PROGRAMS = frozenset(
    {Category.CODE_EXCEPTION, Category.CONFIG_ERROR, Category.CUDA_DRIVER, Category.IMPORT_ERROR}
)


def with_package_builds(rows: LogLines, candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the events; those that pip quotes of a package's build become failed installs."""
    quoted = _quotations(rows)
    return [
        _as_package_build(candidate) if any(candidate.row in q for q in quoted) else candidate
        for candidate in candidates
    ]


def _as_package_build(candidate: Candidate) -> Candidate:
    match = candidate.match
    if match is None or match.rule.category not in _OF_PROGRAMS:
        return candidate
    return replace(candidate, match=Match(PACKAGE_BUILD, match.start, match.end, ()))


def _quotations(rows: LogLines) -> list[range]:
    found: list[range] = []
    opened: int | None = None
    for row in sorted(rows.containing(("of output]",), _MOST_QUOTES)):
        if _CLOSES in rows.raw[row]:
            if opened is not None:
                found.append(range(opened, row))
            opened = None
        elif _OPENS.search(rows.raw[row]):
            opened = row
    return found if opened is None else [*found, range(opened, len(rows))]

"""Reads Python tracebacks and exception chains from a log, even if lines of other writers are interleaved."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bot.diagnosis.parsing.frames import Frames, is_frame
from bot.diagnosis.parsing.lines import LogLines
from bot.diagnosis.parsing.platform import is_platform
from bot.diagnosis.parsing.prefixes import Level, ParsedLine

_HEADER = re.compile(
    r"(?P<margin>^[\s|+]*|\S.*?)(?:Exception Group )?Traceback \(most recent call last\):\s*$"
)
_NAME = r"(?:[A-Za-z_<][\w<>]*\.)*[A-Za-z_]\w*"
_RAISED = re.compile(rf"(?P<name>{_NAME})(?::(?:\s+(?P<text>.*))?)?$")
_ENDINGS = (
    "Error|Exception|Interrupt|SystemExit|Failure|Failed|Timeout|TimedOut|Denied|NotFound|Forbidden|Unauthorized|"
    "Unauthenticated|Exhausted|Unavailable|Exceeded|InvalidArgument|FailedPrecondition|BadRequest|TooManyRequests|"
    "Expired|BadZipFile|BadGzipFile|Refused|Aborted|Conflict|ArrowInvalid|StopIteration|ExceptionGroup|_RPCException|Full|Empty|Invalid|Terminated"
)
_EXCEPTION = re.compile(
    rf"(?P<name>(?:[A-Za-z_][\w<>]*\.)+\w*(?:{_ENDINGS})|[A-Z_]\w+(?:{_ENDINGS}))(?::(?:\s+(?P<text>.*))?)?$"
)
_LINKED = re.compile(
    r"(?P<cause>The above exception was the direct cause of)|During handling of the above exception"
)
_IGNORED = re.compile(r"Exception ignored (?:in|while)|--- Logging error ---|Error in sys\.excepthook")
_THREAD = re.compile(r"Exception in thread|was never retrieved|Error in atexit|Exception in callback")
#: Maximum number of words of a message that only announces another, and what may precede the message itself.
_MAX_ANNOUNCEMENT = 4
_PREFACE = re.compile(r":$|^Detected at node ")
#: The complete message of a client that gives the refusal in the lines below.
_STATUS = re.compile(r"\d{3} (?:Client|Server) Error\.? ?\(Request ID: [^)]{1,120}\)$")
_LETTER = re.compile(r"[^\W_]")
_MAX_ROWS, _MAX_NOISE, _MAX_CONTINUATION, _MAX_CHAIN, _MAX_FRAME_ROWS = 600, 60, 14, 40, 60


@dataclass(frozen=True, slots=True)
class Raised:
    """One exception as printed.

    `row` is the row of its class and `message_row` the row in which its message begins. `name` is its dotted
    class, `text` its message and `continuation` the following rows of the message. `traced` says whether a
    traceback precedes it, and `where` the place it was raised, as returned by `Frames.where`.
    """

    row: int
    message_row: int
    name: str
    text: str
    continuation: tuple[str, ...]
    traced: bool
    where: str


@dataclass(frozen=True, slots=True)
class Chain:
    """Exceptions linked by "The above exception...", the first raised first.

    `direct` says for each but the first whether the text was "direct cause". `ignored` marks exceptions in
    destructors and the like, which never end a program; `aside` marks threads and callbacks, which may.
    """

    raised: tuple[Raised, ...]
    direct: tuple[bool, ...]
    ignored: bool
    aside: bool


class _TracebackReader:
    def __init__(self, rows: LogLines) -> None:
        self.rows = rows
        self.used: set[int] = set()

    def chains(self, hits: Iterable[int]) -> Iterator[Chain]:
        for row in hits:
            if row not in self.used and (self._header(row) or self._is_exception(row) or self._tail(row)):
                chain = self._chain(row)
                if chain is not None:
                    yield chain

    def _header(self, row: int) -> re.Match[str] | None:
        return _header_in(self.rows.parsed(row).text)

    def _is_exception(self, row: int) -> bool:
        return _EXCEPTION.match(self.rows.parsed(row).text) is not None

    def _tail(self, row: int) -> int | None:
        """Return the first row of the frames above an exception without a traceback header, or None."""
        if _RAISED.match(self.rows.parsed(row).text) is None:
            return None
        first, framed = row, False
        while (
            first > 0
            and row - first < _MAX_FRAME_ROWS
            and (text := self.rows.parsed(first - 1).text)[:1] == " "
        ):
            framed = framed or is_frame(text)
            first -= 1
        return first if framed else None

    def _chain(self, first: int) -> Chain | None:
        raised: list[Raised] = []
        direct: list[bool] = []
        at: int | None = first
        while at is not None and len(raised) < _MAX_CHAIN:
            exception = self._traced(at) if self._header(at) else self._cut_off(at) or self._untraced(at)
            if exception is None:
                break
            raised.append(exception)
            at, is_direct = self._next(exception.row)
            if at is not None:
                direct.append(is_direct)
                self.used.update(range(exception.row, exception.row + 1 + len(exception.continuation)))
        if not raised:
            return None
        before = [self.rows.parsed(r).text for r in range(max(0, first - 2), first)]
        first_line = self.rows.parsed(first).text
        context = " ".join([*before, first_line])
        return Chain(
            tuple(raised),
            tuple(direct[: len(raised) - 1]),
            ignored=bool(_IGNORED.search(context)) or raised[-1].name.endswith("Warning"),
            aside=bool(_THREAD.search(context)),
        )

    def _same_writer(self, start: int, limit: int) -> Iterator[tuple[int, ParsedLine]]:
        """Yield the rows after `start` by the same writer, at most `limit` rows on."""
        writer = self.rows.parsed(start)
        for row in range(start + 1, min(len(self.rows), start + 1 + limit)):
            parsed = self.rows.parsed(row)
            same = parsed.stream == writer.stream and parsed.wandb == writer.wandb
            if same or self.rows.entry[row] == self.rows.entry[start]:
                yield row, parsed

    def _traced(self, header: int) -> Raised | None:
        head = self._header(header)
        margin = head["margin"] if head and not head["margin"].strip(" |+") else ""
        noise, frames = 0, Frames()
        self.used.add(header)
        for row, parsed in self._same_writer(header, _MAX_ROWS):
            text = _without_margin(parsed.text, margin)
            if text[:1].isspace() or not text:
                self.used.add(row)
                frames.add(text)
                continue
            if self._header(row) or is_platform(text):
                return None
            found = _RAISED.match(text)
            if found is not None and (noise == 0 or _EXCEPTION.match(text) or "." in found["name"]):
                return self._exception(row, found, frames, margin)
            noise += 1
            if noise > _MAX_NOISE:
                return None
        return None

    def _cut_off(self, row: int) -> Raised | None:
        first = self._tail(row)
        found = _RAISED.match(self.rows.parsed(row).text)
        if first is None or found is None:
            return None
        frames = Frames()
        for at in range(first, row):
            frames.add(self.rows.parsed(at).text)
        self.used.update(range(first, row))
        return self._exception(row, found, frames, "")

    def _untraced(self, row: int) -> Raised | None:
        found = _EXCEPTION.match(self.rows.parsed(row).text)
        return self._exception(row, found, None, "") if found else None

    def _exception(self, row: int, found: re.Match[str], frames: Frames | None, margin: str) -> Raised:
        self.used.add(row)
        where = frames.where() if frames is not None else ""
        message_row, text = row, (found["text"] or "").strip()
        below = self._below(row, margin, past_blanks=_announces(found["text"]))
        if not text and self.rows.parsed(row).text.endswith(":") and below:
            message_row, text = below.pop(0)
        elif _STATUS.match(text) and below:
            message_row, text = below[0][0], f"{text} {below.pop(0)[1]}"
        elif _announces(text):
            informative = next((at for at, line in enumerate(below) if not _PREFACE.search(line[1])), None)
            if informative and (at_row := below[informative][0]) > row + 1 + informative:
                message_row, text = at_row, f"{text} {below[informative][1]}"
                below = below[informative + 1 :]
        continuation = tuple(line for _, line in below)
        return Raised(row, message_row, found["name"], text, continuation, frames is not None, where)

    def _below(self, row: int, margin: str, *, past_blanks: bool) -> list[tuple[int, str]]:
        """Return the rows that continue the message at a row, and their text."""
        head = self.rows.parsed(row)
        below: list[tuple[int, str]] = []
        for at, parsed in self._same_writer(row, _MAX_CONTINUATION):
            text = _without_margin(parsed.text, margin)
            if past_blanks and (not text.strip() or is_frame(text)):
                continue
            if not below and text.strip() and not _LETTER.search(text):
                continue  # a line of symbols around the message
            if not text.strip() or is_frame(text) or _LINKED.match(text) or _header_in(text):
                break
            if is_platform(text) or (parsed.level is not head.level and parsed.level is not Level.UNSET):
                break
            if _starts_other_message(text) or (parsed.stamped and not head.stamped):
                break
            if text[:1].isspace() or text.startswith(("- ", "> ", "* ")):
                self.used.add(at)
            below.append((at, text.strip()))
            past_blanks = past_blanks and _PREFACE.search(text) is not None
        return below

    def _next(self, row: int) -> tuple[int | None, bool]:
        is_direct: bool | None = None
        stamped = self.rows.parsed(row).stamped
        for at, parsed in self._same_writer(row, 30):
            if parsed.stamped and not stamped:
                return None, False
            text = parsed.text.strip(" |+")
            if is_direct is None:
                found = _LINKED.match(text)
                if found is not None:
                    is_direct = bool(found["cause"])
                elif self._header(at) and text.startswith(("Original ", "Remote ")):
                    return at, False
                elif is_platform(text) or self._header(at):
                    return None, False
            elif text:
                return (at, is_direct) if self._header(at) or self._is_exception(at) else (None, False)
        return None, False


def _header_in(text: str) -> re.Match[str] | None:
    """Return the match if a traceback begins in the text. The substring test keeps it cheap."""
    return _HEADER.search(text[-400:]) if "Traceback (" in text[-400:] else None


def _announces(text: str | None) -> bool:
    """Return whether a message only announces the text below it ("Graph execution error:")."""
    return text is not None and text.strip().endswith(":") and 0 < len(text.split()) <= _MAX_ANNOUNCEMENT


def _starts_other_message(text: str) -> bool:
    """Return whether a line below a message belongs to something else."""
    return from_another(text) or _EXCEPTION.match(text) is not None or _IGNORED.match(text) is not None


def _without_margin(text: str, margin: str) -> str:
    """Return the text without the margin of an exception group."""
    return re.sub(r"^\s*[|+](?: |$)", "", text) if "|" in margin or "+" in margin else text[len(margin) :]


def read_chains(rows: LogLines, hits: Iterable[int]) -> tuple[list[Chain], set[int]]:
    """Return the chains that begin at the hits (rows, ascending), and all rows that belong to one."""
    reader = _TracebackReader(rows)
    return list(reader.chains(hits)), reader.used


#: What launchers, shells, progress bars and libraries write right below the last message of a program.
_OTHER_WRITERS = re.compile(
    r"""(?:
      \[[\w./:-]{2,30}\]\ |\[end\ of\ output\]|.{0,60}\d{1,3}%\||[-=*~_\#\u2500-\u257f]{8,}\s*$
    | For\ simplicity,\ JAX\ has\ removed|launch:\ |Exception\ in\ thread\ |Command\ [\['"]
    | make(?:\[\d+\])?:\ |\S*sh:\ |\S+:\ line\ \d+:|\S+\.(?:sh|bash):\ |\S+\.py:\d+:\ \w*Warning
    | (?:[+$]\ \S)|(?:step|epoch|iter(?:ation)?|fold|batch)\b[\ :=\#]*\d
    | Process\ (?:finished|completed|exited)|Killed$|Terminated$|Aborted\b
    | .{0,80}\bexit(?:ed|ing)?\ (?:(?:with|code|status)\b)|.{0,60}\b(?:uploading\ logs|aborting)\b
    )""",
    re.VERBOSE | re.IGNORECASE,
)
#: A line of a launcher or wrapper, which begins with a pictograph.
_BANNER = re.compile("[\u2600-\u27bf\u23e9-\u23ff\u25ba\u2b50\U0001f300-\U0001faff]")


def from_another(text: str) -> bool:
    """Return whether a parsed line certainly does not belong to the message above it."""
    return _OTHER_WRITERS.match(text) is not None or _BANNER.match(text) is not None

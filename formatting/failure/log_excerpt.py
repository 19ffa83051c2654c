"""Log excerpts: the lines around the root cause that fit, in a collapsed container."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models.diagnosis import Diagnosis
from formatting.slack import limits
from formatting.slack.blocks import Block, actions, container
from formatting.slack.text import count, escape_within, fence_safe
from formatting.table.text import fenced

MARK = "▶ "
_INDENT = "  "
_LINE = 400  # characters of one line; the full log has the rest
# Characters of fence marks and overhead, for each section of the container.
_FENCE_COST = 10
# Children that hold no lines: the row of buttons.
_BUTTON_ROWS = 1
# Below this many characters no container is shown: one long line would fill it.
_MIN_ROOM = 500


def fit_around(sizes: Sequence[int], root: int, room: int) -> tuple[int, int]:
    """Return the range of lines (start, stop) around index `root` whose `sizes` fit in `room`.

    The range grows by one line before the root for each four after it. It always contains the root.
    """
    start, stop = root, min(root + 1, len(sizes))
    room -= sum(sizes[start:stop])
    while True:
        after = stop < len(sizes) and sizes[stop] <= room
        before = start > 0 and sizes[start - 1] <= room
        if before and (not after or (root - start) * 4 <= stop - root - 1):
            start -= 1
            room -= sizes[start]
        elif after:
            room -= sizes[stop]
            stop += 1
        else:
            return start, stop


def marked_lines(diagnosis: Diagnosis) -> tuple[list[str], int]:
    """Return the context lines, escaped for a code fence, and the index of the marked root-cause line."""
    root = diagnosis.context_root
    lines = [
        # Each entry stays one line, so that the indices remain valid.
        (MARK if index == root else _INDENT) + _escape_line(line)
        for index, line in enumerate(diagnosis.context)
    ]
    return lines, root if root is not None and root < len(lines) else max(len(lines) - 1, 0)


def _escape_line(line: str) -> str:
    return escape_within(fence_safe(line).rstrip().replace("\n", " ⏎ "), _LINE)


def excerpt(diagnosis: Diagnosis, *, room: int, most: int) -> tuple[list[str], int]:
    """Return at most `most` lines in `room` characters, and the number of context lines left out."""
    lines, root = marked_lines(diagnosis)
    if not lines:
        return [], 0
    start, stop = fit_around([len(line) + 1 for line in lines], root, room)
    if stop - start > most:
        start, stop = fit_around([1] * len(lines), root, most)
    return lines[start:stop], len(lines) - (stop - start)


def log_container(
    diagnosis: Diagnosis, *, room: int, most: int, buttons: Sequence[Block] = ()
) -> list[Block]:
    """Return a collapsed container with the log around the root cause and a row of buttons.

    Without context lines only the buttons are returned. `room` limits the characters of the whole
    container, `most` its lines.
    """
    sections = limits.CONTAINER_CHILDREN - _BUTTON_ROWS
    room = min(room - limits.CONTAINER_TITLE, sections * (limits.FENCE_TEXT - _LINE))
    room -= _FENCE_COST * (room // limits.FENCE_TEXT + 1)
    lines, left_out = excerpt(diagnosis, room=room, most=most) if room > _MIN_ROOM else ([], 0)
    if not lines:
        return actions(buttons)
    return [container(_title(len(lines), left_out), [*fenced(lines), *actions(buttons)])]


def _title(shown: int, left_out: int) -> str:
    title = f"Log around the cause: {count(shown, 'line')}"
    return f"{title}, {left_out} more in the full log" if left_out else title

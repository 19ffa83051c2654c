"""The lines of a log around its root cause: which of them fit, the root-cause line marked, in a container."""

from __future__ import annotations

from collections.abc import Sequence

from bot.models.diagnosis import Diagnosis
from formatting.slack import limits
from formatting.slack.blocks import Block, actions, container
from formatting.slack.text import count, escape_within, fence_safe
from formatting.table.text import fenced

MARK = "▶ "
_INDENT = "  "
_LINE = 400  # characters of one line; the rest of a longer one is in the file
# Fence marks and a child's own overhead, for each section of the container.
_FENCE_COST = 10
# Children that are not lines: the row of buttons.
_OTHER_CHILDREN = 1
# With less room than the longest line and its marks a container says too little.
_LEAST = 500


def nearest(sizes: Sequence[int], root: int, room: int) -> tuple[int, int]:
    """Return the range of lines (start, stop) around `root` that fits `room` characters, the nearest lines first.

    One line before the root for each four after it, as causes are read downwards; the root is always in.
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
    """Return the context's lines escaped and fit for a fence, the root-cause line marked; and that line's index."""
    root = diagnosis.context_root
    lines = [
        # One line an entry, so that indices keep their meaning.
        (MARK if index == root else _INDENT) + _in_a_fence(line)
        for index, line in enumerate(diagnosis.context)
    ]
    return lines, root if root is not None and root < len(lines) else max(len(lines) - 1, 0)


def _in_a_fence(line: str) -> str:
    return escape_within(fence_safe(line).rstrip().replace("\n", " ⏎ "), _LINE)


def around(diagnosis: Diagnosis, *, room: int, most: int) -> tuple[list[str], int]:
    """Return the lines to show in `room` characters and `most` lines, and how many of the context are left out."""
    lines, root = marked_lines(diagnosis)
    if not lines:
        return [], 0
    start, stop = nearest([len(line) + 1 for line in lines], root, room)
    if stop - start > most:
        start, stop = nearest([1] * len(lines), root, most)
    return lines[start:stop], len(lines) - (stop - start)


def folded(diagnosis: Diagnosis, *, room: int, most: int, buttons: Sequence[Block] = ()) -> list[Block]:
    """Return a folded container with the log around the root cause and a row of buttons; nothing without context.

    `room` bounds the characters of the whole container, `most` its lines.
    """
    sections = limits.CONTAINER_CHILDREN - _OTHER_CHILDREN
    room = min(room - limits.CONTAINER_TITLE, sections * (limits.FENCE_TEXT - _LINE))
    room -= _FENCE_COST * (room // limits.FENCE_TEXT + 1)
    lines, left_out = around(diagnosis, room=room, most=most) if room > _LEAST else ([], 0)
    if not lines:
        return actions(buttons)
    return [container(_title(len(lines), left_out), [*fenced(lines), *actions(buttons)])]


def _title(shown: int, left_out: int) -> str:
    said = f"Log around the cause: {count(shown, 'line')}"
    return f"{said}, {left_out} more in the full log" if left_out else said

"""Determines where a traceback was raised: the last frame, and the last line of the program itself."""

from __future__ import annotations

import re

_FRAME = re.compile(r'\s*File "(?P<path>[^"]{1,400})", line \d+(?:, in (?P<function>\S{1,200}))?')
_IMPORT = re.compile(r"\s*(?:import [\w.]+|from [\w.]+ import )")
_LIBRARY = re.compile(r"site-packages|dist-packages|/lib/python\d|^<frozen|/torch/|\.pyenv/")
_MAX_LENGTH = 200


def is_frame(text: str) -> bool:
    """Return whether a row is the head of a stack frame, `  File "...", line N, in f`."""
    return _FRAME.match(text) is not None


class Frames:
    """The stack frames of one traceback, added row by row."""

    def __init__(self) -> None:
        self._last = self._program_line = ""
        self._in_library = self._importing = False
        self._count = 0

    def add(self, text: str) -> None:
        """Add a row of a traceback other than the exception: the head of a frame or its source line."""
        found = _FRAME.match(text)
        if found is not None:
            self._count += 1
            self._last = f"{found['path']} in {found['function'] or ''}"
            self._in_library = _LIBRARY.search(found["path"]) is not None
        elif self._count and text.strip(" ^~"):
            self._importing = self._importing or _IMPORT.match(text) is not None
            if not self._in_library:
                self._program_line = text.strip()[:_MAX_LENGTH]

    def where(self) -> str:
        """Return three lines: the raising frame's file and function, the program's last source line, a state.

        The state is "importing" if a library raised while it was imported, else "". The result is "" without
        frames.
        """
        if not self._count:
            return ""
        activity = "importing" if self._importing and self._in_library else ""
        return f"{self._last}\n{self._program_line}\n{activity}"

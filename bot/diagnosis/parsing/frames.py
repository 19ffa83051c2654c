"""Says of a traceback where it was raised: in whose file, and at which line of the program's own."""

from __future__ import annotations

import re

_FRAME = re.compile(r'\s*File "(?P<path>[^"]{1,400})", line \d+(?:, in (?P<function>\S{1,200}))?')
_IMPORT = re.compile(r"\s*(?:import [\w.]+|from [\w.]+ import )")
_LIBRARY = re.compile(r"site-packages|dist-packages|/lib/python\d|^<frozen|/torch/|\.pyenv/")
_MOST = 200


def is_frame(text: str) -> bool:
    """Return whether a row is the head of a frame, `  File "...", line N, in f`."""
    return _FRAME.match(text) is not None


class Frames:
    """The frames of one traceback, added row by row."""

    def __init__(self) -> None:
        self._last = self._own = ""
        self._in_library = self._importing = False
        self._count = 0

    def add(self, text: str) -> None:
        """Add a row of a traceback that is no exception: the head of a frame, or its line of code."""
        found = _FRAME.match(text)
        if found is not None:
            self._count += 1
            self._last = f"{found['path']} in {found['function'] or ''}"
            self._in_library = _LIBRARY.search(found["path"]) is not None
        elif self._count and text.strip(" ^~"):
            self._importing = self._importing or _IMPORT.match(text) is not None
            if not self._in_library:
                self._own = text.strip()[:_MOST]

    def where(self) -> str:
        """Return three lines: the raising frame's file and function, the program's code, what was going on.

        The last is "importing" where a library raised while it was being imported, else "". All is "" where
        there was no frame.
        """
        if not self._count:
            return ""
        doing = "importing" if self._importing and self._in_library else ""
        return f"{self._last}\n{self._own}\n{doing}"

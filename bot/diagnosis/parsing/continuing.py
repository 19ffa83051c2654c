"""Tells whether a line below an exception's message goes on with it or is somebody else's."""

from __future__ import annotations

import re

#: What launchers, shells, progress bars and libraries write right below a program's last words.
_OTHERS = re.compile(
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
#: A launcher's or a wrapper's own line, which begins with a pictograph.
_BANNER = re.compile("[\u2600-\u27bf\u23e9-\u23ff\u25ba\u2b50\U0001f300-\U0001faff]")


def from_another(text: str) -> bool:
    """Returns whether an unwrapped line is certainly no part of the message above it."""
    return _OTHERS.match(text) is not None or _BANNER.match(text) is not None

"""Exit codes of the console command."""

from __future__ import annotations

DONE = 0
FAILED = 1
USAGE = 2
TIMED_OUT = 3

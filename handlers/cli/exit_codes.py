"""What the console command's exit code says."""

from __future__ import annotations

DONE = 0
FAILED = 1
USAGE = 2
TIMED_OUT = 3

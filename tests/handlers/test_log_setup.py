"""The bot's own log, written by a real process: bounded, and without secrets in any kind of value."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOKEN = "ghp_" + "a1B2c3D4e" * 4
SCRIPT = f"""
import logging, structlog
from handlers.logging_config import set_up_logging
set_up_logging()
log = structlog.get_logger("test")
long = "no such thing " * 400_000
log.info("long", reason=long)
for before in (1, 4, 8, 12, 20, 39):
    log.info("straddling", reason=long[: 16_384 - before - 1] + " {TOKEN} " + long)
log.info("objects", error=ValueError("{TOKEN}"), raw=b"{TOKEN}", count=3, share=0.5,
         path={{"in": [("{TOKEN}",)]}})
try:
    raise ValueError("{TOKEN} " + long)
except ValueError:
    log.exception("raised")
logging.getLogger("library").warning("it said %s", "{TOKEN} " + long)
"""


def test_every_value_is_bounded_and_redacted() -> None:
    """An outside message of megabytes must not hold up the loop; an exception as a value holds a text too."""
    done = subprocess.run(  # noqa: S603 - the script above
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, check=True
    )
    events = [json.loads(line) for line in done.stderr.splitlines()]

    assert ["long", *["straddling"] * 6, "objects", "raised"] == [event["event"] for event in events[:-1]]
    assert events[-1]["event"].startswith("it said [GitHub token removed] no such thing")
    assert max(len(line) for line in done.stderr.splitlines()) < 20_000
    assert [] == [piece for piece in (TOKEN[4:9], TOKEN[10:16]) if piece in done.stderr]
    assert events[7]["error"] == "ValueError('[GitHub token removed]')"
    assert (events[7]["count"], events[7]["share"]) == (3, 0.5)

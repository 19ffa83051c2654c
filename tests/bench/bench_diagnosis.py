"""How long a diagnosis takes: a log of 100,000 lines (10 MB), and one of a tenth of it."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.diagnosis import diagnose_lines

_ERROR = [
    "Traceback (most recent call last):",
    '  File "/app/train.py", line 88, in main',
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    "Job failed.",
]


def _log(lines: int) -> list[str]:
    steps = [
        f"2025-11-18 07:00:00 INFO train step {n:06d} loss={2 - n / 1e6:.6f} error_rate=0.{n % 100:02d} "
        "lr=1e-05 tokens=4096 grad=0.41"
        for n in range(lines - len(_ERROR))
    ]
    return [*steps, *_ERROR]


def _seconds(lines: list[str]) -> float:
    took = []
    for _ in range(3):
        started = time.perf_counter()
        diagnose_lines(lines, source="vertex")
        took.append(time.perf_counter() - started)
    return min(took)


def main() -> None:
    """Prints one JSON object a measurement: `value` in seconds, and the growth as a plain ratio."""
    small, large = _log(10_000), _log(100_000)
    diagnose_lines(small, source="vertex")
    few, many = _seconds(small), _seconds(large)
    size = sum(len(line) + 1 for line in large)
    rows = (
        {
            "name": "diagnose_10mb_s",
            "value": round(many, 3),
            "limit": 1.0,
            "bytes": size,
            "lines": len(large),
        },
        {"name": "diagnose_growth_10x", "value": round(many / few, 2), "limit": 12.0},
    )
    for row in rows:
        print(json.dumps(row))  # noqa: T201 - a script's answer


if __name__ == "__main__":
    main()

"""How long a diagnosis takes: logs of 10 MB of many kinds, and a tenth of the first."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.diagnosis import diagnose_lines

_HEADER = "Traceback (most recent call last):"
_ERROR = [
    _HEADER,
    '  File "/app/train.py", line 88, in main',
    "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB.",
    "Job failed.",
]
_LINES, _BYTES = 100_000, 10_000_000
_TIMES = 3


def _step(n: int) -> str:
    return (
        f"2025-11-18 07:00:00 INFO train step {n:06d} loss={2 - n / 1e6:.6f} error_rate=0.{n % 100:02d} "
        "lr=1e-05 tokens=4096 grad=0.41"
    )


def _frames(n: int) -> list[str]:
    return [
        f'  File "/app/pkg/module{frame}.py", line {n % 900 + frame}, in function_number_{frame}'
        if frame % 2
        else f"    outcome = call_number_{frame}(inputs, targets)"
        for frame in range(1, 17)
    ]


def _tracebacks() -> Iterator[str]:
    for n in itertools.count():
        yield from [_HEADER, *_frames(n), f"ValueError: sample {n} has shape ({n}, 3), expected (64, 3)"]
        yield from (_step(50 * n + other) for other in range(32))


def _all_errors() -> Iterator[str]:
    for n in itertools.count():
        yield f"2025-11-18 07:00:00,123 ERROR worker {n % 64}: failed to read shard {n:06d}: read timed out"


def _exceptions() -> Iterator[str]:
    for n in itertools.count():
        yield f"ValueError: sample {n} of shard {n % 97} has a wrong number of columns: {n % 13}, not 12"


def _ranks() -> Iterator[str]:
    for n in itertools.count():
        for row in [_HEADER, *_frames(n), f"RuntimeError: step {n} was lost: shapes differ"]:
            yield from (f"[rank{rank}]: {row}" for rank in range(8))


def _one_line() -> Iterator[str]:
    return itertools.repeat(
        "ERROR: connection refused while talking to the metadata server of the cluster, going on"
    )


def _long_json() -> Iterator[str]:
    for n in itertools.count():
        trace = f"{_HEADER}\n{_frames(n)[0]}\nValueError: {n}" if n % 5 == 0 else None
        level = "ERROR" if n % 7 == 0 else "INFO"
        yield json.dumps(
            {"severity": level, "message": f"step {n} " + "error value x " * 600, "exc_info": trace}
        )


def _chained() -> Iterator[str]:
    links = (
        "The above exception was the direct cause of the following exception:",
        "During handling of the above exception, another exception occurred:",
    )
    for n in itertools.count():
        yield from [_HEADER, *_frames(n)[:4], f"ValueError: level {n % 10} of {n}"]
        yield from ["", links[n % 2], ""] if n % 10 else [_step(n)]


def _folded() -> Iterator[str]:
    for n in itertools.count():
        yield "\n".join([_HEADER, *_frames(n), f"ValueError: sample {n}"])


def _progress() -> Iterator[str]:
    bar = "\r".join(f"{n}%|### | {n}/100 [00:01<00:00, 12.3it/s] error=0.1" for n in range(20))
    return itertools.repeat(bar)


def _megabytes() -> Iterator[str]:
    for n in itertools.count():
        yield f"ERROR: {'x y ' * 250_000}{n}"


_KINDS: dict[str, Callable[[], Iterator[str]]] = {
    "tracebacks": _tracebacks,
    "all_errors": _all_errors,
    "exceptions": _exceptions,
    "ranks": _ranks,
    "one_line": _one_line,
    "long_json": _long_json,
    "chained": _chained,
    "folded": _folded,
    "progress": _progress,
    "lines_of_1mb": _megabytes,
}


def _log(rows: Iterator[str]) -> list[str]:
    """Returns 10 MB of a kind, or 100,000 lines of it where those are less, and a failure's end."""
    lines: list[str] = []
    size = 0
    for row in itertools.islice(rows, _LINES):
        lines.append(row)
        size += len(row) + 1
        if size >= _BYTES:
            break
    return [*lines, *_ERROR]


def _seconds(lines: list[str]) -> float:
    took = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        diagnose_lines(lines, source="vertex")
        took.append(time.perf_counter() - started)
    return min(took)


def main() -> None:
    """Prints one JSON object a measurement: `value` in seconds, and the growth as a plain ratio."""
    small, large = ([_step(n) for n in range(lines)] + _ERROR for lines in (_LINES // 10, _LINES))
    diagnose_lines(small, source="vertex")
    few, many = _seconds(small), _seconds(large)
    _print("diagnose_10mb_s", many, 1.0, large)
    _print("diagnose_growth_10x", many / few, 12.0, [])
    for name, rows in _KINDS.items():
        log = _log(rows())
        _print(f"diagnose_10mb_{name}_s", _seconds(log), 1.0, log)


def _print(name: str, value: float, limit: float, lines: list[str]) -> None:
    said = {"name": name, "value": round(value, 3), "limit": limit, "met": value <= limit}
    if lines:
        said |= {"bytes": sum(len(line) + 1 for line in lines), "lines": len(lines)}
    print(json.dumps(said))  # noqa: T201 - a script's answer


if __name__ == "__main__":
    main()

"""How long redaction takes: a log of 100,000 lines (10 MB), a tenth of it, and lines made to be slow."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from bot.redaction import safe, safe_lines

_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_ROWS = (
    "2026-11-23 10:00:00,123 INFO trainer.py:233] step {} loss=0.1234 tokens_per_sec=1234.5 lr=1.0e-4",
    "Step #0: Collecting torch==2.4.0 from https://files.packages.example/packages/ab/{}/torch-2.4.0.whl",
    '[rank0]: File "/app/train.py", line {}, in main   model = Model.from_pretrained(name, token=args.token)',
    " 50%|\u2588\u2588\u2588\u2588   | {}/1000 [00:10<00:20, 10.00it/s, loss=1.23] epoch 3 of 10, training",
    "wandb: launch: run {} with image us-docker.pkg.dev/p/r/i@sha256:" + _DIGEST[:36],
)
_SECRET = "+ export WANDB_API_KEY=" + _DIGEST[:40]
# What patterns could try again and again: the beginnings of secrets, of names and of escapes.
_HOSTILE = (
    *("hf_", "ghp_", "sk-", "eyJ", "-eyJ", "eyJa.", "xoxb-1-", "AKIA", "AIza", "1//0", "://", "://a:"),
    *("://a:b@", "AC", "password=", "token=token.x(", "token ", "token|", "token=$(", "password: '"),
    *("api key ", "Cookie: a=", "bearer ", "authorization: digest ", "wandb login --x ", "login("),
    *("login -p", "curl -u ", "login a password b ", "&sig=", "-----BEGIN PRIVATE KEY-----"),
    *("-----END PRIVATE KEY-----", '-----BEGIN PRIVATE KEY-----"', "token=['a','b',", "\x1b[", "\x1b]"),
    *("\x9b", "a\b", "\u200b", "<!", "<https://x", "```", "](http:", "\r", "\n", "hf_\n", "aB3\n"),
    *("password:\n", "a" * 64 + "\n", "2026-11-23 ", "[rank0]: ", "\\", '\\"', " ", "\t", "A"),
    *("[W&B key removed]",),
)  # fmt: skip


def _log(lines: int, *, secret_every: int) -> list[str]:
    return [
        _SECRET if number % secret_every == 0 else _ROWS[number % len(_ROWS)].format(number)
        for number in range(1, lines + 1)
    ]


def _seconds(lines: list[str]) -> float:
    started = time.perf_counter()
    safe_lines(lines)
    return time.perf_counter() - started


def _slowest(size: int) -> tuple[float, str]:
    """Return the most seconds that one line of `size` characters took, and what it repeats."""
    took = []
    for piece in _HOSTILE:
        started = time.perf_counter()
        safe(piece * (size // len(piece)))
        took.append((time.perf_counter() - started, piece))
    return max(took)


def main() -> None:
    """Print one JSON object a measurement: `value` in seconds, and the growth as a plain ratio."""
    safe_lines(_log(1_000, secret_every=1_000))
    small, large = _log(10_000, secret_every=1_000), _log(100_000, secret_every=1_000)
    few, many = (min(_seconds(log) for _ in range(2)) for log in (small, large))
    slow, piece = _slowest(1_000_000)
    rows = (
        {
            "name": "redact_10mb_s",
            "value": round(many, 3),
            "limit": 10.0,
            "bytes": sum(len(line.encode()) + 1 for line in large),
            "lines": len(large),
        },
        {"name": "redact_growth_10x", "value": round(many / few, 2), "limit": 12.0},
        {"name": "redact_slowest_1mb_line_s", "value": round(slow, 3), "limit": 10.0, "repeats": piece},
    )
    for row in rows:
        print(json.dumps(row))  # noqa: T201 - a script's answer


if __name__ == "__main__":
    main()

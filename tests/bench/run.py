"""`make bench`: every measure as a JSON line. A name limits it to one file: run.py scan bot."""

from __future__ import annotations

import asyncio
import sys

import bench_bot
import bench_diagnosis
import bench_http
import bench_launches
import bench_old_way
import bench_redaction
import bench_scan
from bench_tools import calibration, measure


def main() -> None:
    """Runs the benches one after another; a loop's fixed time stands before and after them."""
    asked = sys.argv[1:] or ["scan", "bot", "http", "launches", "old-way", "diagnosis", "redaction"]
    measure("calibration_ms", calibration())
    if "scan" in asked:
        asyncio.run(bench_scan.run())
    if "bot" in asked:
        asyncio.run(bench_bot.run())
    if "http" in asked:
        asyncio.run(bench_http.run())
    if "launches" in asked:
        asyncio.run(bench_launches.run())
    if "old-way" in asked:
        asyncio.run(bench_old_way.run())
    if "diagnosis" in asked:
        bench_diagnosis.main()
    if "redaction" in asked:
        bench_redaction.main()
    measure("calibration_ms", calibration(), after=True)


if __name__ == "__main__":
    main()

"""The deterministic diagnosis of a log: pure, no I/O, importable without settings."""

from __future__ import annotations

from bot.diagnosis.cause import Cause, Strength
from bot.diagnosis.causes import CAUSES
from bot.diagnosis.engine import diagnose_lines
from bot.diagnosis.own import CauseError, parse_causes

__all__ = ["CAUSES", "Cause", "CauseError", "Strength", "diagnose_lines", "parse_causes"]

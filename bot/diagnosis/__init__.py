"""The deterministic diagnosis of a log: pure, no I/O, importable without settings."""

from __future__ import annotations

from bot.diagnosis.engine import diagnose_lines
from bot.diagnosis.rules import CAUSES
from bot.diagnosis.rules.custom import CauseError, parse_causes
from bot.diagnosis.rules.rule import Cause, Specificity

__all__ = ["CAUSES", "Cause", "CauseError", "Specificity", "diagnose_lines", "parse_causes"]

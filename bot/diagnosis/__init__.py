"""Deterministic diagnosis of a log: pure functions without I/O or settings."""

from __future__ import annotations

from bot.diagnosis.engine import diagnose_lines
from bot.diagnosis.rules import RULES
from bot.diagnosis.rules.custom import RuleError, parse_rules
from bot.diagnosis.rules.rule import Rule, Specificity

__all__ = ["RULES", "Rule", "RuleError", "Specificity", "diagnose_lines", "parse_rules"]

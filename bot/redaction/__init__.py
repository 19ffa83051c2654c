"""Redaction: stands before every log line and every foreign message that leaves the process.

First what is hidden is made visible, then secrets are replaced by their kind, then chat markup is
made inert; `safe` and `safe_lines` do all three.
"""

from bot.redaction.lines import redact, redact_lines, safe, safe_lines
from bot.redaction.markup import neutralise

__all__ = ["neutralise", "redact", "redact_lines", "safe", "safe_lines"]

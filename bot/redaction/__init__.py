"""Redaction: stands before every log line and every foreign message that leaves the process.

First what is hidden is made visible, then secrets are replaced by their kind, then chat markup is
made inert; `safe` and `safe_lines` do all three. One text is cut at 64 KB; a log has its reader's limits,
and takes long enough to be redacted in a thread.
"""

from bot.redaction.messages import plain_name, redact, safe, safe_field
from bot.redaction.redactor import redact_lines, safe_lines
from bot.redaction.slack_markup import neutralise

__all__ = ["neutralise", "plain_name", "redact", "redact_lines", "safe", "safe_field", "safe_lines"]

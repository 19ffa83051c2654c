"""Redaction of every log line and external message before it leaves the process.

First hidden characters are removed, then secrets are replaced by their kind, then chat markup is made inert;
`safe` and `safe_lines` do all three. A single text is cut at 64 KB. A log is limited by its reader; redacting
one takes long enough to run in a thread.
"""

from bot.redaction.messages import plain_name, redact, safe, safe_field
from bot.redaction.redactor import redact_lines, safe_lines
from bot.redaction.slack_markup import neutralise

__all__ = ["neutralise", "plain_name", "redact", "redact_lines", "safe", "safe_field", "safe_lines"]

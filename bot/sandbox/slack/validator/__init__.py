"""Validation of blocks and views, as strict as the strictest known source."""

from bot.sandbox.slack.validator.payloads import check_message, check_view, finish_blocks

__all__ = ["check_message", "check_view", "finish_blocks"]

"""The Web API methods, each with its rate tier, scope and token type."""

from bot.sandbox.slack.methods.table import METHODS, Method, TokenKind

__all__ = ["METHODS", "Method", "TokenKind"]

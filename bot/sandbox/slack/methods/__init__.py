"""The Web API's methods, each with its tier, its scope and the kind of token it takes."""

from bot.sandbox.slack.methods.table import METHODS, Method, TokenKind

__all__ = ["METHODS", "Method", "TokenKind"]

"""The detect-secrets library's patterns as token rules.

Only plugins that recognise a fixed shape in linear time are used. Its entropy plugins are not used, as they
report commit and image digests as keys. Plugins with unbounded repeats (JWT, OpenAI, npm, IBM, Cloudant) are
replaced by rules in `token_rules`.
"""

from __future__ import annotations

import importlib
from functools import cache

from bot.redaction.rules import TokenRule
from bot.redaction.spans import Kind

# Module and class in detect_secrets.plugins, kind, hints, number of its patterns to use (0: all), length of a
# complete secret (0: variable).
_PLUGINS: tuple[tuple[str, str, str, tuple[str, ...], int, int], ...] = (
    ("aws", "AWSKeyDetector", Kind.AWS, ("akia", "asia", "abia", "acca", "a3t"), 1, 20),
    ("azure_storage_key", "AzureStorageKeyDetector", Kind.AZURE, ("accountkey=",), 0, 0),
    ("discord", "DiscordBotTokenDetector", "Discord token", ("bot", "token", "discord"), 0, 0),
    ("github_token", "GitHubTokenDetector", Kind.GITHUB, ("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), 0, 0),
    ("gitlab_token", "GitLabTokenDetector", Kind.GITLAB, ("glimt-", "gr1348941"), 0, 0),
    ("mailchimp", "MailchimpDetector", "Mailchimp key", ("-us",), 0, 0),
    ("pypi_token", "PypiTokenDetector", "PyPI token", ("pypi-",), 0, 0),
    ("sendgrid", "SendGridDetector", "SendGrid key", ("sg.",), 0, 0),
    ("slack", "SlackDetector", Kind.SLACK, ("xox",), 1, 0),
    ("square_oauth", "SquareOAuthDetector", "Square key", ("sq0csp-",), 0, 0),
    ("stripe", "StripeDetector", "Stripe key", ("k_live_",), 0, 0),
    ("telegram_token", "TelegramBotTokenDetector", "Telegram token", ("bot", "token", "telegram"), 0, 0),
    ("twilio", "TwilioKeyDetector", "Twilio key", ("sk", "twilio"), 0, 0),
)


@cache
def library_rules() -> tuple[TokenRule, ...]:
    """Return the library's patterns as rules; the first call imports it (about 0.2 s)."""
    rules: list[TokenRule] = []
    for module, plugin, kind, hints, used, length in _PLUGINS:
        patterns = getattr(importlib.import_module(f"detect_secrets.plugins.{module}"), plugin).denylist
        rules += [
            TokenRule(kind, hints, pattern, None, length) for pattern in tuple(patterns)[: used or None]
        ]
    return tuple(rules)


@cache
def library_names() -> tuple[str, ...]:
    """Return the library's patterns of secret names (`api_?key`, `passwd`, ...), in lower case."""
    names: tuple[str, ...] = importlib.import_module("detect_secrets.plugins.keyword").DENYLIST
    return names

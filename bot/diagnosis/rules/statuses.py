"""Fallback rules for HTTP status codes, tried after all more specific rules."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category


def _status_patterns(*statuses: int) -> tuple[str, ...]:
    """Return the patterns of HTTP statuses, one by one, so that each has a literal keyword."""
    before = r"(?:error|status|response|returned|responded with|http/[\d.]+|\bcode|received|got)(?: code)?"
    return tuple(
        pattern
        for status in statuses
        for pattern in (
            rf"{before}\W{{1,4}}{status}\b",
            rf"\({status}\)|\b{status} (?:client|server) error",
        )
    )


STATUSES = (
    Rule(
        id="status.401",
        category=Category.AUTH_INVALID_KEY,
        patterns=_status_patterns(401),
        advice="The key or token was refused: make a new one and store it in the secret that the job reads.",
        specificity=Specificity.CLASS,
        samples=("acme.rest.ApiException: (401)",),
    ),
    Rule(
        id="status.403",
        category=Category.PERMISSION_DENIED,
        patterns=_status_patterns(403),
        advice="The account is known but may not do this: give it the right that the line names.",
        specificity=Specificity.CLASS,
        samples=(
            "botocore.exceptions.ClientError: An error occurred (403) when calling the HeadObject operation",
        ),
    ),
    Rule(
        id="status.404",
        category=Category.RESOURCE_NOT_FOUND,
        patterns=_status_patterns(404),
        advice=(
            "The thing named in the line does not exist, or not under that spelling: correct it or create it."
        ),
        specificity=Specificity.CLASS,
        samples=(
            "botocore.exceptions.ClientError: An error occurred (404) when calling the HeadObject operation",
        ),
    ),
    Rule(
        id="status.429",
        category=Category.NETWORK,
        patterns=_status_patterns(429),
        advice=(
            "The server limits how often it is asked: launch fewer jobs at once, or ask for a higher limit."
        ),
        specificity=Specificity.CLASS,
        samples=("acme.rest.ApiException: (429)",),
    ),
    Rule(
        id="status.4xx",
        category=Category.INVALID_ARGUMENT,
        patterns=_status_patterns(400, 405, 406, 409, 410, 411, 412, 413, 414, 415, 416, 422),
        advice="The server refused the request: correct what the line names.",
        specificity=Specificity.CLASS,
        samples=(
            (
                "requests.exceptions.HTTPError: 422 Client Error: Unprocessable Entity for url: "
                "https://x.example/v1"
            ),
        ),
    ),
    Rule(
        id="status.5xx",
        category=Category.SERVICE_ERROR,
        patterns=_status_patterns(500, 501, 502, 503, 504, 507, 520, 521, 522, 523, 524, 525, 529),
        advice="A fault on the provider's side: launch again; if it lasts, see the provider's status page.",
        specificity=Specificity.CLASS,
        samples=("acme.InternalError: Error code: 529 - overloaded",),
    ),
)

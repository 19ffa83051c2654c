"""Texts for failed API calls: what went wrong and the remedy, by kind of problem."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.models.errors import Problem, ProblemKind
from formatting.slack.text import cut, one_line
from formatting.times import duration

WANDB = "W&B"
_MESSAGE = 160
_NAME = 80

# Kind -> what happened, the remedy for Google Cloud, the remedy for W&B.
_SENTENCES: Mapping[ProblemKind, tuple[str, str, str]] = MappingProxyType(
    {
        ProblemKind.DENIED: (
            "no permission to {doing}",
            "grant {missing} to the bot's service account",
            "the key's owner must be a member of the team",
        ),
        ProblemKind.UNAUTHENTICATED: (
            "{system} does not accept the bot's credentials",
            "renew its application-default credentials",
            "set a valid WANDB_API_KEY",
        ),
        ProblemKind.API_DISABLED: (
            "the {system} API is not enabled",
            "enable {missing} in the project",
            "check base_url under [wandb] in the settings",
        ),
        ProblemKind.NOT_FOUND: (
            "{system} knows of no such project or place",
            "check the project and the regions in the settings",
            "check the entity and the project under [wandb] in the settings",
        ),
        ProblemKind.EXHAUSTED: (
            "a quota of {system} is used up",
            "try again in {wait}",
            "try again in {wait}",
        ),
        ProblemKind.UNAVAILABLE: (
            "{system} could not be reached",
            "try again in {wait}",
            "try again in {wait}",
        ),
        ProblemKind.TIMED_OUT: (
            "no answer from {system} in time",
            "try again in {wait}",
            "try again in {wait}",
        ),
        ProblemKind.INVALID: (
            "{system} refused the request ({message})",
            "check the settings",
            "check the settings",
        ),
        ProblemKind.UNKNOWN: ("{system} gave an answer that we do not understand ({message})", "", ""),
    },
)
_APIS: Mapping[str, str] = MappingProxyType(
    {
        "Cloud Run": "run.googleapis.com",
        "Cloud Build": "cloudbuild.googleapis.com",
        "Vertex AI": "aiplatform.googleapis.com",
        "Cloud Logging": "logging.googleapis.com",
    },
)


def problem_text(problem: Problem, doing: str) -> str:
    """Return what went wrong, as a clause. `doing` is what the bot tried to do, such as "list builds"."""
    message = cut(one_line(problem.message).rstrip("."), _MESSAGE) or "no reason given"
    return _SENTENCES[problem.kind][0].format(
        system=cut(one_line(problem.system), _NAME), doing=doing, message=message
    )


def remedy(problem: Problem, permission: str = "") -> str:
    """Return what a person can do about it, as a clause; empty if there is no remedy.

    `permission` is the permission that the call needs, for responses that do not name it.
    """
    _, google, wandb = _SENTENCES[problem.kind]
    missing = cut(one_line(problem.missing), _NAME)
    if not missing:
        missing = permission if problem.kind is ProblemKind.DENIED else _APIS.get(problem.system, "")
    wait = duration(problem.retry_after) if problem.retry_after else "a minute"
    return (wandb if problem.system == WANDB else google).format(
        missing=missing or "what it needs", wait=wait
    )


def problem_with_remedy(problem: Problem, doing: str, permission: str = "") -> str:
    """Return what went wrong and the remedy, as a sentence without its period."""
    advice = remedy(problem, permission)
    return f"{problem_text(problem, doing)}; {advice}" if advice else problem_text(problem, doing)

"""Fallback rules for API client exceptions without a more specific message."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

#: Class names of API clients for an error response.
_CLIENT = (
    r"^(?:\w{1,60}\.){0,8}\w{0,60}(?:Comm|API|Api|Client|Rpc|RPC|Http|HTTP|Request|Response|Rest|"
    r"Service|Command|Hub|Cloud|Gateway)"
    r"\w{0,16}(?:Error|Exception): "
)

ANSWERS = (
    Rule(
        id="answer.unknown_caller",
        category=Category.AUTH_INVALID_KEY,
        patterns=(
            (
                rf"{_CLIENT}.{{0,200}}(?:unauthori[sz]ed|unauthenticated|not logged in|log ?in|credential|"
                rf"api[ _]?key)"
            ),
            (
                r"^(?:\w{1,60}\.){0,8}\w{0,60}(?:Authentication|Unauthori[sz]ed|Unauthenticated|InvalidToken|"
                r"InvalidApiToken|Credentials)\w*:"
            ),
        ),
        advice="The caller is not known there: renew the key or token in the secret that the job reads.",
        specificity=Specificity.CLASS,
        samples=("paramiko.ssh_exception.AuthenticationException: nobody knows you",),
    ),
    Rule(
        id="answer.not_allowed",
        category=Category.PERMISSION_DENIED,
        patterns=(
            (
                rf"{_CLIENT}.{{0,200}}(?:permission|forbidden|not allowed|access denied|not authori[sz]ed|"
                rf"privilege)"
            ),
            r"^(?:\w{1,60}\.){0,8}\w{0,60}(?:PermissionDenied|AccessDenied|Forbidden|NotAllowed)\w*:",
        ),
        advice="The account is known but may not do this: give it the right that the line names.",
        specificity=Specificity.CLASS,
        samples=("acme.CommError: your role is not allowed here",),
    ),
    Rule(
        id="answer.not_there",
        category=Category.RESOURCE_NOT_FOUND,
        patterns=(
            (
                rf"{_CLIENT}.{{0,200}}(?:not found|(?:does not|doesn't|do not) exist|no such|could not "
                rf"find|unknown)"
            ),
            (
                r"^(?:\w{1,60}\.){0,8}(?!Module|File|Package|DataFiles)\w{0,60}(?:NotFound|DoesNotExist)"
                r"(?:Error|Exception)?:"
            ),
            r"could not find <\w+ \S+",
        ),
        advice=(
            "The thing named in the line does not exist, or not under that spelling: correct it or create it."
        ),
        specificity=Specificity.CLASS,
        samples=("wandb.errors.CommError: Board acme/vlm/q2d not found",),
        counters=("ModuleNotFoundError: No module named 'foo'",),
    ),
    Rule(
        id="answer.used_up",
        category=Category.QUOTA,
        patterns=(rf"{_CLIENT}.{{0,200}}(?:quota|limit reached|(?:usage|storage|spending|plan) limit)",),
        advice="A limit of the account is used up: ask for more, or free what is no longer needed.",
        specificity=Specificity.CLASS,
        samples=("acme.CommError: storage limit reached for team blue",),
    ),
    Rule(
        id="answer.refused",
        category=Category.INVALID_ARGUMENT,
        patterns=(
            (
                r"^(?:\w{1,60}\.){0,8}\w{0,60}(?:BadRequest|InvalidRequest|UnprocessableEntity)(?:Error|"
                r"Exception)?:"
            ),
            rf"{_CLIENT}.{{0,200}}(?:bad request|invalid|malformed|must be|is required)",
        ),
        advice="The service refused the request: correct what the line names.",
        specificity=Specificity.CLASS,
        samples=("acme.ApiError: name must be lower case",),
    ),
    Rule(
        id="answer.fault",
        category=Category.SERVICE_ERROR,
        patterns=(
            r"^(?:\w{1,60}\.){0,8}\w{0,60}(?:InternalServer|ServiceUnavailable|Overloaded)(?:Error|Exception)?:",
            rf"{_CLIENT}.{{0,200}}(?:internal|unavailable|overloaded|try again later)",
        ),
        advice="A fault on the provider's side: launch again; if it lasts, see the provider's status page.",
        specificity=Specificity.CLASS,
        samples=("acme.ApiError: overloaded, come back",),
    ),
)

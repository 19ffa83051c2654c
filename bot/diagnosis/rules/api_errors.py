"""Rules for API errors: server faults, missing resources, rejected requests."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

#: An error about an environment variable, which no service returns.
_VARIABLE = r"invalid value (?:at|for) (?-i:[A-Z][A-Z0-9]*_[A-Z0-9_]+)"

REQUESTS = (
    Rule(
        id="service.internal",
        category=Category.SERVICE_ERROR,
        patterns=(
            (
                r"\b50[023] (?:server error|internal|bad gateway|service unavailable|gateway time-?out|"
                r"the service is|an? (?:internal )?error|getting metadata|backend|policy|visibility|"
                r"deadline|POST|GET|PUT)"
            ),
            r"\b504 (?:server error|gateway time-?out)",
            r"internal error encountered",
            r"internal server error",
            r"(?<!STATUS_)INTERNAL_ERROR",
            r"backendError",
            r"backend error",
            r"BUILD_?STATUS.{0,10}INTERNAL",
            r"the service is (?:currently|temporarily) unavailable",
            r"service (?:is )?(?:temporarily |currently )?unavailable",
            r"StatusCode\.(?:INTERNAL|UNAVAILABLE|UNKNOWN)",
            r"HttpError 50\d",
            r"HTTP(?: ?Error)? 50\d",
            r"status(?: code)?:? 50\d",
            r"generic::(?:internal|unavailable|unknown)",
            r"\bsystem error\b.{0,30}(?:retry|try again)",
            r"We are experiencing an internal",
        ),
        advice=(
            "A fault on the provider's side: launch again; if it lasts, look at status.cloud.google.com "
            "and try another region."
        ),
        samples=(
            "google.api_core.exceptions.InternalServerError: 500 Internal error encountered.",
            "google.api_core.exceptions.ServiceUnavailable: 503 The service is currently unavailable.",
        ),
    ),
    Rule(
        id="service.vague",
        category=Category.SERVICE_ERROR,
        patterns=(r"internal error (?:occurred|has occurred)", r"an internal error"),
        advice=(
            "A fault on the provider's side: launch again; if it lasts, look at status.cloud.google.com "
            "and try another region."
        ),
        specificity=Specificity.CLASS,
        samples=("Internal error occurred for the current attempt. Please try again.",),
    ),
    Rule(
        id="service.class",
        category=Category.SERVICE_ERROR,
        exceptions=(
            "InternalServerError",
            "ServiceUnavailable",
            "BadGateway",
            "GatewayTimeout",
            "exceptions.Unknown",
            "exceptions.ServerError",
            "exceptions.Aborted",
        ),
        advice="A fault on the provider's side: launch again; if it lasts, try another region.",
        specificity=Specificity.CLASS,
        samples=("google.api_core.exceptions.ServiceUnavailable: 503 failed",),
    ),
    Rule(
        id="missing.cloud_resource",
        category=Category.RESOURCE_NOT_FOUND,
        patterns=(
            r"the specified bucket does not exist",
            r"bucket:? (?:gs://)?\\?[\"']?(?P<bucket>[\w.-]+)\\?[\"']? (?:does not exist|not found)",
            r"BucketNotFoundException",
            r"NoSuchBucket",
            r"NoSuchKey",
            r"No such object: (?P<object>\S+)",
            r"requested entity was not found",
            (
                r"(?:resource|queue|project|entity|artifact|model|endpoint|secret|topic|dataset|"
                r"repository|service account|network|subnetwork|tensorboard|job|worker ?pool|cluster|"
                r"instance|revision|trigger|location|region|reservation|sweep)s? "
                r"\[?\\?[\"'`]?(?P<name>[\w.@:/-]*)\\?[\"'`]?\]? ?(?:was |is |could |does |do )?not (?:be "
                r")?(?:found|exist)"
            ),
            (
                r"(?:could not|cannot|can't|unable to|failed to) (?:find|locate|access) (?:the "
                r")?(?:project|entity|queue|artifact|bucket|run|sweep|secret|network|worker ?pool|service "
                r"account|resource)"
            ),
            r"\b404 (?:client error|not found|.{0,80}not found|GET|POST|.{0,60}does not exist)",
            r"status(?: code)?:? 404",
            r"HttpError 404",
            r"HTTP(?: ?Error)? 404",
            r"error:? 404\b",
            r"code[= ]+404",
            r"NOT_FOUND",
            r"does not appear to have a file named (?P<file>[\w./-]+)",
            r"artifact (?:membership )?\S+ not found",
            r"(?:could not|can(?:no|')t) find (?:project|queue|entity|run|artifact|job|sweep)",
            r"repository not found",
            r"(?:is not a (?:local folder|valid model identifier|valid model name))",
            r"\bEntryNotFoundError",
            r"RevisionNotFoundError",
            r"RepositoryNotFoundError",
            r"repository '\S+' not found",
            r"unknown revision",
            r"pathspec '(?P<path>[^']+)' did not match any file",
            r"Remote branch (?P<branch>\S+) not found",
            r"couldn't find remote ref",
            r"Dataset '?(?P<dataset>\S+)'? doesn't exist on the Hub",
            r"couldn't find (?:a dataset|the dataset)",
            r"is not a valid git identifier",
        ),
        advice=(
            "The thing named in the line does not exist, or not under that project, region or spelling: "
            "correct the name or create it."
        ),
        samples=(
            "google.api_core.exceptions.NotFound: 404 The specified bucket does not exist.",
            (
                "huggingface_hub.errors.EntryNotFoundError: 404 Client Error. Entry Not Found for url: "
                "https://x.example."
            ),
            (
                "OSError: acme/nope is not a local folder and is not a valid model identifier listed on "
                "'https://huggingface.co/models'"
            ),
            "remote: Repository not found.",
        ),
        unless=(r"machineTypes?/", r"LookupError:"),
        counters=("ModuleNotFoundError: No module named 'foo'",),
    ),
    Rule(
        id="missing.class",
        category=Category.RESOURCE_NOT_FOUND,
        exceptions=(
            "exceptions.NotFound",
            "RepositoryNotFoundError",
            "RevisionNotFoundError",
            "EntryNotFoundError",
            "errors.NotFound",
        ),
        advice="The thing named in the line does not exist, or not under that project, region or spelling.",
        specificity=Specificity.CLASS,
        samples=("google.api_core.exceptions.NotFound: 404 gone",),
    ),
    Rule(
        id="argument.rejected",
        category=Category.INVALID_ARGUMENT,
        unless=(_VARIABLE,),
        patterns=(
            r"list of found errors:.{0,12}Field: (?P<field>[\w.\[\]]+)",
            r"\b4(?:09|12) .{0,80}(?:already exists|conflict|condition|not available)",
            r"INVALID_ARGUMENT",
            r"StatusCode\.INVALID_ARGUMENT",
            r"invalid (?:value|argument) (?:at|for) (?:\[|'|\")?(?P<field>[\w.\[\]]+)",
            r"FAILED_PRECONDITION",
            r"StatusCode\.OUT_OF_RANGE",
            r"provide a valid [\w ]{3,30}, got",
            r"invalid resource name",
            r"request contains an invalid argument",
            r"(?:argument|flag|option) --?(?P<flag>[\w-]+): (?:invalid|expected|not)",
            r"ERROR: \(gcloud\.[\w.]+\) (?:unrecognized arguments|argument|Invalid|INVALID)",
        ),
        exceptions=(
            "InvalidArgument",
            "BadRequest",
            "FailedPrecondition",
            "OutOfRange",
            "_InactiveRpcError",
            "LaunchError",
            "HttpError",
            "HTTPError",
            "HTTPStatusError",
            "BadRequestError",
            "CommError",
            "UsageError",
            "ClientError",
        ),
        advice=(
            "The API refused the request: correct the field that the line names in the preset or the "
            "queue's configuration."
        ),
        samples=(
            (
                "google.api_core.exceptions.InvalidArgument: 400 List of found errors:\t1.Field: "
                "job_spec.worker_pool_specs[0]; Message: too small"
            ),
        ),
    ),
    Rule(
        id="argument.http_400",
        category=Category.INVALID_ARGUMENT,
        patterns=(r"\b400 (?!bad gateway)",),
        exceptions=("HttpError", "HTTPError", "HTTPStatusError", "CommError", "UsageError", "ClientError"),
        advice="The API refused the request: correct the field that the line names.",
        specificity=Specificity.CLASS,
        samples=("requests.exceptions.HTTPError: 400 Client Error: Bad Request for url: https://x.example/",),
    ),
    Rule(
        id="argument.gcloud",
        category=Category.INVALID_ARGUMENT,
        unless=(_VARIABLE,),
        patterns=(
            (
                r"\(gcloud\.[\w.-]+\) (?:unrecognized arguments|argument |Invalid |INVALID_ARGUMENT|"
                r"FAILED_PRECONDITION)"
            ),
            r"^INVALID_ARGUMENT:",
            r"invalid value (?:at|for) (?:\[|'|\")?(?P<field>[\w.\[\]]+)",
            r"invalid build:",
            r"request contains an invalid argument",
            r"invalid image name",
            r"code = InvalidArgument",
            r"generic::(?:invalid_argument|failed_precondition)",
        ),
        advice="The API refused the request: correct the field or flag that the line names.",
        samples=("ERROR: (gcloud.builds.submit) INVALID_ARGUMENT: invalid build: invalid image name",),
    ),
    Rule(
        id="argument.class",
        category=Category.INVALID_ARGUMENT,
        exceptions=(
            "InvalidArgument",
            "BadRequest",
            "FailedPrecondition",
            "PreconditionFailed",
            "OutOfRange",
            "exceptions.AlreadyExists",
            "exceptions.Conflict",
            "exceptions.MethodNotAllowed",
        ),
        advice="The API refused the request: correct the field that the line names.",
        specificity=Specificity.CLASS,
        samples=("google.api_core.exceptions.FailedPrecondition: nothing said",),
    ),
)

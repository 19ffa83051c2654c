"""Rules for missing permissions: IAM, gated models, disabled services, file owners."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

PERMISSIONS = (
    Rule(
        id="permission.gated_repo",
        category=Category.PERMISSION_DENIED,
        patterns=(
            r"access to (?:model|dataset|space) (?P<model>\S+) is restricted",
            r"you are trying to access a gated repo",
            r"GatedRepoError",
            (
                r"cannot access gated repo(?: for url \S*?(?P<model>huggingface\.co/(?:datasets/)?[\w.-]+/"
                r"[\w.-]+))?"
            ),
            r"must (?:have access to it|be authenticated to access it)",
            r"awaiting a review from the repo authors",
            r"not in the authorized list",
        ),
        advice=(
            "Ask for access on the model's page with the account that owns HF_TOKEN (a fine-grained "
            "token must allow gated repositories), then launch again."
        ),
        samples=(
            (
                "huggingface_hub.errors.GatedRepoError: 403 Client Error. (Request ID: Root=1-2) Cannot "
                "access gated repo for url "
                "https://huggingface.co/google/gemma-2-9b/resolve/main/config.json."
            ),
            (
                "OSError: You are trying to access a gated repo. Make sure to have access to it at "
                "https://huggingface.co/x/y."
            ),
        ),
    ),
    Rule(
        id="permission.iam",
        category=Category.PERMISSION_DENIED,
        unless=(r"anonymous caller",),
        patterns=(
            r"permission '(?P<permission>[\w.]+)' (?:is )?denied(?: on resource '?(?P<resource>[^'\s]+))?",
            r"permission[s]? ['\"]?(?P<permission>[a-z]\w*\.\w+\.\w+)['\"]?",
            r"is forbidden from accessing",
            r"not authorized to perform:? (?P<permission>\w+:\w+)(?: on resource:? (?P<resource>\S{1,80}))?",
            r"have the \W?(?P<permission>[a-z]\w*\.\w+\.\w+)\W? permission",
            (
                r"does not have [`'\[\"]{0,3}(?P<permission>[a-z]\w*\.\w+\.\w+)[`'\]\"]{0,3} (?:IAM )?"
                r"(?:access|permission)"
            ),
            (
                r"missing (?:the )?(?:necessary |required |following )?permissions?:? "
                r"['\"`]?(?P<permission>[a-z]\w*\.\w+\.\w+)"
            ),
            (
                r"permission(?:s)? denied (?:on|for|to|while accessing) (?:resource|'|the|secret|bucket|"
                r"project|service)"
            ),
            r"permission denied for (?:table|schema|relation|database|function|view)",
            r"IAM_PERMISSION_DENIED",
            r"PERMISSION_DENIED",
            r"you do not have permission to act as service[ _]account:? (?P<account>\S+)",
            r"permission to act as",
            r"required ['\"]?(?P<permission>[a-z]\w*\.\w+\.\w+)['\"]? permission",
            (
                r"(?:caller|user|account|principal|agent|\S+@\S+) does not have (?:the )?(?:\w+ ){0,"
                r"3}(?:permission|access|role)"
            ),
            r"denied: permission .{0,60}",
            r"(?:error )?checking push permissions?",
            r"requires (?:the )?(?P<role>roles/[\w.]+)",
        ),
        advice=(
            "Grant the account that the line names a role with {permission} (IAM & Admin > IAM, on that "
            "resource), then launch again."
        ),
        samples=(
            (
                "google.api_core.exceptions.PermissionDenied: 403 Permission "
                "'aiplatform.customJobs.create' denied on resource "
                "'//aiplatform.googleapis.com/projects/p/locations/us-central1' (or it may not exist)."
            ),
            (
                "google.api_core.exceptions.Forbidden: 403 GET "
                "https://storage.googleapis.com/storage/v1/b/x/o: sa@p.iam.gserviceaccount.com does not "
                "have storage.objects.list access to the Google Cloud Storage bucket."
            ),
            "ERROR: (gcloud.run.deploy) PERMISSION_DENIED: The caller does not have permission",
            'denied: Permission "artifactregistry.repositories.uploadArtifacts" denied on resource',
        ),
    ),
    Rule(
        id="permission.service_disabled",
        category=Category.PERMISSION_DENIED,
        patterns=(
            r"(?P<api>[\w ]+ API) has not been used in project .{0,60} before or it is disabled",
            r"SERVICE_DISABLED",
            r"API \[?(?P<api>[\w.]+googleapis\.com)\]? not enabled",
            (
                r"billing (?:account .{0,60}(?:disabled|closed|not open)|(?:is |must be |has not been "
                r")(?:disabled|enabled)|to be enabled)"
            ),
            r"BILLING_DISABLED",
            r"request is prohibited by organization'?s policy",
            r"VPC_SERVICE_CONTROLS",
            r"constraint .{0,80} violated",
        ),
        advice=(
            "Switch the API (or billing) on for this project, or ask the organisation's administrator "
            "about the policy named in the line."
        ),
        samples=(
            (
                "google.api_core.exceptions.PermissionDenied: 403 Vertex AI API has not been used in "
                "project 482913377510 before or it is disabled."
            ),
        ),
    ),
    Rule(
        id="permission.http_403",
        category=Category.PERMISSION_DENIED,
        unless=(r"ProxyError", r"tunnel connection failed"),
        patterns=(
            r"\b403 (?:client error|forbidden|permission|access denied)",
            r"status(?: code)?:? 403",
            r"HTTP(?: ?Error)? 403",
            r"error:? 403\b",
            r"HttpError 403",
            r"returned error: 403",
            r"\b403 \(Forbidden\)",
            r"code[= ]+403",
            r"don't have the (?:needed|required|necessary) permissions?",
            r"\bdoes not have (?:write|read|push|the required|sufficient|enough) (?:access|permission)s?",
            (
                r"\byou (?:do not|don't) have (?:the )?(?:\w+ ){0,2}permissions? to (?:access|perform|read|"
                r"write|use|view)\b"
            ),
            (
                r"not (?:the )?(?:required|authorized|permitted|allowed) (?:permissions?|to (?:perform|"
                r"access|push|pull|read|write|use|create))"
            ),
            r"access(?: to \S+)? (?:was )?denied\b",
            r"AccessDenied",
            r"insufficient (?:permissions?|privileges|authentication scopes|scopes?)",
            r"ACCESS_TOKEN_SCOPE_INSUFFICIENT",
            r"permission to \S+ denied",
            r"\bGH\d{3}: ",
            (
                r"remote rejected\].{0,120}(?:hook declined|protected|not allowed|permission|rule "
                r"violation|refusing to allow)"
            ),
            r"(?:protected branch|pre-receive) hook declined",
            r"push declined due to",
            r"not allowed to (?:force )?push",
            r"write access to repository not granted",
            r"repository .{0,60}(?:may require|requires) .{0,10}docker login",
            r"forbidden:",
            r"\bEACCES\b",
        ),
        advice=(
            "The account is known but may not do this: give it the role or the repository right that the "
            "line names."
        ),
        samples=(
            (
                "requests.exceptions.HTTPError: 403 Client Error: Forbidden for url: "
                "https://huggingface.co/api/models/acme/x/commit/main"
            ),
            "remote: Permission to acme/trainer.git denied to build-bot.",
            (
                "botocore.exceptions.ClientError: An error occurred (AccessDenied) when calling the "
                "PutObject operation: Access Denied"
            ),
        ),
    ),
    Rule(
        id="permission.file",
        category=Category.PERMISSION_DENIED,
        patterns=(
            r"\[Errno (?:13|30)\]",
            r"read-?only (?:file ?system|database)",
            r"Errno 1\] Operation not permitted",
            r"(?:cannot|can't|could not|unable to|failed to) \w+ .{0,120}: permission denied",
            r": permission denied\.?$",
            r"^permission denied$",
        ),
        advice=(
            "Write to a directory that the container's user owns (for example /tmp), or change the owner "
            "in the Dockerfile."
        ),
        samples=(
            "PermissionError: [Errno 13] Permission denied: '/app/cache'",
            "mkdir: cannot create directory '/data/out': Permission denied",
            "wandb.errors.errors.CommError: permission denied",
        ),
    ),
    Rule(
        id="permission.class",
        category=Category.PERMISSION_DENIED,
        exceptions=(
            "PermissionDenied",
            "Forbidden",
            "PermissionError",
            "GatedRepoError",
            "PermissionDeniedError",
            "AccessDeniedException",
        ),
        advice="Give the account that runs this the right that the line names.",
        specificity=Specificity.CLASS,
        samples=("google.api_core.exceptions.Forbidden",),
    ),
)

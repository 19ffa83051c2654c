"""Rules for failed authentication: missing, malformed or rejected keys, tokens and logins."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

CREDENTIALS = (
    Rule(
        id="auth.wandb_key",
        category=Category.AUTH_INVALID_KEY,
        patterns=(
            r"API key must (?:have|be) (?:at least )?\d+\+?",
            r"WANDB_API_KEY (?:is )?(?:invalid|not (?:set|valid|found)|missing|must)",
            r"(?:api_key|no API key) not configured",
            r"No API key (?:found|configured|provided)",
            r"user is not logged in.*(?:wandb|403|401)?",
            r"wandb login --relogin.*to fix",
            r"entered your API key incorrectly",
            r"couldn't find W&B api key",
            r"API key (?:verification failed|you provided is (?:either )?invalid)",
            r"Invalid (?:W&B|wandb|Weights & Biases) (?:API )?key",
        ),
        advice=(
            "Put a current W&B key (wandb.ai/authorize, at least 40 characters) into the secret behind "
            "WANDB_API_KEY and launch again."
        ),
        samples=(
            (
                "wandb.errors.errors.AuthenticationError: WANDB_API_KEY invalid: API key must have 40+ "
                "characters, has 7."
            ),
            (
                "wandb.errors.errors.UsageError: api_key not configured (no-tty). call "
                "wandb.login(key=[your_api_key])"
            ),
            "wandb: ERROR No API key configured. Use `wandb login` to log in.",
        ),
        counters=("wandb: W&B API key is configured. Use `wandb login --relogin` to force relogin",),
    ),
    Rule(
        id="auth.google_credentials",
        category=Category.AUTH_INVALID_KEY,
        patterns=(
            r"default credentials were not found",
            r"could not automatically determine credentials",
            r"failed to load service account credentials",
            r"could not deserialize key data",
            r"unable to load PEM file",
            r"(?:could not|unable to|failed to|cannot) refresh .{0,60}(?:credentials|token)",
            r"anonymous caller does not have",
            r"unable to locate credentials",
            r"no Google Cloud Platform credentials found",
            r"invalid_grant",
            r"invalid_client",
            r"invalid_rapt",
            r"invalid jwt",
            r"invalid_scope",
            r"reauthentication (?:is needed|required|failed)",
            r"refresh token .{0,30}(?:expired|revoked)",
            r"token has been expired or revoked",
            r"do(?:es)? not currently have an active account",
            r"no active account selected",
            r"gcloud auth (?:application-default )?login",
            r"failed to retrieve .{0,60}metadata.{0,40}",
            r"unable to acquire impersonated credentials",
            r"service account info was not in the expected format",
            r"file .{0,200} was not found.*GOOGLE_APPLICATION_CREDENTIALS",
            r"request had invalid authentication credentials",
            r"missing required authentication credential",
            r"ACCESS_TOKEN_(?:EXPIRED|TYPE_UNSUPPORTED)",
            r"CREDENTIALS_MISSING",
            r"api key not valid",
            r"API_KEY_INVALID",
            r"API key expired",
        ),
        advice=(
            "Run as a service account of this project (the job's service_account) or give "
            "GOOGLE_APPLICATION_CREDENTIALS a valid key file."
        ),
        samples=(
            (
                "google.auth.exceptions.DefaultCredentialsError: Your default credentials were not "
                "found. To set up "
                "Application Default Credentials, see https://cloud.google.com/docs/authentication"
            ),
            "google.auth.exceptions.RefreshError: ('invalid_grant: Invalid JWT Signature.', {})",
            "google.api_core.exceptions.Unauthenticated: 401 Request had invalid authentication credentials.",
        ),
    ),
    Rule(
        id="auth.huggingface_token",
        category=Category.AUTH_INVALID_KEY,
        unless=(r"(?:needed|required|necessary) permissions?\b",),
        patterns=(
            (
                r"invalid (?:username or|user token|credentials in authorization header|token(?! ids?\b)|"
                r"api token)"
            ),
            r"user access token .{0,30}(?:expired|invalid)",
            r"token .{0,24}(?:is |has )?(?:been )?(?:invalid|expired|revoked|malformed|not valid)\b",
            (
                r"(?:invalid|expired|malformed|bad|incorrect|revoked|wrong) (?:\w+ ){0,2}(?:api[ _-]?key|"
                r"access[ _-]?token|token|credentials?)\b(?! (?:id|ids|index|indices|count|embedding|"
                r"type))"
            ),
            r"token is required .{0,60}",
            r"LocalTokenNotFoundError",
            r"no (?:auth|hf|access|github|gitlab) ?token (?:was )?(?:found|provided|set)",
            r"incorrect api key provided",
        ),
        advice=(
            "The token is missing, expired or mistyped: make a new one, store it in the secret that the "
            "job reads (HF_TOKEN) and launch again."
        ),
        samples=(
            (
                "huggingface_hub.errors.HfHubHTTPError: 401 Client Error: Unauthorized for url: "
                "https://huggingface.co/api/whoami-v2 Invalid username or password."
            ),
            (
                "huggingface_hub.errors.LocalTokenNotFoundError: Token is required (`token=True`), but "
                "no token found."
            ),
            (
                "openai.AuthenticationError: Error code: 401 - {'error': {'message': 'Incorrect API key "
                "provided'}}"
            ),
        ),
        counters=("ValueError: invalid token id 50257 in prompt",),
    ),
    Rule(
        id="auth.git",
        category=Category.AUTH_INVALID_KEY,
        patterns=(
            r"authentication failed for '?(?P<target>(?:https?|ssh|git)\S+)",
            r"authentication failed for '",
            r"could not read (?:username|password) for",
            r"support for password authentication was removed",
            r"HTTP Basic: Access denied",
            r"remote: invalid (?:username|credentials)",
            r"terminal prompts disabled",
            r"permission denied \(publickey",
            r"host key verification failed",
        ),
        advice=(
            "Give the build a deploy key or a token that can read that repository (a Secret Manager "
            "secret in the build's settings)."
        ),
        samples=(
            "fatal: Authentication failed for 'https://github.com/acme/private.git/'",
            "fatal: could not read Username for 'https://github.com': No such device or address",
            "git@github.com: Permission denied (publickey).",
        ),
    ),
    Rule(
        id="auth.registry",
        category=Category.AUTH_INVALID_KEY,
        patterns=(
            r"no basic auth credentials",
            r"authentication required$",
            r"unauthorized: (?:authentication|incorrect|invalid|failed)",
            r"error getting credentials",
            r"docker-credential-\S+.{0,60}(?:not found|executable file)",
            r"npm (?:ERR!|error) code (?:E401|ENEEDAUTH)",
            r"401 unauthorized\b.{0,30}(?:npm|registry)",
            r"UNAUTHENTICATED: failed authentication",
            r"unauthenticated request",
            r"(?:ERR|WRONGPASS|NOAUTH) (?:invalid|authentication|.{0,20}password)",
            r"password authentication failed for user",
            r"(?:incorrect|invalid|wrong) (?:user ?name|login|e-?mail) or password",
            r"(?:failed to authenticate|authentication (?:has )?failed)\b(?! for '?https?)",
            r"access denied for user '\S+' \(using password",
        ),
        advice=(
            "Log the build or job in first: gcloud auth configure-docker REGION-docker.pkg.dev, or the "
            "registry's token as a secret."
        ),
        samples=(
            "denied: Unauthenticated request. Unauthenticated requests do not have permission",
            "npm ERR! code E401",
            'psycopg2.OperationalError: FATAL:  password authentication failed for user "mlflow"',
        ),
    ),
)

#: Tried after the permission rules, as some of their messages contain 401 too.
REFUSED = (
    Rule(
        id="missing.hub_repo",
        category=Category.RESOURCE_NOT_FOUND,
        exceptions=("RepositoryNotFoundError", "RevisionNotFoundError"),
        advice=(
            "The hub has no such model or data set for this token: correct the id, or give HF_TOKEN the "
            "right to a private one."
        ),
        samples=("huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error.",),
    ),
    Rule(
        id="auth.http_401",
        category=Category.AUTH_INVALID_KEY,
        patterns=(
            r"\b401 (?:client error|unauthorized)",
            r"status(?: code)?:? 401",
            r"HTTP(?: ?Error)? 401",
            r"error:? 401\b",
            r"returned error: 401",
            r"\b401 \(Unauthorized\)",
            r"code[= ]+401",
            r"401 .{0,30}UNAUTHENTICATED",
            (
                r"(?:InvalidAccessKeyId|SignatureDoesNotMatch|ExpiredToken|InvalidClientTokenId|"
                r"UnrecognizedClient)"
            ),
        ),
        advice="The key or token was refused: make a new one and store it in the secret that the job reads.",
        samples=(
            (
                "requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: "
                "https://packages.acme.example/simple/"
            ),
        ),
    ),
    Rule(
        id="auth.class",
        category=Category.AUTH_INVALID_KEY,
        exceptions=(
            "Unauthenticated",
            "Unauthorized",
            "AuthenticationError",
            "DefaultCredentialsError",
            "RefreshError",
            "LocalTokenNotFoundError",
            "NoCredentialsError",
            "errors_impl.UnauthenticatedError",
            "AuthenticationFailed",
            "InvalidTokenError",
        ),
        advice="Renew the key or token and store it in the secret that the job reads.",
        specificity=Specificity.CLASS,
        samples=("google.auth.exceptions.RefreshError: no reason given",),
    ),
)

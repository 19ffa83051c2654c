"""Rules for messages of the W&B Launch agent and command line about queues, jobs and settings."""

from __future__ import annotations

from bot.diagnosis.rules.rule import LINE, Rule, Specificity
from bot.models.diagnosis import Category, Source

#: Messages with which the agent reports a lost launch.
_LOST = r"(?:Error running job|Failed to create Vertex job|Error adding to queue)"

#: Exception classes of those messages, and plain lines.
_RAISED = (LINE, "LaunchError", "ExecutionError", "SchedulerError", "CommError", "UsageError", "Error")

AGENT = (
    Rule(
        id="agent.missing",
        category=Category.RESOURCE_NOT_FOUND,
        exceptions=_RAISED,
        patterns=(
            r"requested queues \((?P<name>[^)]{1,80})\) (?:were |was )?(?:not )?found",
            r"unable to fetch job with name (?P<name>\S+)",
            r"error accessing job (?P<name>\S+):",
            r"specified context (?P<name>\S+) was not found",
            r"unable to determine branch or commit to checkout",
            r"(?:file|directory|source|dockerfile|build context) does not exist at (?P<name>\S+)",
            r"could not find (?:git commit|run queue|queue|sweep|job)\b",
            r"more than one queue found with this name",
            r"failed to load job\b",
        ),
        advice="Create {name} or correct its name, entity and project, then launch again.",
        samples=(
            "Error: Could not start launch agent: Not all of requested queues (gpu-eu) found.",
            "wandb: ERROR launch: Error running job: Unable to fetch job with name vit: gone",
        ),
    ),
    Rule(
        id="agent.access",
        category=Category.PERMISSION_DENIED,
        exceptions=_RAISED,
        patterns=(
            r"bucket (?P<name>\S+) is not accessible",
            r"check that you have access to this (?P<name>\w+)",
            r"Couldn't push to queue",
        ),
        advice="Grant the account that the agent runs as access to {name}.",
        samples=("LaunchError: Failed verifying storage uri gs://acme: bucket acme is not accessible.",),
    ),
    Rule(
        id="agent.environment",
        category=Category.CONFIG_ERROR,
        # Without a launch-config the agent asks gcloud first, then GOOGLE_CLOUD_REGION: get_default_region in
        # https://github.com/wandb/wandb/blob/main/wandb/sdk/launch/environment/gcp_environment.py
        exceptions=(*_RAISED, "FileNotFoundError"),
        sources=(Source.CLOUD_RUN,),
        patterns=(
            r"environment must be an instance of GcpEnvironment",
            r"could not create GcpEnvironment from user's gcloud configuration",
            r"no such file or directory: '?gcloud\b",
        ),
        advice=(
            "The agent has no environment: give it a launch-config with environment: {type: gcp, region: "
            "us-central1}, or set GOOGLE_CLOUD_REGION where its image has gcloud."
        ),
        specificity=Specificity.VERDICT,
        samples=(
            (
                "wandb: ERROR launch: Error running job: Could not create Vertex runner. Environment must be "
                "an instance of GcpEnvironment."
            ),
            "wandb: ERROR launch: Error running job: Environment must be an instance of GcpEnvironment",
            "wandb: ERROR [Errno 2] No such file or directory: 'gcloud'",
            "wandb: ERROR FileNotFoundError: [Errno 2] No such file or directory: 'gcloud'",
        ),
        counters=("FileNotFoundError: [Errno 2] No such file or directory: '/gcs/gcloud-data/train.csv'",),
    ),
    Rule(
        id="agent.config",
        category=Category.CONFIG_ERROR,
        exceptions=_RAISED,
        patterns=(
            (
                r"could not create (?:\w+ )?(?:runner|environment|registry|builder|"
                r"(?-i:[A-Z])\w*(?:Environment|Registry))\b"
            ),
            (
                r"invalid (?:runner|registry|builder|environment|job|resource) (?:name|type|config):? "
                r"(?P<name>\S+)"
            ),
            r"(?:environment|builder) type not specified",
            r"expect(?:ed)? (?P<name>\w+) to be an? (?:mapping|dict|dictionary)\b",
            r"resource[_ ]args(?:\.\S+)?(?: option '(?P<name>[^']+)')? (?:must|requires?|only accepts)",
            r"(?:unsafe|unsupported) resource_args\.\S+ option '(?P<name>[^']+)'",
            r"config contains (?:un(?:supported|acceptable)) keys: (?P<name>[^.]{1,80})",
            r"builder config must include",
            r"must specify a build context store",
            r"either '?\w+'? (?:or|and) .{1,80} (?:are|is) required",
            r"must be specified with either",
            r"no builder found",
            r"build with noop builder",
            r"cannot build a docker image for the resource",
            r"cannot specify docker image with",
            r"must have at least one entry point",
            r"credential mismatch",
            r"invalid accelerator base image",
            r"override args must be",
            r"does not support overriding (?P<name>\S+)",
            r"value for (?P<name>\S+) must be of type",
            r"exactly one of job or docker_image must be",
            r"no 'job' (?:n?or) 'image_uri'",
            r"sweep (?:config )?has both 'job' and 'image_uri'",
            r"sweep \(\S+\) was in a terminal state",
            r"couldn't open sweep file",
            r"error in configuration file",
            r"no WANDB_CONFIG\b",
            r"failed to parse WANDB_CONFIG",
            r"found invalid name for agent",
            r"error when parsing LaunchAgent config key: \[(?P<name>[^\]]{1,80})\]",
            r"invalid launch agent config: (?P<name>.{1,80})",
            r"trouble parsing wandb uri",
            r"unable to parse (?:git uri|Azure)",
            r"refusing to fetch git remote",
            r"is not a valid (?:s3|gcs|azure) uri",
            r"invalid (?:gcs|s3) uri",
            r"image (?:uri )?\S+ does not match (?:to )?the image uri repository",
            r"unavailable backend (?P<name>\S+), available backends",
            r"unsupported file extension",
            r"unable to create default queue",
        ),
        advice=(
            "Correct {name} in the queue's or the agent's configuration (W&B Launch > "
            "the queue > Edit config)."
        ),
        samples=(
            "wandb: ERROR launch: Error running job: Could not create runner from config. Invalid runner x",
            (
                "wandb: ERROR launch: Error running job: Failed to create Vertex job: Expect labels to be a "
                "mapping of string key value pairs."
            ),
            "LaunchError: resource_args.local-container option 'gpus' requires a value.",
        ),
        counters=("RuntimeError: could not create a primitive", "ValueError: Expected input to be a tensor"),
    ),
    Rule(
        id="agent.docker",
        category=Category.CONTAINER_START,
        patterns=(
            r"error communicating with docker client",
            r"could not find docker executable",
            r"issue while starting docker",
            r"no compatible shell found",
        ),
        advice="The agent's container has no working Docker: use a builder or an image that needs none.",
        samples=("LaunchDockerError: Error communicating with docker client: not running",),
    ),
    Rule(
        id="agent.lost",
        category=Category.CONFIG_ERROR,
        patterns=(rf"{_LOST}: (?=\w)", r"\bLaunchError: (?=\w)"),
        unless=(r"Traceback|\b[45]\d\d\b|:\s*$",),
        advice="The agent refused the launch: correct what the line names in the queue or the preset.",
        specificity=Specificity.SECONDARY,
        samples=("wandb: ERROR launch: Error running job: the sky is green",),
    ),
)

"""Rules for starting a container: machine types, images, start-up, time limits."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

#: Texts for a failed image pull, without the image and the reason.
_PULL_STATUS = r"^\W*(?:Error: )?(?:ErrImagePull|ImagePullBackOff)\W*$"

PLACEMENT = (
    Rule(
        id="machine.unsupported",
        category=Category.MACHINE_TYPE_UNSUPPORTED,
        patterns=(
            (
                r"machine ?type \\?[\"'`]?(?P<machine>[\w-]+)\\?[\"'`]? (?:is |are )?(?:not |"
                r"un)(?:supported|available|allowed|valid|recogni[sz]ed|found)"
            ),
            (
                r"accelerator(?: type)? \\?[\"'`]?(?P<accelerator>[\w-]+)\\?[\"'`]? (?:is |are )?(?:not |"
                r"un)(?:supported|available|compatible)(?: (?:for|with|on|by|in) (?:machine type "
                r")?\\?[\"'`]?(?P<machine>[\w-]+))?"
            ),
            (
                r"(?:unsupported|invalid|unknown|unrecogni[sz]ed) (?:machine ?type|"
                r"accelerator(?! base)(?: type)?|machine_spec)\S{0,3} ?\\?[\"'`]?(?P<machine>[\w-]*)"
            ),
            r"accelerator_?count[^.]{0,80}(?:not |un|in)(?:supported|valid|compatible)",
            r"(?:not |un)supported accelerator count",
            r"\d+ accelerators? .{0,40}not supported",
            (
                r"(?P<machine>\b[a-z]\d[a-z]?-(?:highgpu|ultragpu|megagpu|standard|highmem|highcpu|"
                r"edgegpu)-\w+)\\?[\"'`]? .{0,60}(?:not (?:supported|available|compatible|allowed)|"
                r"unsupported)"
            ),
            (
                r"(?P<accelerator>NVIDIA_\w+)\\?[\"'`]? .{0,60}(?:not (?:supported|available|compatible|"
                r"allowed)|unsupported)"
            ),
            (
                r"machine ?type \\?[\"'`]?(?P<machine>[\w-]+)\\?[\"'`]? (?:does not|cannot|can't) "
                r"(?:support|be used|have)"
            ),
            (
                r"accelerator ?(?:count|type)?\b.{0,60}(?:is )?(?:not|in)(?: ?valid| supported| "
                r"allowed)(?: for| on| with)? ?(?:machine type )?(?P<machine>[\w-]*)"
            ),
            r"machine ?type (?P<machine>[\w-]+) is not (?:available|offered)",
            r"no (?:machine|accelerator) type .{0,60}(?:exist|found)",
            r"(?P<machine>\b[a-z]\d[a-z]?-[a-z]+-\w+) is only (?:supported|available|offered)\b",
            r"machine[_ ]?type[^.]{0,60}(?:not found|does not exist)",
            r"machineTypes?/(?P<machine>[\w-]+).{0,60}(?:not found|does not exist)",
        ),
        advice=(
            "Choose a machine type and accelerator that go together in this region (T4: n1-standard-4, "
            "L4: g2-standard-*, A100: a2-highgpu-*, H100: a3-highgpu-*)."
        ),
        samples=(
            'google.api_core.exceptions.InvalidArgument: 400 Machine type "a3-highgpu-1g" is not supported.',
            (
                'InvalidArgument: 400 Accelerator "NVIDIA_TESLA_K80" is not supported for machine type '
                '"n1-standard-4"'
            ),
        ),
        counters=("✓ GPU+Machine compatibility: ✅ n1-standard-4 supports T4",),
    ),
    Rule(
        id="image.pull",
        category=Category.IMAGE_PULL,
        unless=(_PULL_STATUS,),
        patterns=(
            r"(?:ImagePullBackOff|ErrImagePull|InvalidImageName|ErrImageNeverPull|RegistryUnavailable)",
            r"(?<!exceptions\.)(?-i:toomanyrequests|TOOMANYREQUESTS)",
            r"reached your (?:unauthenticated )?pull rate limit",
            (
                r"(?:failed to|cannot|could not|unable to) pull (?:the )?(?:container )?image:? "
                r"\\?[\"']?(?P<image>[^\s\"'\\]+)"
            ),
            r"failed to pull (?:and unpack )?(?:the )?(?:container )?image:? \\?[\"']?(?P<image>[^\s\"'\\]+)",
            (
                r"(?:error|failed|unable|failure).{0,24}\bpull(?:ing)?\b.{0,24}\bimage\b(?::? "
                r"\\?[\"']?(?P<image>[^\s\"'\\]+/[^\s\"'\\]+))?"
            ),
            (
                r"image \\?[\"']?(?P<image>\S+?)\\?[\"']? (?:was |is |could )?not (?:be )?(?:found|exist|"
                r"pulled|accessible|resolved)"
            ),
            r"manifest (?:for (?P<image>\S+) )?(?:not found|unknown)",
            r"MANIFEST_UNKNOWN",
            r"pull access denied for (?P<repo>\S+?),?(?:\s|$)",
            (
                r"failed to (?:resolve|copy|do|fetch) (?:reference|source metadata|oauth token|"
                r"manifest)[^:]{0,10} ?(?:for )?\\?\"?(?P<image>[^\s\"\\]*)"
            ),
            r"no (?:such|matching) (?:image|manifest)",
            r"error pulling build step \d+ \\?[\"']?(?P<image>[^\s\"'\\]+)",
            r"failed to solve: (?P<image>[\w./-]+[:@]\S+): .{0,200}: not found$",
            (
                r"image .{0,120}(?:no match for platform|does not match the (?:specified|detected) "
                r"(?:host )?platform)"
            ),
            (
                r"does not exist or (?:may require|you may not have|.{0,30}access).{0,60}(?:docker|image|"
                r"registry)"
            ),
            r"error parsing reference",
            r"invalid reference format",
            r"(?:artifact|container) registry .{0,80}(?:not found|denied)",
            r"Requested entity was not found.{0,40}docker\.pkg\.dev",
        ),
        advice=(
            "Check that the image and tag exist (gcloud artifacts docker images list) and that the "
            "service agent has roles/artifactregistry.reader on the repository."
        ),
        specificity=Specificity.SPECIFIC,
        samples=(
            'Failed to pull image "us-central1-docker.pkg.dev/p/r/trainer:nope": rpc error: code = NotFound',
            (
                "manifest for us-central1-docker.pkg.dev/p/r/base:v9 not found: manifest unknown: Failed "
                'to fetch "v9"'
            ),
            "Back-off pulling image: ImagePullBackOff",
        ),
    ),
    Rule(
        id="image.status",
        category=Category.IMAGE_PULL,
        patterns=(_PULL_STATUS,),
        advice="The image cannot be pulled: check its name and tag, and who may read the repository.",
        specificity=Specificity.SECONDARY,
        samples=("Error: ErrImagePull",),
    ),
    Rule(
        id="start.command",
        category=Category.CONTAINER_START,
        patterns=(
            (
                r"exec: \\?\"?(?P<command>[^\"\s\\]+)\\?\"?: (?:executable file not found|stat .{0,80}no "
                r"such file|permission denied|is a directory)"
            ),
            r"executable file not found in \$?PATH",
            r"env: .{1,60}: No such file or directory",
            r"exec format error",
            (
                r"(?:standard_init_linux|exec_user_process|exec) .{0,80}(?:no such file or directory|exec "
                r"format error|permission denied)"
            ),
            r"OCI runtime (?:create|exec|start) failed",
            r"failed to (?:create|start) (?:containerd task|shim task|container)",
            r"RunContainerError",
            r"CreateContainerConfigError",
            r"CreateContainerError",
            r"StartError",
            r"CrashLoopBackOff",
            (
                r"^(?:\S*(?:sh|entrypoint\S*|bash|dash|wrapper\S*|run\S*): (?:line )?\d+: )?(?:exec: "
                r")?(?P<command>[\w./-]+): (?:command )?not found$"
            ),
            r"(?:ba|da|z)?sh: (?:line )?\d*:? ?(?P<command>[\w./-]+): (?:command |)not found",
            r"can't open file '(?P<command>[^']+)'",
            r"can't find '__main__' module in '?(?P<command>[^'\s]+)",
            r": bad interpreter",
            r"^\S*sh: (?:line )?\d*:? ?(?P<command>\S+\.(?:sh|py)): permission denied$",
            r"(?:container|user-provided container) failed to (?:start|become ready|listen)",
            r"failed to start and (?:then )?listen",
            r"STARTUP TCP probe failed",
            r"Application (?:failed to start|exec likely failed)",
            r"failed to load /usr/bin/\S+: exec",
            r"failed to find (?:entrypoint|attributes)",
            r"cannot execute(?: binary file|: required file not found)?",
            r"(?:called exit\((?:126|127|128)\)|status(?: of)?:? 12[678]\b.{0,60}StartError)",
        ),
        advice=(
            "Check entry_point and the image's PATH: the command {command} must exist in the image, be "
            "executable, and match its CPU architecture."
        ),
        samples=(
            (
                "OCI runtime create failed: runc create failed: unable to start container process: exec: "
                '"train.sh": executable file not found in $PATH: unknown'
            ),
            "/app/entrypoint.sh: line 12: accelerate: command not found",
            "python3: can't open file '/app/train.py': [Errno 2] No such file or directory",
            "exec /usr/local/bin/python: exec format error",
        ),
    ),
    Rule(
        id="timeout.command",
        category=Category.TIMEOUT,
        patterns=(
            (
                r"exceeded (?:its |the |a )?(?:[\w.-]+ ){0,4}(?:wall[- ]?(?:clock|time)|time|runtime) "
                r"?(?:limit|budget)"
            ),
            r"(?:wall[- ]?(?:clock|time)|time|runtime) (?:limit|budget)\b.{0,40}\b(?:exceeded|reached|hit)\b",
            r"(?:rc|status|code)(?: of|:|=)? ?124\b",
            r"timeout: sending signal (?P<signal>\w+) to command",
        ),
        advice=(
            "A command ran into the time limit that its script gives it: raise that limit, or find out "
            "what it waited for."
        ),
        specificity=Specificity.CLASS,
        samples=(
            "ERROR: shard 7 exceeded the 30s wall clock limit",
            "ERROR: eval stopped, rc=124",
            "timeout: sending signal TERM to command 'python'",
        ),
        counters=("ERROR: bad status code 1240",),
    ),
    Rule(
        id="timeout.task",
        category=Category.TIMEOUT,
        unless=(
            r"initialization",
            r"ConnectionPool",
            r"Client\.Timeout",
            r"wandb\.ai",
            r"read timeout",
            r"\bhost=",
            r"last exception: ",
        ),
        patterns=(
            (
                r"reached (?:the |its )?(?:maximum |max )(?:\w+ )?(?:timeout|time|duration|run ?time)(?: "
                r"of (?P<limit>[\d.]+ ?\w+))?"
            ),
            (
                r"exceeded (?:its |the )?(?:\w+ ){0,3}(?:timeout|time limit|deadline|max(?:imum)? (?:run|"
                r"running|run ?time|duration)[\w ]*|wall ?time)(?: of (?P<limit>[\d.]+ "
                r"?\w+))?(?!.*(?:connect|read|pool))"
            ),
            r"configured timeout was reached",
            r"exceeded \S*timeout\b",
            (
                r"exceeded (?:its |the )?(?:max(?:imum)? )?(?:allowed |permitted |configured )?(?:duration|"
                r"run ?time|running time|execution time)(?: of (?P<limit>[\d.]+ ?\w+))?"
            ),
            r"failed to start within (?P<limit>[\d.]+ ?\w+)",
            (
                r"(?:job|task|build|step|execution|run) (?:\S+ )?(?:has )?timed out(?: after "
                r"(?P<limit>[\d.]+ ?\w+))?"
            ),
            r"build timed out",
            r"^TIMEOUT$",
            r"timeout of (?P<limit>\S+) (?:has )?(?:been )?(?:exceeded|reached|expired)",
            r"DUE TO TIME LIMIT",
            r"was cancell?ed because it .{0,30}(?:time|long)",
            r"terminat(?:ed|ing) .{0,40}(?:timeout|time limit|deadline)",
            r"^context deadline exceeded$",
            r"build .{0,30}expired",
            r"time(?:d)? ?out .{0,20}waiting for (?:the )?(?:job|run|build|resources?|pod|container)",
        ),
        advice=(
            "It ran into its time limit: raise it (timeout of the job, --task-timeout of the Cloud Run "
            "job, timeout of the build), or let the work resume from a checkpoint."
        ),
        specificity=Specificity.VERDICT,
        samples=(
            (
                "Terminating task because it has reached the maximum timeout of 3600 seconds. To change "
                "this limit, see https://cloud.google.com/run"
            ),
            "Job exceeded its timeout of 604800s and was cancelled.",
            'ERROR: build step 2 "gcr.io/cloud-builders/docker" failed: step timed out after 10m0s',
        ),
        counters=(
            (
                "requests.exceptions.ReadTimeout: HTTPSConnectionPool(host='x', port=443): Read timed "
                "out. (read timeout=3)"
            ),
        ),
    ),
)

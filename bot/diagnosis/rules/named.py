"""Fallback rules for words in exception class names and in status names that tools print."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category


def _class(words: str) -> tuple[str, ...]:
    """Return the patterns of exception classes that contain one of the words, dotted or with a suffix."""
    return (
        rf"^(?:\w{{1,60}}\.){{1,8}}\w{{0,60}}(?-i:{words})(?:Error|Exception)?(?::|$)",
        rf"^\w{{0,60}}(?-i:{words})(?:Error|Exception)(?::|$)",
    )


def _status(words: str) -> tuple[str, ...]:
    """Return the patterns of a gRPC status as gcloud and clients print it."""
    return (rf"\(gcloud\.[\w.-]{{2,80}}\) (?:{words})\b", rf"\bgeneric::(?:{words})\b")


#: TensorFlow uses the names of gRPC statuses for errors of the program itself.
_TENSORFLOW = (r"tensorflow|errors_impl",)

NAMED = (
    Rule(
        id="named.gpu_memory",
        category=Category.OUT_OF_MEMORY_GPU,
        patterns=_class(r"(?:G[Pp][Uu]|C[Uu][Dd][Aa]|Device|V[Rr][Aa][Mm])(?:OutOfMemory|OOM)"),
        advice="Halve the batch size, switch gradient checkpointing on, or choose a GPU with more memory.",
        specificity=Specificity.CLASS,
        samples=("acme.GpuOutOfMemory: asked for 9 pages",),
    ),
    Rule(
        id="named.network",
        category=Category.NETWORK,
        patterns=_class(
            r"(?:Read|Connect|Connection|Socket|Network|Pool)(?:Timeout|TimedOut)|TooManyRequests|RateLimit\w{0,8}|"
            r"Connection(?:Lost|Failed|Failure|Closed|Dropped|Refused|Reset|Aborted)?|Network(?:Failure|Unreachable)?"
        ),
        advice="The network or the server at its other end failed: launch again, or check the way out.",
        specificity=Specificity.CLASS,
        samples=("acme.ConnectionLost: nobody there", "acme.RateLimitError: slower"),
    ),
    Rule(
        id="named.timeout",
        category=Category.TIMEOUT,
        patterns=(
            *_class(r"Timeout|TimedOut|DeadlineExceeded|TimeLimitExceeded"),
            *_status("deadline_exceeded"),
        ),
        advice="Something took longer than it was allowed to: see what it waited for, and raise that limit.",
        specificity=Specificity.CLASS,
        samples=(
            "acme.QueryTimeout: shard seven",
            "ERROR: (gcloud.run.jobs.execute) DEADLINE_EXCEEDED: slow",
        ),
    ),
    Rule(
        id="named.quota",
        category=Category.QUOTA,
        patterns=(*_class(r"ResourceExhausted|QuotaExceeded"), *_status("resource_exhausted")),
        unless=(*_TENSORFLOW, r"memory|OOM\b"),
        advice="A limit of the account is used up: ask for more, or free what is no longer needed.",
        specificity=Specificity.CLASS,
        samples=(
            "acme.ResourceExhausted: seats",
            "ERROR: (gcloud.ai.custom-jobs.create) RESOURCE_EXHAUSTED: no more of these",
        ),
    ),
    Rule(
        id="named.argument",
        category=Category.INVALID_ARGUMENT,
        patterns=(
            *_class(r"InvalidArgument|FailedPrecondition|AlreadyExists|BadRequest"),
            *_status("invalid_argument|failed_precondition|already_exists|out_of_range|aborted"),
        ),
        unless=_TENSORFLOW,
        advice="The API refused the request: correct the field or flag that the line names.",
        specificity=Specificity.CLASS,
        samples=("ERROR: (gcloud.run.jobs.create) ALREADY_EXISTS: job nightly",),
    ),
    Rule(
        id="named.fault",
        category=Category.SERVICE_ERROR,
        patterns=_status("unavailable|internal|unknown|data_loss"),
        advice="A fault on the provider's side: launch again; if it lasts, see status.cloud.google.com.",
        specificity=Specificity.CLASS,
        samples=("ERROR: (gcloud.run.jobs.execute) UNAVAILABLE: later",),
    ),
    Rule(
        id="named.disk",
        category=Category.DISK_FULL,
        patterns=_class(r"DiskFull|NoSpaceLeft|OutOfDisk(?:Space)?|StorageFull"),
        advice="Give the machine a larger disk, write to Cloud Storage, or keep fewer files.",
        specificity=Specificity.CLASS,
        samples=("acme.DiskFullError: 0 pages",),
    ),
    Rule(
        id="named.data",
        category=Category.DATA_MISSING,
        patterns=_class(
            r"(?:Missing|Corrupt|Corrupted|Truncated|Damaged)(?:File|Data|Shard|Archive|Image|Checkpoint)|"
            r"(?:File|Data|Shard|Archive|Image|Checkpoint)(?:Missing|Corrupt|Corrupted|Truncated|Damaged)"
        ),
        advice="Check the file that the line names: is it there and whole? Then copy or build it again.",
        specificity=Specificity.CLASS,
        samples=("acme.CorruptShard: seven",),
    ),
)

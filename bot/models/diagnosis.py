"""The diagnosis of a failure from its log: category, root-cause line, context and advice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Category(StrEnum):
    """The category of a root cause; the values are those of the labelled corpus, plus `unknown`."""

    NONE = "none"
    UNKNOWN = "unknown"
    QUOTA = "quota"
    MACHINE_TYPE_UNSUPPORTED = "machine_type_unsupported"
    PERMISSION_DENIED = "permission_denied"
    AUTH_INVALID_KEY = "auth_invalid_key"
    RESOURCE_NOT_FOUND = "resource_not_found"
    INVALID_ARGUMENT = "invalid_argument"
    IMAGE_PULL = "image_pull"
    OUT_OF_MEMORY_HOST = "out_of_memory_host"
    OUT_OF_MEMORY_GPU = "out_of_memory_gpu"
    DISK_FULL = "disk_full"
    STOCKOUT = "stockout"
    PREEMPTED = "preempted"
    NETWORK = "network"
    TIMEOUT = "timeout"
    DEPENDENCY_INSTALL = "dependency_install"
    IMPORT_ERROR = "import_error"
    CODE_EXCEPTION = "code_exception"
    DATA_MISSING = "data_missing"
    NCCL_DISTRIBUTED = "nccl_distributed"
    CUDA_DRIVER = "cuda_driver"
    CONFIG_ERROR = "config_error"
    WANDB_CONNECTION = "wandb_connection"
    CONTAINER_START = "container_start"
    BUILD_FAILURE = "build_failure"
    SERVICE_ERROR = "service_error"


class Source(StrEnum):
    """The system that wrote a log."""

    CLOUD_RUN = "cloud_run"
    VERTEX = "vertex"
    CLOUD_BUILD = "cloud_build"


class Confidence(StrEnum):
    """The confidence of a diagnosis; `low` is shown as "probably"."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """The result of `diagnose_lines`; all its texts are redacted and escaped.

    `root_cause_index` is an index into the given lines; `context` holds the lines around it, oldest first,
    and `context_root` is the index of the root-cause line in `context`. `cause_id` is the id of the matched
    rule, or empty.
    """

    has_error: bool
    category: Category
    root_cause_index: int | None
    summary: str
    context: tuple[str, ...]
    advice: str
    confidence: Confidence
    context_root: int | None = None
    cause_id: str = ""

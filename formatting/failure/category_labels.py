"""Short labels of the diagnosis categories, for the note column of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bot.models.diagnosis import Category

CATEGORY_LABELS: Mapping[Category, str] = MappingProxyType(
    {
        Category.QUOTA: "quota used up",
        Category.MACHINE_TYPE_UNSUPPORTED: "machine type not supported",
        Category.PERMISSION_DENIED: "permission denied",
        Category.AUTH_INVALID_KEY: "key or credentials refused",
        Category.RESOURCE_NOT_FOUND: "something it names does not exist",
        Category.INVALID_ARGUMENT: "request refused as invalid",
        Category.IMAGE_PULL: "image could not be pulled",
        Category.OUT_OF_MEMORY_HOST: "out of memory",
        Category.OUT_OF_MEMORY_GPU: "out of GPU memory",
        Category.DISK_FULL: "disk full",
        Category.STOCKOUT: "no machine free in the region",
        Category.PREEMPTED: "preempted",
        Category.NETWORK: "network failed",
        Category.TIMEOUT: "ran out of time",
        Category.DEPENDENCY_INSTALL: "a package could not be installed",
        Category.IMPORT_ERROR: "an import failed",
        Category.CODE_EXCEPTION: "exception in the code",
        Category.DATA_MISSING: "data or a file is missing",
        Category.NCCL_DISTRIBUTED: "ranks lost each other (NCCL)",
        Category.CUDA_DRIVER: "GPU or its driver failed",
        Category.CONFIG_ERROR: "wrong configuration",
        Category.WANDB_CONNECTION: "W&B not reached",
        Category.CONTAINER_START: "container did not start",
        Category.BUILD_FAILURE: "a build step failed",
        Category.SERVICE_ERROR: "a service failed",
    },
)

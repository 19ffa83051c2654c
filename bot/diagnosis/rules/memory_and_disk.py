"""Rules for exhausted host memory, GPU memory and disk space."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

MEMORY = (
    Rule(
        id="gpu_memory.cuda",
        category=Category.OUT_OF_MEMORY_GPU,
        patterns=(
            r"CUDA out of memory",
            r"HIP out of memory",
            r"MPS backend out of memory",
            r"XPU out of memory",
            r"Allocator \(GPU_\d+\w*\) ran out of memory",
            r"CUDA_ERROR_OUT_OF_MEMORY",
            r"cudaErrorMemoryAllocation",
            r"cudaMalloc failed.{0,20}out of memory",
            r"CUDA error:? out of memory",
            r"CUBLAS_STATUS_ALLOC_FAILED",
            r"CUDNN_STATUS_ALLOC_FAILED",
            r"out of memory (?:on|in) (?:device|GPU)",
            r"failed to allocate .{0,40}on (?:device|gpu)",
            r"Failed to allocate (?:request for )?[\d.]+ ?[KMG]i?B .{0,40}(?:device|GPU)",
            r"OOM when allocating tensor with shape ?(?P<shape>\[[\d, ]*\])?",
            (
                r"RESOURCE_EXHAUSTED: .{0,20}Out of memory (?:while trying to allocate|allocating) "
                r"(?P<bytes>\d+)"
            ),
            (
                r"RESOURCE_EXHAUSTED: (?:XLA:TPU|Attempting to allocate|Ran out of memory in memory space|"
                r"Failed to allocate|OOM)"
            ),
            r"Ran out of memory in memory space hbm",
            r"NCCL .{0,60}Failed to CUDA (?:calloc|malloc)",
            r"Cuda failure (?:\d+ )?'out of memory'",
            r"No available memory for the cache blocks",
            r"larger than (?:the )?(?:available|free) (?:KV cache|GPU) memory",
            r"Free memory on device .{0,40}is less than desired",
            r"cupy\S*OutOfMemoryError",
            r"triton\S*OutOfResources: out of resource",
        ),
        advice=(
            "Halve per_device_train_batch_size and double gradient_accumulation_steps, switch gradient "
            "checkpointing on, or choose a GPU with more memory."
        ),
        samples=(
            (
                "torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a "
                "total capacity of 14.58 GiB"
            ),
            (
                "tensorflow.python.framework.errors_impl.ResourceExhaustedError: OOM when allocating "
                "tensor with shape[64,512,512]"
            ),
            (
                "jaxlib.xla_extension.XlaRuntimeError: RESOURCE_EXHAUSTED: Out of memory while trying to "
                "allocate 17179869184 bytes."
            ),
        ),
        counters=("Memory limit of 2048 MiB exceeded with 2100 MiB used.",),
    ),
    Rule(
        id="gpu_memory.class",
        category=Category.OUT_OF_MEMORY_GPU,
        exceptions=(
            "torch.OutOfMemoryError",
            "torch.cuda.OutOfMemoryError",
            "AcceleratorOutOfMemoryError",
            "errors_impl.ResourceExhaustedError",
        ),
        advice="Lower the batch size, switch gradient checkpointing on, or choose a GPU with more memory.",
        specificity=Specificity.CLASS,
        samples=("torch.cuda.OutOfMemoryError: no details",),
    ),
    Rule(
        id="host_memory.platform",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(
            r"memory limit of (?P<limit>[\d.]+ ?\w+) exceeded",
            r"replica (?P<replica>\S+) ran out.of.memory",
            r"replicas? low on memory: ?(?P<replica>\S*)",
            r"OOMKilled",
            r"OOM[- ]?Killer",
            r"oom_reaper",
            r"oom[-_]kill",
            r"Killed process \d+",
            r"Out of memory: Kill",
            r"exceed(?:s|ed|ing) (?:its |the |available )?memory (?:limit|capacity|request)",
            r"memory usage .{0,40}exceed",
            r"container .{0,40}exceeded .{0,20}memory",
            r"ran out of memory and was",
            r"(?:was|been) (?:\w+ ){0,2}killed .{0,40}(?:memory|oom)",
        ),
        advice=(
            "Give it more memory (a machine type with more RAM; --memory for Cloud Run), or load less at "
            "once: fewer DataLoader workers, streaming, smaller shards."
        ),
        specificity=Specificity.VERDICT,
        samples=(
            "Memory limit of 2048 MiB exceeded with 2107 MiB used. Consider increasing the memory limit.",
            "The replica workerpool0-0 ran out-of-memory and exited with a non-zero status of 137(SIGKILL).",
            "Replicas low on memory: workerpool0. Please use a machine type with more memory.",
        ),
    ),
    Rule(
        id="host_memory.shm",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(
            r"insufficient shared memory",
            r"unable to open shared memory object",
            r"bus error.{0,80}",
            r"out of shared memory",
            r"\bshm\b.{0,60}(?:no space|too small|full)",
            r"unable to (?:mmap|write to file </torch_|allocate shared memory)",
            r"No space left on device.{0,40}/dev/shm",
        ),
        advice=(
            "Shared memory (/dev/shm) is too small: set num_workers=0 or lower, or "
            "torch.multiprocessing.set_sharing_strategy('file_system')."
        ),
        samples=(
            (
                "RuntimeError: DataLoader worker (pid 71) is killed by signal: Bus error. It is possible "
                "that dataloader's workers are out of shared memory. Please try to raise your shared "
                "memory limit."
            ),
        ),
    ),
    Rule(
        id="host_memory.worker_killed",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(
            r"DataLoader worker .{0,60}killed by signal: (?:killed|9)",
            r"killed signal terminated program",
        ),
        advice=(
            "The kernel killed a process for memory: lower num_workers or the parallel build jobs "
            "(MAX_JOBS, -j), or take a machine with more RAM."
        ),
        samples=(
            "RuntimeError: DataLoader worker (pid 4012) is killed by signal: Killed. ",
            "c++: fatal error: Killed signal terminated program cc1plus",
        ),
    ),
    Rule(
        id="host_memory.killed",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(
            (
                r"(?:worker|process|subprocess|child).{0,80}(?:killed by signal: killed|signal 9\b|"
                r"SIGKILL|exit ?code:? ?-9)"
            ),
            r"exit(?:ed)?(?: with)?(?: a)?(?: non-zero)? (?:code|status)(?: of)?:? ?137\b",
            r"called exit\(137\)",
            r"non-zero code: 137",
            r"exit code:? ?-9\b",
            r"exitcode ?: -9",
            r"status 137\b",
            r"non-zero status: 137",
            r"\b137 ?\(SIGKILL\)",
            r"exit ?code ?:? *-7\b",
            r"Signal 7 \(SIGBUS\)",
            r"exits with return code = -9\b",
            r"process in the process pool was terminated abruptly",
            r"TerminatedWorkerError",
            r"subprocess(?:es)? (?:has|have) abruptly died",
            r"terminated on signal 9",
            r"^(?:.{0,80}line \d+: *\d* *)?killed\b(?!\s*\w+ing)",
            r"died with <signals\.SIGKILL",
            r"\(core dumped\) killed",
            r"Killed {2,}",
            r"fatal error: killed signal terminated program",
            r"internal compiler error: killed",
            r"g\+\+: .{0,30}killed",
            r"ninja.{0,60}killed",
        ),
        advice=(
            "Killed with SIGKILL, most often for memory: use a machine with more RAM, fewer workers or "
            "parallel jobs (MAX_JOBS, -j), or smaller batches."
        ),
        specificity=Specificity.CLASS,
        samples=(
            (
                'ERROR: build step 0 "gcr.io/cloud-builders/docker" failed: step exited with non-zero '
                "status: 137"
            ),
        ),
        counters=("Killing agent (PID: 22) - config error, will not self-resolve",),
    ),
    Rule(
        id="host_memory.worker_gone",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(r"DataLoader worker .{0,60}exited unexpectedly",),
        advice=(
            "A worker process died, most often for memory: see what it said before, lower num_workers, or "
            "take a machine with more RAM."
        ),
        specificity=Specificity.SECONDARY,
        samples=("RuntimeError: DataLoader worker (pid(s) 113, 114) exited unexpectedly",),
    ),
    Rule(
        id="host_memory.alloc",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(
            r"unable to allocate (?P<size>[\d.]+ ?[KMGT]i?B) for an array",
            r"\[Errno 12\]",
            r"cannot allocate memory",
            r"std::bad_alloc",
            r"not enough memory: you tried to allocate",
            r"DefaultCPUAllocator",
            r"virtual memory exhausted",
            r"out of memory allocating \d+ bytes",
            r"javascript heap out of memory",
            r"java\.lang\.OutOfMemoryError",
            r"ArrowMemoryError",
            r"malloc of size \d+ failed",
            r"memory allocation of \d+ bytes failed",
            r"fork: (?:retry: )?(?:resource temporarily|cannot allocate)",
        ),
        advice="The machine's RAM is used up: choose a machine type with more memory or load less at once.",
        samples=(
            (
                "numpy._core._exceptions._ArrayMemoryError: Unable to allocate 59.6 GiB for an array "
                "with shape (80000, 100000)"
            ),
            "OSError: [Errno 12] Cannot allocate memory",
            (
                "RuntimeError: [enforce fail at alloc_cpu.cpp:117] err == 0. DefaultCPUAllocator: can't "
                "allocate memory"
            ),
        ),
    ),
    Rule(
        id="host_memory.class",
        category=Category.OUT_OF_MEMORY_HOST,
        exceptions=("MemoryError", "_ArrayMemoryError", "ArrowMemoryError", "OutOfMemoryError"),
        advice="The machine's RAM is used up: choose a machine type with more memory or load less at once.",
        specificity=Specificity.CLASS,
        samples=("MemoryError: nothing said",),
    ),
    Rule(
        id="host_memory.any_class",
        category=Category.OUT_OF_MEMORY_HOST,
        patterns=(
            (
                r"^(?:\w{1,60}[.$]){0,8}\w{0,40}(?:OutOfMemory|MemoryLimitExceeded|MemoryExhausted|AllocationFailed)"
                r"\w{0,20}(?::|$)"
            ),
        ),
        unless=(r"cuda|hip\b|gpu|xla|tpu\b|\bhbm\b|\btorch\.|on device",),
        advice="The machine's RAM is used up: choose a machine type with more memory or load less at once.",
        specificity=Specificity.CLASS,
        samples=(
            "_duckdb.OutOfMemoryException: Out of Memory Error: could not allocate block of size 256.0 KiB",
            "org.apache.spark.memory.SparkOutOfMemoryError: Unable to acquire 65536 bytes of memory, got 0",
        ),
    ),
    Rule(
        id="disk.full",
        category=Category.DISK_FULL,
        patterns=(
            r"(?P<error>no space left on device)",
            r"\[Errno 28\]",
            r"ENOSPC\b",
            r"inline_container\.cc.{0,60}unexpected pos",
            r"PytorchStreamWriter failed writing",
            r"disk quota exceeded",
            r"\[Errno 122\]",
            r"(?:disk|filesystem|volume|storage) (?:is |was )?(?:full|exhausted)",
            r"not enough (?:free )?(?:disk )?space",
            r"insufficient (?:disk|storage) space",
            r"out of (?:disk|storage) space",
            r"lack of (?:disk )?space",
            r"You don't have enough free space",
            r"database or disk is full",
            r"file write failed.{0,80}(?:unexpected pos|space)",
            r"failure writing output to destination",
            r"low on disk",
            r"ephemeral.storage",
        ),
        advice=(
            "Give the machine a larger disk (disk_spec.boot_disk_size_gb; --disk-size for a build), "
            "write to Cloud Storage, or keep fewer checkpoints (save_total_limit)."
        ),
        samples=(
            "OSError: [Errno 28] No space left on device: '/home/app/.cache/huggingface/hub/tmp8f'",
            "E: You don't have enough free space in /var/cache/apt/archives/.",
        ),
    ),
)

"""Rules for distributed training (NCCL, rendezvous) and GPU drivers."""

from __future__ import annotations

from bot.diagnosis.rules.rule import Rule, Specificity
from bot.models.diagnosis import Category

GPU = (
    Rule(
        id="cuda.driver",
        category=Category.CUDA_DRIVER,
        patterns=(
            r"cudaGetDeviceCount\(\)",
            r"Error 80[0-9]: ",
            r"CUDA driver (?:version is insufficient|initialization failed|error)",
            r"driver on your system is too old",
            r"forward compatibility was attempted",
            r"system not yet initialized",
            r"system has unsupported display driver",
            r"Torch not compiled with CUDA enabled",
            r"torch\.cuda\.is_available\(\) is False",
            r"No CUDA GPUs are available",
            r"requires? (?:at least )?(?:one|an?|\d+) (?:NVIDIA |CUDA |visible )+(?:device|GPU|accelerator)",
            r"No visible (?:GPU|TPU|CUDA) devices?",
            r"NVML_SUCCESS ==",
            r"Failed to initialize NVML",
            r"cuDNN version incompatibility",
            r"Found no NVIDIA driver",
            r"no CUDA-capable device is detected",
            r"CUDA_ERROR_NO_DEVICE",
            r"CUDA unknown error",
            r"failed call to cuInit",
            r"CUDA is not available",
            r"no kernel image is available for execution",
            r"invalid device (?:ordinal|function)",
            r"not compatible with the current PyTorch installation",
            r"the provided PTX was compiled with an unsupported toolchain",
            r"setup doesn.t support bf16",
            r"NVIDIA-SMI has failed",
            r"couldn't communicate with the NVIDIA driver",
            r"Driver/library version mismatch",
            r"nvidia-container-cli: ",
            r"could not select device driver",
            r"unknown runtime specified nvidia",
            r"unsatisfied condition: cuda",
            r"CUDA setup .{0,20}(?:failed|error|not found)",
            r"cannot find -lcuda\b",
            r"uncorrectable ECC error",
            r"\bXid\b.{0,40}\b\d{2,3}\b",
            r"GPU has fallen off the bus",
            r"double.bit ECC",
            r"row remap(?:ping)? fail",
            r"CUDA error: (?:hardware|an illegal instruction|misaligned|uncorrectable)",
            r"GPU is lost",
            r"NVLink .{0,30}(?:error|fail)",
            r"Unable to determine the device handle for GPU",
            r"libcuda\.so\S*: cannot open",
            r"CUDNN_STATUS_(?:NOT_INITIALIZED|VERSION_MISMATCH|EXECUTION_FAILED|SUBLIBRARY\w*|ARCH_MISMATCH)",
            r"CUBLAS_STATUS_(?:NOT_INITIALIZED|ARCH_MISMATCH|NOT_SUPPORTED)",
            r"detected CUDA version .{0,60}mismatches",
            r"CUDA_HOME environment variable is not set",
            r"requires? (?:a )?GPU .{0,40}compute capability",
            r"No (?:supported )?GPU (?:backend )?(?:was |were |could be )?(?:found|available|detected)",
            r"Unable to load (?:cuDNN|DSO)",
            r"loaded runtime CuDNN library",
            r"TPU (?:initialization|driver) failed",
            r"Unable to initialize backend '(?:tpu|cuda|gpu)'",
            r"bf16.{0,30}(?:requires|not supported).{0,40}(?:gpu|ampere|cuda)",
            r"only supports Ampere GPUs",
            r"only supported on GPUs? with compute capability",
        ),
        advice=(
            "Driver, CUDA and the image do not fit, or the GPU is faulty: match the image's CUDA to the "
            "machine's driver and GPU, check that a GPU was asked for; for ECC or Xid errors launch "
            "again."
        ),
        samples=(
            "RuntimeError: The NVIDIA driver on your system is too old (found version 11040).",
            "AssertionError: Torch not compiled with CUDA enabled",
            "RuntimeError: CUDA error: uncorrectable ECC error encountered",
            "ImportError: libcuda.so.1: cannot open shared object file: No such file or directory",
        ),
        counters=(
            (
                "2025-11-18 05:11:08.207716: I external/local_tsl/tsl/cuda/cudart_stub.cc:31] Could not "
                "find cuda drivers on your machine, GPU will not be used."
            ),
        ),
    ),
    Rule(
        id="cuda.launch_failure",
        category=Category.CUDA_DRIVER,
        patterns=(
            (
                r"CUDA error: (?:unspecified launch failure|unknown error|device kernel image is invalid|"
                r"invalid device)"
            ),
            r"CUDA error: \w+",
            r"CU(?:DNN|BLAS|SPARSE|SOLVER|FFT|RAND)_STATUS_\w+",
        ),
        unless=(r"out of memory", r"device-side assert", r"illegal memory access", r"_ALLOC_FAILED"),
        advice=(
            "The GPU or its driver failed: launch again (another machine); if it repeats on one line of "
            "code, rerun with CUDA_LAUNCH_BLOCKING=1."
        ),
        specificity=Specificity.CLASS,
        samples=("RuntimeError: CUDA error: unspecified launch failure",),
    ),
    Rule(
        id="cuda.assert",
        category=Category.CODE_EXCEPTION,
        patterns=(
            r"CUDA error: an illegal memory access",
            r"\.cu:\d+: .{0,160}Assertion `(?P<assertion>.{0,120})` failed",
        ),
        advice=(
            "A kernel was given values out of range, often a label or token id above the number of "
            "classes: rerun with CUDA_LAUNCH_BLOCKING=1 to see the line."
        ),
        samples=(
            (
                "../aten/src/ATen/native/cuda/Loss.cu:250: nll_loss: block: [0,0,0] Assertion `t >= 0 && "
                "t < n_classes` failed."
            ),
        ),
    ),
    Rule(
        id="cuda.assert_seen",
        category=Category.CODE_EXCEPTION,
        patterns=(r"device-side assert triggered",),
        advice=(
            "A kernel was given values out of range, often a label or token id above the number of "
            "classes: rerun with CUDA_LAUNCH_BLOCKING=1 to see the line."
        ),
        specificity=Specificity.CLASS,
        samples=("RuntimeError: CUDA error: device-side assert triggered",),
    ),
    Rule(
        id="nccl.timeout",
        category=Category.NCCL_DISTRIBUTED,
        patterns=(
            r"watchdog caught collective operation timeout",
            r"collective operation timeout",
            r"Timeout at NCCL work",
            r"NCCL (?:operation|communicator|work) .{0,40}(?:timed out|timeout|aborted)",
            r"Some NCCL operations have failed or timed out",
            r"monitoredBarrier",
            r"ProcessGroup\w+ is only supported with",
            r"gloo\b.{0,120}timed out",
            r"timed out waiting \d+ ?ms for (?:recv|send)",
            r"timed out waiting for .{0,40}(?:rank|ranks|workers|clients|peers)",
            r"ran for \d+ milliseconds before timing out",
            r"rendezvous .{0,40}(?:timed? ?out|timeout|fail|closed)",
            r"RendezvousTimeoutError",
            r"RendezvousConnectionError",
            r"RendezvousClosedError",
            r"RendezvousError",
            r"DistNetworkError",
            r"DistStoreError",
            r"The (?:client|server) socket has (?:timed out|failed)",
            r"(?:TCPStore|c10d store|tcp store).{0,80}(?:timed? ?out|fail|timeout)",
            r"connect\(\) timed out",
            r"wait timeout after \d+ms",
            r"EADDRINUSE",
            r"address already in use",
            r"store->get\('?",
            r"failed to recv, got 0 bytes",
            r"Timed out after \d+ seconds waiting for clients",
            r"Failed to initialize any NET plugin",
            r"connection to the C10d store has failed",
            r"world size .{0,40}(?:mismatch|does not match)",
            r"DEADLINE_EXCEEDED: .{0,60}(?:barrier|coordination)",
            r"coordination service",
        ),
        advice=(
            "The workers did not meet or one fell behind: see which rank is missing, check MASTER_ADDR "
            "and MASTER_PORT, world size and the firewall between replicas; NCCL_DEBUG=INFO tells more."
        ),
        samples=(
            (
                "[rank1]:[E1118 10:00:00.000000 ProcessGroupNCCL.cpp:632] [Rank 1] Watchdog caught "
                "collective operation timeout: WorkNCCL(SeqNum=17, OpType=ALLREDUCE)"
            ),
            (
                "torch.distributed.DistNetworkError: The client socket has timed out after 60000ms while "
                "trying to connect to (10.0.0.2, 29500)."
            ),
        ),
    ),
    Rule(
        id="nccl.error",
        category=Category.NCCL_DISTRIBUTED,
        patterns=(
            r"nccl\w+(?:Error|Usage|Argument): .{0,160}Last error: ?(?P<error>.{4,100})",
            r"ncclSystemError",
            r"ncclInternalError",
            r"ncclInvalidUsage",
            r"ncclInvalidArgument",
            r"NCCL WARN .{0,160}",
            r"NCCL failure",
            r"(?:doesn.t|does not) have NCCL built in",
            r"NCCL is not available",
            r"appears not to match sizes of the same param",
            r"initializing process group in store",
            r"store.based barrier",
            r"Duplicate GPU detected",
            r"NCCL (?:library|version) mismatch",
            r"Invalid (?:scalar type|rank)",
            r"process group (?:has not been|was not) initialized",
            r"default process group has not been initialized",
            r"Detected mismatch between collectives",
            r"different (?:number of )?ranks",
            r"horovod.{0,60}(?:stalled|shut down)",
            r"MPI_ABORT",
            r"mpirun (?:noticed|has exited)",
        ),
        advice=(
            "The collective failed between the workers: look at the first rank that complained, one GPU "
            "per process (LOCAL_RANK), the network interface (NCCL_SOCKET_IFNAME) and NCCL_DEBUG=INFO."
        ),
        samples=("ncclSystemError: System call (e.g. socket, malloc) or external library call failed.",),
    ),
    Rule(
        id="nccl.header",
        category=Category.NCCL_DISTRIBUTED,
        patterns=(r"NCCL error(?! handling)", r"ncclUnhandledCudaError", r"unhandled (?:cuda|system) error"),
        unless=(r"remote process exited",),
        advice=(
            "The collective failed between the workers: look at the first rank that complained, one GPU "
            "per process (LOCAL_RANK), the network interface (NCCL_SOCKET_IFNAME) and NCCL_DEBUG=INFO."
        ),
        specificity=Specificity.CLASS,
        samples=(
            (
                "torch.distributed.DistBackendError: NCCL error in: "
                "../torch/csrc/distributed/c10d/ProcessGroupNCCL.cpp:1970, unhandled system error, NCCL "
                "version 2.20.5"
            ),
        ),
        counters=("NCCL INFO NCCL_ASYNC_ERROR_HANDLING set by environment to 1.",),
    ),
    Rule(
        id="nccl.class",
        category=Category.NCCL_DISTRIBUTED,
        exceptions=(
            "DistBackendError",
            "DistNetworkError",
            "DistStoreError",
            "DistError",
            "HorovodInternalError",
            "RendezvousError",
            "DistQueueFullError",
        ),
        unless=(r"remote process exited", r"closed by (?:remote )?peer", r"reset by peer", r"broken pipe"),
        advice=(
            "The workers lost each other: look at the first rank that complained, and at the network "
            "between the replicas."
        ),
        specificity=Specificity.CLASS,
        samples=("torch.distributed.DistBackendError: no details",),
    ),
    Rule(
        id="nccl.peer_gone",
        category=Category.NCCL_DISTRIBUTED,
        patterns=(
            r"connection closed by (?:remote )?peer",
            r"remote process exited",
            (
                r"(?:gloo|pair\.cc|nccl|c10d|ProcessGroup|socket\.cpp|TCPStore)[^\n]{0,200}(?:reset by "
                r"peer|connection closed|broken pipe|connection reset|closed by peer)"
            ),
            r"failed to recv",
            r"recvValue failed",
            r"sendBytes failed",
            r"terminate called after throwing an instance of 'c10::(?:DistBackendError|Error)'",
            r"ProcessGroupNCCL.{0,100}(?:abort|exception thrown)",
            r"Application timeout caused pair closure",
            r"NCCL communicator was aborted",
            r"ncclRemoteError",
        ),
        advice=(
            "Another worker died first: look at that one's log; if it says nothing, check the network "
            "between the replicas."
        ),
        specificity=Specificity.SECONDARY,
        samples=(
            (
                "RuntimeError: [../third_party/gloo/gloo/transport/tcp/pair.cc:534] Connection closed by "
                "peer [10.0.0.3]:4711"
            ),
        ),
    ),
)

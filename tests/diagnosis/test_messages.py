"""The message that names the cause is found wherever it stands: below a colon, in a wrapper."""

from __future__ import annotations

import pytest

from bot.diagnosis import diagnose_lines
from bot.models.diagnosis import Category

_HEADER = "Traceback (most recent call last):"
_FRAME = '  File "/app/train.py", line 7, in main'
_FAILED = ["The replica workerpool0-0 exited with a non-zero status of 1.", "Job failed."]
_LINKED = ["", "The above exception was the direct cause of the following exception:", ""]


def test_exception_that_only_announces() -> None:
    """A message that ends in a colon gives way to the sentence below it, even past a blank line."""
    lines = [_HEADER, _FRAME, "app.GraphError: Graph execution error:", "", "Detected at node x"]
    lines += ["OOM when allocating tensor with shape[64,512] and type float", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert (said.root_cause_index, said.category) == (5, Category.OUT_OF_MEMORY_GPU)


def test_line_that_announces_quotes_what_follows() -> None:
    """The summary of a heading quotes the indented lines that it announces, as they hold the reason."""
    lines = ["Step #0: CMake Error at CMakeLists.txt:4 (find_package):"]
    lines += ["Step #0:   Could not find a package configuration file provided by Eigen3", "ERROR"]
    said = diagnose_lines(lines, source="cloud_build")

    assert "provided by Eigen3" in said.summary


def test_what_a_client_got_last() -> None:
    """A client that retried until its deadline is diagnosed by what it got last, not by the deadline."""
    text = "google.api_core.exceptions.RetryError: Timeout of 600.0s exceeded, last exception: "
    lines = [_HEADER, _FRAME, f"{text}503 The service is currently unavailable.", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert said.category == Category.SERVICE_ERROR


def test_remapped_error_is_the_one_to_quote() -> None:
    """Of a raw RPC error and the exception made of it, the one with the message in its own line is named."""
    raw = ["grpc._channel._InactiveRpcError: <_InactiveRpcError of RPC that terminated with:"]
    raw += ["\tstatus = StatusCode.DEADLINE_EXCEEDED", '\tdetails = "Deadline Exceeded"', ">"]
    lines = [_HEADER, _FRAME, *raw, *_LINKED, _HEADER, _FRAME]
    lines += ["google.api_core.exceptions.DeadlineExceeded: 504 Deadline Exceeded", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert said.summary == "DeadlineExceeded: 504 Deadline Exceeded"


def test_record_of_its_own_ends_a_message() -> None:
    """A line with a level of its own is another record: it does not turn the exception above into its own."""
    lines = [_HEADER, _FRAME, "AssertionError", "ERROR:launcher:failed (exitcode: 1) local_rank: 0", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert (said.root_cause_index, said.category) == (2, Category.CODE_EXCEPTION)


def test_relayed_ranks() -> None:
    """A launcher that logs its ranks' errors as INFO does not hide them."""
    relayed = [_HEADER, _FRAME, "ModuleNotFoundError: No module named 'deepspeed'"]
    lines = [f"[2025-11-18 20:18:04] [INFO] [rank0]: {line}" for line in relayed]
    said = diagnose_lines([*lines, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (2, Category.IMPORT_ERROR)


def test_build_that_pip_quotes() -> None:
    """What a package's build raises under pip is a failed install, whatever it would mean in a program."""
    quoted = [_HEADER, '  File "setup.py", line 2', "RuntimeError: CUDA_HOME is not set"]
    lines = ["  error: subprocess-exited-with-error", "  ╰─> [3 lines of output]"]
    lines += [f"      {line}" for line in quoted]
    lines += ["      [end of output]", "error: metadata-generation-failed", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert (said.root_cause_index, said.category) == (4, Category.DEPENDENCY_INSTALL)


@pytest.mark.parametrize(
    ("warning", "verdict"),
    [
        (
            "W: Failed to fetch http://apt.acme.example/x  Temporary failure resolving 'apt.acme.example'",
            "E: Unable to locate package git",
        ),
        (
            "WARNING: Retrying (Retry(total=0, connect=None)) after '[Errno 111] Connection refused'",
            "ERROR: No matching distribution found for acme==1.0",
        ),
    ],
)
def test_installer_without_its_index(warning: str, verdict: str) -> None:
    """An installer that could not read its index finds no package: the network is to blame, not the name."""
    lines = [f"Step #0: {line}" for line in (warning, verdict)]
    said = diagnose_lines([*lines, "ERROR"], source="cloud_build")

    assert (said.root_cause_index, said.category) == (0, Category.NETWORK)


def test_index_that_failed_without_harm() -> None:
    """The same warning in a build that ends well wakes nobody."""
    lines = ["Step #0: W: Failed to fetch http://apt.acme.example/x  Temporary failure resolving 'x'", "DONE"]

    assert diagnose_lines(lines, source="cloud_build").has_error is False


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        (
            (
                "google.api_core.exceptions.Forbidden: 403 GET https://storage.example/download/storage/v1/b/"
                'acme-shards/o/manifest.json?alt=media: {"error": {"code": 403, "message": "trainer@p does '
                'not have storage.objects.get access to the object.", "errors": [{"reason": "x"}]}}'
            ),
            "trainer@p does not have storage.objects.get access",
        ),
        (
            (
                "RuntimeError: Unexpected error from cudaGetDeviceCount(). Did you run some cuda functions "
                "before calling NumCudaDevices() that might have already set an error? Error 803: system has "
                "unsupported display driver / cuda driver combination"
            ),
            "system has unsupported display driver / cuda driver combination",
        ),
    ],
)
def test_summary_drops_what_explains_nothing(line: str, kept: str) -> None:
    """A long line keeps its reason, whole, and loses addresses, JSON and small talk."""
    said = diagnose_lines([_HEADER, _FRAME, line, *_FAILED], source="vertex")

    assert kept in said.summary
    assert len(said.summary) <= 200


def test_build_error_that_no_cause_fits() -> None:
    """An error that no cause fits is, in a build's log, still what the build failed of; elsewhere unknown."""
    lines = ["Step #0: error: the moon is in the wrong phase", "ERROR"]
    said = [diagnose_lines(lines, source=source).category for source in ("cloud_build", "vertex")]

    assert said == [Category.BUILD_FAILURE, Category.UNKNOWN]


def test_summary_drops_modules_of_the_class() -> None:
    """The class of an exception keeps its own name; its modules only where the name alone says nothing."""
    telling, bare = (
        diagnose_lines([_HEADER, _FRAME, line, *_FAILED], source="vertex").summary
        for line in ("acme.sub.errors.ShardError: shard 7 is odd", "acme.errors.Error: shard 7 is odd")
    )

    assert telling == "ShardError: shard 7 is odd"
    assert bare == "acme.errors.Error: shard 7 is odd"


def test_summary_keeps_the_end_of_a_wrapped_reason() -> None:
    """Where each part of a message wraps the next, the last says why: it is kept, with the first."""
    image = "europe-west4-docker.pkg.dev/acme-vlm/trainers/arr:8be19c2"
    line = f'Failed to pull image "{image}": rpc error: code = Unknown desc = failed to unpack "{image}": '
    said = diagnose_lines([line + "get token: unexpected status: 403 Forbidden", *_FAILED], source="vertex")

    assert said.summary.startswith(f'Failed to pull image "{image}"')
    assert "unexpected status: 403 Forbidden" in said.summary
    assert len(said.summary) <= 200


def test_summary_drops_hints_before_reasons() -> None:
    """Of a long line the sentences that tell what to do go first: the advice says that."""
    hint = "Please run `acme login` again, see https://acme.example/docs/login and the pages below it."
    line = f"ERROR: the shard server could not refresh its credentials for project blue. {hint} {hint}"
    said = diagnose_lines([line, *_FAILED], source="vertex")

    assert "could not refresh its credentials for project blue." in said.summary
    assert "Please" not in said.summary


def test_printed_answer_of_a_service() -> None:
    """The sentence in a printed JSON answer is read like an error line, and quoted without its key."""
    lines = ["ERROR: (gcloud.alpha.tpus.create) {", '  "code": 8,']
    lines += ['  "message": "Quota limit \'TPUS_PER_ZONE\' has been exceeded. Limit: 0 in zone z."', "}"]
    said = diagnose_lines([*lines, "Container called exit(1)."])

    assert (said.root_cause_index, said.category) == (2, Category.QUOTA)
    assert said.summary.startswith("Quota limit 'TPUS_PER_ZONE' has been exceeded.")


def test_message_below_its_class() -> None:
    """Where the row of the class is empty, the row with the message's first words is the one to mark."""
    lines = [_HEADER, _FRAME, "acme.SetupError:", "   the plan has no stages", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert (said.root_cause_index, said.summary) == (3, "SetupError: the plan has no stages")


def test_record_with_a_time_ends_a_message() -> None:
    """A record with a time of its own is not taken for more of the message above it."""
    lines = [_HEADER, _FRAME, "acme.OddError: odd", "2025-11-18 07:00:00 uploading what is left", *_FAILED]

    assert diagnose_lines(lines, source="vertex").summary == "OddError: odd"


def test_retried_to_the_last_attempt() -> None:
    """What was tried again to the last attempt, and failed, was not recovered: it is the cause."""
    reason = "Permission denied on secret: projects/1/secrets/key for service account run@acme.example."
    lines = [
        reason,
        "Provisioning failed.",
        "Retrying, attempt 1 of 2 failed",
        "Retrying, attempt 2 of 2 failed",
    ]
    said = diagnose_lines([*lines, "Execution run-x has failed to complete, 0/1 tasks were a success."])

    assert (said.root_cause_index, said.category) == (0, Category.PERMISSION_DENIED)

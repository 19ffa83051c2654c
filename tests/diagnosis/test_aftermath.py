"""What only came of another error does not hide it: lost peers, refused mounts, retries, quotes of makes."""

from __future__ import annotations

import time

import pytest

from bot.diagnosis import diagnose_lines
from bot.models.diagnosis import Category

_TRACE = ["Traceback (most recent call last):", '  File "/app/train.py", line 7, in main', "    run()"]
_FAILED = ["The replica workerpool0-0 exited with a non-zero status of 1.", "Job failed."]
_STEP = ["Finished Step #0", "ERROR", 'ERROR: build step 0 "g" failed: step exited with non-zero status: 2']
_WATCHDOG = "[E1121 04:12:55 ProcessGroupNCCL.cpp:616] [Rank 1] Watchdog caught collective operation timeout"
_REFUSED = (
    '{"severity":"ERROR","message":"ReadFile: data/part-7.tar: googleapi: Error 403: a@b.example does not '
    'have storage.objects.get access to the object, forbidden"}'
)


def _rank(number: int, *lines: str) -> list[str]:
    return [f"[rank{number}]: {line}" for line in (*_TRACE, *lines)]


def test_rank_that_lost_a_peer() -> None:
    """A rank that raised on its own is the cause, not the watchdog of the one that waited for it."""
    said = diagnose_lines([*_rank(0, "KeyError: 'x'"), _WATCHDOG, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (3, Category.CODE_EXCEPTION)


def test_lost_peer_alone() -> None:
    """Where no rank says more, the lost connection is the cause."""
    text = (
        "torch.distributed.DistBackendError: NCCL error: remote process exited or there was a network error"
    )
    said = diagnose_lines(["step", f"[rank1]: {text}", *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (1, Category.NCCL_DISTRIBUTED)


def test_exception_that_was_survived_explains_no_timeout() -> None:
    """An exception after which training went on is no reason for a timeout much later."""
    went_on = [f"step {n} loss=1.0" for n in range(9)]
    said = diagnose_lines([*_rank(0, "KeyError: 'x'"), *went_on, _WATCHDOG, *_FAILED], source="vertex")

    assert said.category == Category.NCCL_DISTRIBUTED


@pytest.mark.parametrize(
    ("file", "category"), [("part-7.tar", "permission_denied"), ("part-8.tar", "disk_full")]
)
def test_mount_that_refused_a_file(file: str, category: str) -> None:
    """A mount that says why it refuses a file explains the program's failure with that file, and no other."""
    write = "RuntimeError: [enforce fail at inline_container.cc:626] . unexpected pos 64 vs 0"
    lines = [
        "save",
        _REFUSED,
        *_TRACE,
        write,
        "",
        "During handling of the above exception, another exception",
    ]
    lines[-1] += " occurred:"
    lines += ["", *_TRACE, f"OSError: [Errno 5] Input/output error: '/gcs/b/data/{file}'"]

    assert diagnose_lines([*lines, *_FAILED], source="vertex").category == Category(category)


def test_error_that_was_retried_until_the_end() -> None:
    """An error that was tried again in vain is the cause, not the sentence that it was given up."""
    pull = "Step #0: Error response from daemon: manifest for acme/base:v9 not found: manifest unknown"
    lines = ["BUILD", pull, "Step #0: Retrying pull in 2s (attempt 2 of 10)", pull]
    lines += ["ERROR: failed to pull because we ran out of retries.", "ERROR"]
    lines += ['ERROR: build step 0 "acme/base" failed: error pulling build step 0 "acme/base": retry budget']

    assert diagnose_lines(lines, source="cloud_build").root_cause_index == 1


def test_retry_error_tells_of_another() -> None:
    """A retrying library's own exception only stands for the one it met each time."""
    met = "acme.ApiUnavailable: 503 the service is currently unavailable"
    given = "tenacity.RetryError: RetryError[<Future at 0x7f11 state=finished raised ApiUnavailable>]"
    said = diagnose_lines([met, "retry 1/2 in 9s", met, "retry 2/2 in 9s", given, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (0, Category.SERVICE_ERROR)


def test_retry_that_helped() -> None:
    """An error that was given up without harm, before work went on, is not the cause."""
    lines = ["ERROR upload: ConnectionResetError: [Errno 104] Connection reset by peer", "retry 1/1 in 2s"]
    lines += ["giving up on the upload", *[f"step {n} loss=1.0" for n in range(9)]]

    assert diagnose_lines([*lines, *_TRACE, "KeyError: 'lr'", *_FAILED]).summary == "KeyError: 'lr'"


def test_make_leaves_a_directory() -> None:
    """What make says on its way out is never the cause; the tool that spoke before it is."""
    lines = ["Step #0: make: Entering directory '/a'", "Step #0: packer: the licence has ended"]
    lines += [
        "Step #0: make: *** [Makefile:3: pack] Error 1",
        "Step #0: make: Leaving directory '/a'",
        *_STEP,
    ]

    assert diagnose_lines(lines, source="cloud_build").summary == "packer: the licence has ended"


def test_warning_made_an_error() -> None:
    """A compiler's error is one also if an option made it so; the sentence that says that is not."""
    error = "q.cc:4:9: error: 'old' is deprecated [-Werror=deprecated-declarations]"
    lines = [f"Step #0: {error}", "Step #0: cc1plus: all warnings being treated as errors", *_STEP]

    assert diagnose_lines(lines, source="cloud_build").summary == error


def test_failed_test_tells_why() -> None:
    """Beside a failed test's name stands what it raised, or the name alone explains nothing."""
    lines = ["FAIL: test_a (t.T.test_a)", "-" * 70, *_TRACE, "AssertionError: 3 != 4", "", *_STEP]
    said = diagnose_lines(lines, source="cloud_build")

    assert said.summary == "FAIL: test_a (t.T.test_a) | AssertionError: 3 != 4"


def test_image_that_could_not_be_read_is_named() -> None:
    """OpenCV names the file only in a warning before it raises; the summary has both."""
    warned = (
        "[ WARN:0@0.1] global loadsave.cpp:278 findDecoder imread_('/d/7.jpg'): can't open/read file: check"
    )
    raised = "cv2.error: OpenCV(4.10.0) /io/resize.cpp:4155: error: (-215:Assertion failed) !ssize.empty()"
    said = diagnose_lines([warned, *_TRACE, raised, *_FAILED], source="vertex")

    assert said.category == Category.DATA_MISSING
    assert "/d/7.jpg" in said.summary


def test_boxed_usage_error() -> None:
    """What stands in a box named "Error" is an error, also where no line says that the job ended."""
    lines = ["Usage: t [OPTIONS]", "╭─ Error ──────────╮", "│ Missing option '--data'. │", "╰──────╯"]
    said = diagnose_lines(lines, source="vertex")

    assert (said.root_cause_index, said.category) == (2, Category.CONFIG_ERROR)


def test_box_without_a_title_of_errors() -> None:
    """A box of another kind claims nothing, whatever words stand in it."""
    lines = ["╭─ Summary ──────────╮", "│ errors: 3, could not read 2 files │", "╰──────╯"]

    assert not diagnose_lines(lines, source="vertex").has_error


def test_api_answer_leads_with_its_sentence() -> None:
    """Of an API's printed answer the sentence is told first, the code after it."""
    entry = (
        "ERROR: (gcloud.x) Could not fetch resource:\n---\ncode: ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS\n"
    )
    entry += (
        "errorDetails:\n- localizedMessage:\n    message: A g2 VM is currently unavailable in the b-1 zone."
    )
    said = diagnose_lines([entry, *_FAILED], source="vertex")

    assert said.summary.startswith("A g2 VM is currently unavailable in the b-1 zone. code: ZONE_RESOURCE")


def test_alarms_that_are_only_tried() -> None:
    """A tool that rehearses the agent's failures has not failed."""
    lines = [
        "simulated: wandb: ERROR launch: Error running job",
        "all alarms work",
        "Container called exit(0).",
    ]

    assert not diagnose_lines(lines, source="cloud_run").has_error


def test_storm_of_consequences_is_quick() -> None:
    """Thousands of refused files, retries and lost peers cost seconds at most, not minutes."""
    storm = [*_TRACE, "OSError: [Errno 5] Input/output error: '/gcs/b/data/part-9.tar'", _REFUSED]
    storm += ["retry 1/2 in 3s, giving up after 3 attempts", _WATCHDOG]
    start = time.perf_counter()
    diagnose_lines([*storm * 3_000, *_FAILED], source="vertex")

    assert time.perf_counter() - start < 20


def test_install_that_failed_before_an_import() -> None:
    """A package that pip refused cannot be imported later: pip says why."""
    refused = "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE."
    missed = [*_TRACE, "ModuleNotFoundError: No module named 'skua_ops'"]
    said = diagnose_lines(["start", refused, "epoch", *missed, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (1, Category.DEPENDENCY_INSTALL)


def test_extension_that_did_not_compile() -> None:
    """Torch's "error building extension" is what came of the compiler's error."""
    compiler = "/app/ops.cpp:5:42: error: 'optional_scale' is not a member of 'at'"
    lines = [compiler, "ninja: build stopped: subcommand failed.", *_TRACE]
    said = diagnose_lines([*lines, "RuntimeError: Error building extension 'ops'", *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (0, Category.BUILD_FAILURE)


def test_worker_that_was_sent_half_a_pickle() -> None:
    """A spawned worker ran out of input because its parent could not pickle what it was to send."""
    parent = [*_TRACE, "AttributeError: Can't pickle local object 'build.<locals>.<lambda>'"]
    said = diagnose_lines([*parent, *_TRACE, "EOFError: Ran out of input", *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (3, Category.CODE_EXCEPTION)


def test_thing_that_is_created_when_it_is_missing() -> None:
    """ "Not found (will create)" is no failure; that it could not be created is."""
    lines = ["ERROR: (gcloud.builds.worker-pools.describe) NOT_FOUND: Pool was not found (will create)"]
    lines += ['ERROR: machine type "g2-standard-8" is not supported for private pools', *_STEP]
    said = diagnose_lines(lines, source="cloud_build")

    assert (said.root_cause_index, said.category) == (1, Category.MACHINE_TYPE_UNSUPPORTED)


def test_disk_that_was_full_beneath_a_short_write() -> None:
    """Of two exceptions about a full disk the one that says so is the cause, not the odd position."""
    inner = [*_TRACE, "OSError: [Errno 28] No space left on device", ""]
    inner += ["During handling of the above exception, another exception occurred:", ""]
    outer = [*_TRACE, "RuntimeError: [enforce fail at inline_container.cc:672] . unexpected pos 8 vs 7"]
    said = diagnose_lines([*inner, *outer, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (3, Category.DISK_FULL)


def test_permission_that_a_registry_names_below() -> None:
    """Of a refused image the line that names the missing permission is the cause, not the bare 403 above."""
    image = 'Failed to pull image "europe-docker.pkg.dev/harbor/unet:1": unexpected status: 403 Forbidden'
    lines = [image, 'denied: Permission "artifactregistry.repositories.downloadArtifacts" denied on resource']
    said = diagnose_lines([*lines, "Error: ErrImagePull", "Job failed."], source="vertex")

    assert said.root_cause_index == 1
    assert "artifactregistry.repositories.downloadArtifacts" in said.summary


def test_step_that_got_over_its_error() -> None:
    """The build's last line names the step that failed: what another one complained of did not end it."""
    lines = ['Step #0 - "cache": Error response from daemon: manifest for cache:latest not found']
    lines += ['Finished Step #0 - "cache"', "Step #1: ERROR: No matching distribution found for six==9"]
    lines += ["Finished Step #1", 'ERROR: build step 1 "docker" failed: step exited with non-zero status: 1']
    said = diagnose_lines(lines, source="cloud_build")

    assert (said.root_cause_index, said.category) == (2, Category.DEPENDENCY_INSTALL)

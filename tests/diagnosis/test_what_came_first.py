"""The error that led to the end is found: behind a thread, a retry, a shell's complaint, a missing header."""

from __future__ import annotations

from bot.diagnosis import diagnose_lines
from bot.models.diagnosis import Category

_HEADER = "Traceback (most recent call last):"
_FRAME = '  File "/app/train.py", line 7, in main'
_FAILED = ["The replica workerpool0-0 exited with a non-zero status of 1.", "Job failed."]
_REFUSED = "ERROR: Error while calling W&B API: internal server error (<Response [500]>)"
_ENDED = "Terminating task because it has reached the maximum timeout of 600 seconds."


def test_thread_that_failed_before_the_main_one_waited() -> None:
    """A main thread that got nothing more from a queue is not the cause, the thread that fed it is."""
    lines = ["Exception in thread feeder:", _HEADER, _FRAME, "ZeroDivisionError: division by zero"]
    lines += [
        _HEADER,
        _FRAME,
        "_queue.Empty",
        "",
        "During handling of the above exception, another exception",
    ]
    lines[-1] += " occurred:"
    lines += ["", _HEADER, _FRAME, "RuntimeError: the pipeline produced no batch for 3 s", *_FAILED]

    assert diagnose_lines(lines, source="vertex").root_cause_index == 3


def test_error_that_came_until_the_timeout() -> None:
    """A run that the platform stopped while it met the same error again and again died of that error."""
    said = diagnose_lines(["agent is up", *[_REFUSED] * 5, _ENDED], source="cloud_run")

    assert (said.root_cause_index, said.category) == (1, Category.WANDB_CONNECTION)


def test_error_that_was_overcome_before_the_timeout() -> None:
    """Work that went on after the errors ran out of time: the timeout is the cause."""
    lines = ["agent is up", *[_REFUSED] * 5, *[f"step {n} loss=1.0" for n in range(20)], _ENDED]

    assert diagnose_lines(lines, source="cloud_run").category == Category.TIMEOUT


def test_shell_that_misses_a_command_goes_on() -> None:
    """A shell's "not found" long before an uncaught exception did not end the program."""
    lines = ["sh: 1: nvidia-settings: not found", "one", "two", "three", "four"]
    said = diagnose_lines([*lines, _HEADER, _FRAME, "IndexError: pop from an empty list", *_FAILED])

    assert said.root_cause_index == 7


def test_shell_that_misses_its_command() -> None:
    """A shell's "not found" right before what it led to is the cause."""
    lines = ["start", "sh: 1: accelerate: not found", _HEADER, _FRAME, "RuntimeError: the launcher failed"]

    assert diagnose_lines([*lines, *_FAILED]).root_cause_index == 1


def test_traceback_without_its_header() -> None:
    """Frames and an exception of any name are an uncaught exception, also where the header was cut off."""
    lines = ["ran", "  File '...'", _FRAME, "    read(shard)", "acme.io.BadShard: shard seven is upside down"]
    said = diagnose_lines([*lines, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.summary) == (4, "BadShard: shard seven is upside down")


def test_librarys_words_are_no_install() -> None:
    """An exception of a library that was installed is no failed install, whatever words it uses."""
    text = "acme.errors.TraceError: no matching distribution found for the sampler"
    said = diagnose_lines([_HEADER, _FRAME, text, *_FAILED], source="vertex")

    assert said.category == Category.CODE_EXCEPTION


def test_exception_that_sends_its_reader_back() -> None:
    """A library's "see the original error" is no cause, however telling its class: the original is."""
    lines = [_HEADER, _FRAME, "RuntimeError: operator acme::nms does not exist", ""]
    lines += ["The above exception was the direct cause of the following exception:", "", _HEADER, _FRAME]
    lines += ["ModuleNotFoundError: Could not import module 'Args'. Set DEBUG for the original import error."]
    said = diagnose_lines([*lines, *_FAILED], source="vertex")

    assert said.root_cause_index == 2


def test_words_of_advice_are_no_second_try() -> None:
    """ "Before continuing" tells a person what to do; nothing was tried again."""
    said = "npm error `npm ci` can only install what is in sync. Please update your lock before continuing."
    lines = ["npm error code EUSAGE", "npm error", said, "npm error", "npm error Missing: is-odd@3.0.1"]
    lines += ["npm error Run npm help ci for more info", 'ERROR: build step 0 "docker" failed']

    assert diagnose_lines(lines, source="cloud_build").root_cause_index == 2


def test_platform_that_gave_up_with_vague_words() -> None:
    """What was retried in vain explains an end of which the platform says only "internal error"."""
    refused = "Error creating replica workerpool1-1: googleapi: Error 403: Quota 'SSD_TOTAL_GB' exceeded."
    lines = ["Job is preparing.", "Retrying provisioning, attempt 1 failed", refused]
    lines += ["Retrying provisioning, attempt 2 failed", "Internal error occurred for the current attempt."]
    said = diagnose_lines([*lines, "Job failed."], source="vertex")

    assert (said.root_cause_index, said.category) == (2, Category.QUOTA)


def test_reason_that_names_its_limit() -> None:
    """Of a platform's own reasons the one with the limit in it is quoted, not the bare status."""
    lines = ["step 4", "TIMEOUT", "ERROR: context deadline exceeded"]
    lines += ["BUILD FAILURE: Build timeout of 3600s exceeded while step 0 was running; see options.timeout"]
    said = diagnose_lines(lines, source="cloud_build")

    assert said.root_cause_index == 3


def test_mount_that_failed_before_the_file_was_missed() -> None:
    """A bucket that could not be mounted is why a file in it is not there."""
    mount = (
        "E1118 21:02:10.902 mountWithStorageHandle: googleapi: Error 404: The specified bucket does not exist"
    )
    missed = "FileNotFoundError: [Errno 2] No such file or directory: '/gcs/coco/instances.json'"
    said = diagnose_lines([mount, "start", _HEADER, _FRAME, missed, *_FAILED], source="vertex")

    assert (said.root_cause_index, said.category) == (0, Category.RESOURCE_NOT_FOUND)


def test_progress_of_git_is_no_error() -> None:
    """Git tells its progress on the line that it also uses for errors of the other side."""
    lines = ["remote: Enumerating objects: 4188, done.", "remote: Counting objects: 100% (2/2), done."]
    lines += [
        "Error downloading object: weights.onnx: Smudge error: batch response: exceeded its LFS budget."
    ]
    lines += ['ERROR: build step 0 "git" failed: step exited with non-zero status: 128']
    said = diagnose_lines(lines, source="cloud_build")

    assert (said.root_cause_index, said.category) == (2, Category.QUOTA)


def test_platform_that_only_adds_an_internal_error() -> None:
    """What a tool said before the platform's "internal error occurred" is the cause."""
    denied = "mount.nfs: access denied by server while mounting 10.84.0.2:/vol_datasets"
    lines = [denied, "Failed to mount NFS share. Internal error occurred for the current attempt."]
    said = diagnose_lines([*lines, "Job failed."], source="vertex")

    assert (said.root_cause_index, said.category) == (0, Category.PERMISSION_DENIED)


def test_wrapper_that_only_says_when() -> None:
    """ "An error occurred while ..." is no cause: the exception that it was raised from is."""
    lines = [_HEADER, _FRAME, "acme.CastError: because column names don't match", ""]
    lines += ["The above exception was the direct cause of the following exception:", "", _HEADER, _FRAME]
    lines += ["acme.DatasetGenerationError: An error occurred while generating the dataset"]

    assert diagnose_lines([*lines, *_FAILED], source="vertex").root_cause_index == 2


def test_message_between_lines_of_stars() -> None:
    """A library that frames its message in stars has said it below the class, not in the frame."""
    lines = [_HEADER, _FRAME, "LookupError: ", "*" * 70, "  Resource 'punkt_tab' not found.", "", *_FAILED]
    said = diagnose_lines(lines, source="vertex")

    assert (said.root_cause_index, said.category) == (4, Category.DATA_MISSING)

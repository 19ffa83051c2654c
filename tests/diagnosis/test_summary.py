"""The summary's 200 characters hold what tells: the message, the rest of its chain, no boilerplate."""

from __future__ import annotations

import pytest

from bot.diagnosis import diagnose_lines
from bot.diagnosis.shortening import first_sentence, shorten, truncate

_HEADER = "Traceback (most recent call last):"
_FRAME = '  File "/app/train.py", line 7, in main'
_FAILED = ["The replica workerpool0-0 exited with a non-zero status of 1.", "Job failed."]
_DIRECT = ["", "The above exception was the direct cause of the following exception:", ""]
_HANDLING = ["", "During handling of the above exception, another exception occurred:", ""]


def _summary(*message: str) -> str:
    return diagnose_lines([_HEADER, _FRAME, *message, *_FAILED], source="vertex").summary


def test_chain_tells_both_messages() -> None:
    """An outer message without the detail and an inner one with it are both told, the chosen one first."""
    lines = [_HEADER, _FRAME, "KeyError: 'machine_spec'", *_DIRECT, _HEADER, _FRAME]
    said = diagnose_lines([*lines, "RuntimeError: no plan for queue eu", *_FAILED], source="vertex")

    assert said.summary == "RuntimeError: no plan for queue eu (from KeyError: 'machine_spec')"


def test_chain_without_news_is_not_told() -> None:
    """What only repeats the chosen message, or only announces, takes no room."""
    lines = [_HEADER, _FRAME, "ConnectionResetError: [Errno 104] Connection reset by peer", *_HANDLING]
    lines += [_HEADER, _FRAME, "acme.ConnectionError: ('aborted', 'Connection reset by peer', Errno 104)"]
    said = diagnose_lines([*lines, *_FAILED], source="vertex")

    assert "->" not in said.summary
    assert "(from" not in said.summary


@pytest.mark.parametrize(
    "line",
    [
        "[entrypoint] training left with errors, uploading logs to gs://acme-logs/",
        "wandb:",
        "wandb: Find logs at: wandb/run-1/logs",
        "launch: agent brisk-canyon-7 polling on queues eu, running 0 out of a maximum of 4 jobs",
        " 62%|######2   | 5/8 [00:10<00:06,  2.08s/it]",
        "make: *** [Makefile:22: train] Error 1",
        "Process finished with exit code 1",
        "/app/run.sh: line 12: TOKEN: unbound",
        "--------------------",
        "[end of output]",
    ],
)
def test_neighbours_do_not_belong(line: str) -> None:
    """What launchers, shells and progress bars write right below a message is no part of it."""
    assert _summary("IndexError: pop from an empty list", line) == "IndexError: pop from an empty list"


def test_message_goes_on() -> None:
    """The lines that an exception prints below its first one still belong to it."""
    said = _summary("ValueError: two settings differ", "left: 3", "right: 4")

    assert said == "ValueError: two settings differ left: 3 right: 4"


def test_first_sentence_is_kept_whole() -> None:
    """The first sentence is what a person quotes, so nothing is taken out of its middle."""
    first = "acme.WorkerError: A worker process managed by the executor was unexpectedly terminated."
    said = _summary(f"{first} This could be caused by many things, {'one after the other, ' * 9} and so on.")

    assert said.startswith(
        "WorkerError: A worker process managed by the executor was unexpectedly terminated."
    )


def test_no_word_is_cut() -> None:
    """A summary that had to be cut ends behind a word, with a sign that it goes on."""
    said = _summary(f"ValueError: {'several words that go on and on ' * 12}")
    last = said.removesuffix("…").split()[-1]

    assert said.endswith("…")
    assert len(said) <= 200
    assert last in {"several", "words", "that", "go", "on", "and"}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            (
                "requests.exceptions.ProxyError: HTTPSConnectionPool(host='hub.acme.example', port=443): Max "
                "retries exceeded with url: /m/a/b (Caused by ProxyError('Unable to connect to proxy', "
                "NewConnectionError('<acme.Connection object at 0x7f>: Failed to establish a new connection: "
                "[Errno 111] Connection refused')))"
            ),
            ("hub.acme.example", "Unable to connect to proxy", "Connection refused"),
        ),
        (
            (
                "acme.ApiError: Error code: 400 - {'error': {'message': 'The prompt has 9120 tokens, 8192 "
                "are allowed. Shorten it.', 'type': 'invalid_request_error', 'param': 'messages', 'code': "
                "'context_length_exceeded', 'request': 'a0b1c2d3e4'}}"
            ),
            ("The prompt has 9120 tokens, 8192 are allowed",),
        ),
        (
            "acme.CompileError: node failed with "
            + "FakeTensor(size=(8, 128), dtype=bf16), " * 6
            + "{}: got "
            "RuntimeError('both sides must have the same dtype')",
            ("CompileError", "both sides must have the same dtype"),
        ),
        (
            (
                "FileNotFoundError: [Errno 2] No such file or directory: '/gcs/acme-checkpoints-europe-west4/"
                "experiments/2026-11-18/vlm-7b-instruct-stage2-run-0042/checkpoints/step_000012000/shards/"
                "rank-00003/part-00000-of-00128.safetensors'"
            ),
            ("/gcs/acme-checkpoints-europe-west4/…/", "part-00000-of-00128.safetensors"),
        ),
        (
            (
                "RuntimeError: CUDA error: an unknown thing happened on the device\nCUDA kernel errors might "
                "be asynchronously reported at some other API call, so the stacktrace below might be "
                "incorrect.\n"
                "For debugging consider passing CUDA_LAUNCH_BLOCKING=1"
            ),
            ("an unknown thing happened on the device",),
        ),
    ],
)
def test_what_tells_has_room(message: str, told: tuple[str, ...]) -> None:
    """Boilerplate goes first, so that the words which say why are in the summary of a long message."""
    said = _summary(*message.split("\n"))

    assert [words for words in told if words not in said] == []
    assert len(said) <= 200
    assert "might be asynchronously" not in said


def test_fields_below_an_error() -> None:
    """Where a tool prints its reason as a field below the error, the summary has that sentence."""
    lines = ["BUILD", "ERROR: (gcloud.run.jobs.update) INVALID_ARGUMENT: The request has errors"]
    lines += ["- '@type': type.googleapis.com/google.rpc.BadRequest", "  fieldViolations:"]
    lines += ["  - description: 4 is not a valid number of CPUs", "ERROR"]
    said = diagnose_lines(lines, source="cloud_build")

    assert "4 is not a valid number of CPUs" in said.summary


def test_error_in_a_box() -> None:
    """A tool that draws a box around its error is read as if it had drawn none."""
    box = [
        "\u256d\u2500 Error \u2500\u256e",
        "\u2502 Error: Unsupported argument   \u2502",
        "\u2570\u2500\u256f",
    ]
    said = diagnose_lines(["BUILD", *box, "ERROR"], source="cloud_build")

    assert (said.root_cause_index, said.summary) == (2, "Error: Unsupported argument")


def test_terse_keeps_redaction_whole() -> None:
    """What stands for a secret in an address goes with the address, and leaves no half of its words."""
    text = f"404 for url: https://a.example/b?token=[secret removed]&expires=123456 {'x ' * 100}"

    assert "removed" not in shorten(text, 200)


@pytest.mark.parametrize(
    ("text", "end"),
    [("One thing. Two.", 10), ("Some, e.g. X fits. More", 18), ("a.b failed", 10), ("No end", 6)],
)
def test_first_sentence(text: str, end: int) -> None:
    """A sentence ends at a full stop before a capital, not in a name or an abbreviation."""
    assert first_sentence(text) == end


def test_clipped_is_never_too_long() -> None:
    """Also one long word is cut to the limit, and a text that fits is left alone."""
    assert len(truncate("x" * 500, 200)) == 200
    assert truncate("short", 200) == "short"


def test_the_beginning_of_a_long_last_reason_is_kept() -> None:
    """A registry wraps its refusal in five others; the permission that is missing stands in the last."""
    refused = (
        'Failed to pull image "europe-west4-docker.pkg.dev/fathom-shared/base/arr-trainer:b71d0aa": rpc '
        "error: code = PermissionDenied desc = failed to authorize: failed to fetch oauth token: denied: "
        'Permission "artifactregistry.repositories.downloadArtifacts" denied on resource '
        '"projects/fathom-shared/locations/europe-west4/repositories/base" (or it may not exist)'
    )
    found = diagnose_lines(["Job is running.", refused, "Job failed."], source="vertex")

    assert "artifactregistry.repositories.downloadArtifacts" in found.summary
    assert "arr-trainer:b71d0aa" in found.summary


def test_word_at_the_edge_stays_whole() -> None:
    """A long message is cut between its words: half of the word that tells is no word to search for."""
    said = _summary(
        "RuntimeError: one of the variables needed for gradient computation has been modified by an inplace "
        "operation: [torch.FloatTensor [64, 1]], which is output 0 of AsStrided, is at version 2; expected "
        "version 1 instead. Hint: the backtrace further above shows the operation that failed to compute its "
        "gradient. The variable in question was changed in there or anywhere later. Good luck!"
    )

    assert "modified by an inplace operation" in said


def test_lines_that_only_begin_alike_are_both_told() -> None:
    """A second line about the same image that goes on otherwise adds its end: there stands the permission."""
    image = 'Failed to pull image "europe-docker.pkg.dev/shared-images-prod/ml/whisper-ft:2025.11.1"'
    lines = [f"{image}: failed to authorize: failed to fetch oauth token: unexpected status: 403 Forbidden"]
    lines += ["Error: ErrImagePull", f'{image}: denied: Permission "registry.downloadArtifacts" denied']
    said = diagnose_lines([*lines, "Error: ImagePullBackOff", "Job failed."], source="vertex").summary

    assert 'denied: Permission "registry.downloadArtifacts"' in said
    assert "ErrImagePull" not in said


def test_reasons_below_are_told_and_advice_is_not() -> None:
    """A line that goes on with why belongs to the message; "please see" explains nothing."""
    why = [
        "error: Failed to fetch: https://mirror.acme.example/simple/hydra/",
        "  cause: invalid peer certificate",
    ]
    git = [
        "remote: Support for password authentication was removed.",
        "remote: Please see the documentation.",
    ]
    git += ["fatal: Authentication failed for 'https://git.acme.example/fusion.git/'"]
    end = ['ERROR: build step 0 "pip" failed: step exited with non-zero status: 1']

    assert "invalid peer certificate" in diagnose_lines([*why, *end], source="cloud_build").summary
    said = diagnose_lines([*git, *end], source="cloud_build").summary
    assert "Authentication failed" in said
    assert "Please see" not in said


def test_colons_in_brackets_wrap_nothing() -> None:
    """A long message with colons in its values keeps its sentence, not what stands behind the last colon."""
    said = _summary(
        "IndivisibleError: Sharding NamedSharding(mesh=Mesh('data': 8, axis_types=(Auto,)), spec=P('data',), "
        "memory_kind=device) implies that array axis 0 is partitioned 8 times, but the dimension size is 100 "
        "(full shape: (100, 128), per-dimension tiling factors: [8, 1] should evenly divide the shape)"
    )

    assert "dimension size is 100" in said

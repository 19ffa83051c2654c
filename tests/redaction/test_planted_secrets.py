"""A secret that was planted in a log never leaves, however the log shows it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from planted import ASSIGNMENTS, SHAPES, WRAPPINGS, Planted, named, shaped

from bot.redaction import redact, redact_lines, safe

few = settings(max_examples=40, deadline=None, database=None)


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@few
@given(secret=shaped)
def test_a_secret_with_a_shape_never_survives(wrapping: str, secret: Planted) -> None:
    """Keys are printed by programs nobody foresaw, so their shape alone must give them away."""
    text = safe(WRAPPINGS[wrapping](secret.value))

    assert secret.left_in(text) == ""
    assert " removed]" in text


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
@few
@given(secret=named)
def test_a_secret_with_a_name_never_survives(assignment: str, secret: tuple[str, Planted]) -> None:
    """A password has no shape: the name before it must give it away in every notation of logs."""
    name, planted = secret
    text = safe(ASSIGNMENTS[assignment](name, planted.value))

    assert planted.left_in(text) == ""
    assert " removed]" in text


@few
@given(secret=shaped)
def test_the_kind_is_said(secret: Planted) -> None:
    """Who reads a diagnosis must know which key to change, and may not see it."""
    assert redact(f"using {secret.value} now") == f"using [{secret.kind} removed] now"


@few
@given(secret=named)
def test_the_kind_is_told_by_the_name(secret: tuple[str, Planted]) -> None:
    """The same for values that only a name gives away."""
    name, planted = secret

    assert redact(f'{{"{name}": "{planted.value}"}}') == f'{{"{name}": "[{planted.kind} removed]"}}'


@pytest.mark.parametrize("kind", sorted({row[0] for row in SHAPES}))
def test_a_prefix_alone_is_no_secret(kind: str) -> None:
    """Documentation and error messages name prefixes; hiding them would hide the advice."""
    for prefix in (row[1] for row in SHAPES if row[0] == kind and len(row[1]) < 14):
        assert redact(f"a key begins with {prefix} and so on") == f"a key begins with {prefix} and so on"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("wandb login 0123456789abcdef0123456789abcdef01234567", "wandb login [W&B key removed]"),
        (
            "wandb login --relogin 0123456789abcdef0123456789abcdef01234567",
            "wandb login --relogin [W&B key removed]",
        ),
        (
            'wandb.login(key="0123456789abcdef0123456789abcdef01234567")',
            'wandb.login(key="[W&B key removed]")',
        ),
        (
            "machine api.wandb.ai login user password 0123abcd0123",
            "machine api.wandb.ai login user password [password removed]",
        ),
        ("  password hunter2", "  password [password removed]"),
        ("curl -u bob:s3cr3t-pw https://h.example", "curl -u bob:[password removed] https://h.example"),
        (
            "docker login -u bob -p s3cr3t reg.example",
            "docker login -u bob -p [password removed] reg.example",
        ),
        (
            '{"auths": {"r.example": {"auth": "Ym9iOnMzY3IzdA=="}}}',
            '{"auths": {"r.example": {"auth": "[password removed]"}}}',
        ),
        ("Authorization: Basic Ym9iOnMzY3IzdA==", "Authorization: Basic [password removed]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [bearer token removed]"),
        ("Authorization: Digest username=bob, response=0a1b", "Authorization: Digest [signature removed]"),
        ("Cookie: session=abc; theme=dark", "Cookie: [cookie removed]"),
        ("Set-Cookie: sid=38afes7a8; Path=/; HttpOnly", "Set-Cookie: [cookie removed]"),
        ("mongodb+srv://bob:p@ss@h.example/db", "mongodb+srv://bob:[password removed]@h.example/db"),
        ("redis://:s3cr3t@h.example:6379/0", "redis://:[password removed]@h.example:6379/0"),
        ("postgres://bob:a/b+c=@h.example/db", "postgres://bob:[password removed]@h.example/db"),
        ("https%3A%2F%2Fbob%3As3cr3t%40h.example", "https%3A%2F%2Fbob%3A[password removed]%40h.example"),
        (
            "POST https://hooks.slack.com/services/" + "T01ABCDEF/B01ABCDEF/abcdefghijklmnopqrstuvwx 403",
            "POST https://hooks.slack.com/services/[Slack webhook removed] 403",
        ),
        (
            "https://storage.googleapis.com/b/o?X-Goog-Date=2026&X-Goog-Signature=0a1b2c3d4e5f60718293&x=1",
            "https://storage.googleapis.com/b/o?X-Goog-Date=2026&X-Goog-Signature=[signature removed]&x=1",
        ),
        (
            "https://b.s3.amazonaws.com/o?X-Amz-Signature=0a1b2c3d4e5f60718293",
            "https://b.s3.amazonaws.com/o?X-Amz-Signature=[signature removed]",
        ),
        ("api_keys=['first-one', 'second-one']", "api_keys=['[secret removed]', '[secret removed]']"),
        ("TOKEN=abc,region=us-central1", "TOKEN=[secret removed],region=us-central1"),
        ('token = """abc"""', 'token = """[secret removed]"""'),
    ],
)
def test_the_rest_of_the_line_stays(text: str, expected: str) -> None:
    """What surrounds a secret is what a person needs to understand the failure."""
    assert redact(text) == expected


@few
@given(secret=shaped)
def test_a_token_broken_in_two_is_seen(secret: Planted) -> None:
    """Terminals and log writers break long lines wherever the width ends, also within a key."""
    for cut in range(1, len(secret.value)):
        broken = [f"[rank0]: {secret.value[:cut]}", f"[rank0]: {secret.value[cut:]}"]

        # The very end of a key of unknown length cannot be told from the next word.
        assert len(secret.left_in("\n".join(redact_lines(broken)))) == 0 or len(secret.value) - cut < 20


@pytest.mark.parametrize("name", ["pWD", "_pwd", "Token", "_secret", "APIKEY", "_passwd", "Cookie"])
@pytest.mark.parametrize("prefix", ["wandb_v1_", "github_pat_", "sk-proj-", "ya29.", "glpat-"])
def test_a_token_broken_behind_what_reads_like_a_name_is_seen(prefix: str, name: str) -> None:
    """What was drawn by lot ends, at the break, like a secret's name: the row below is no value of it."""
    first, rest = (
        f"{prefix}2d8tMHOux{name}",
        "XINkGpJ90zGK1Nw9VZbFuHvcelNZbAb1jxDAh0uDi1M3vI7rJ4USXs6pIDfwpASYs",
    )
    lines = redact_lines([f"[rank0]: {first}", f"[rank0]: {rest}"])

    assert Planted("", "", "2d8tMHOux" + rest).left_in("\n".join(lines)) == ""


def test_a_token_broken_behind_what_reads_like_an_option_is_seen() -> None:
    """The row below is taken for the option's value, and the option itself is the beginning of the token."""
    first = "sk-proj--9IoGpeVQGWPWD"
    rest = "thEUZx_Fqrp04R2xS6KDlaLC-54DWGrCp8MCqqa99Q9byXEZiFFDAh423u8aTRzrm4dxI"
    lines = redact_lines([f"[rank0]: {first}", f"[rank0]: {rest}", "[rank0]: next"])

    assert Planted("", "", first[8:] + rest).left_in("\n".join(lines)) == ""
    assert lines[2] == "[rank0]: next"


@few
@given(secret=shaped)
def test_a_token_broken_in_three_is_seen(secret: Planted) -> None:
    """The same for a narrow terminal."""
    third = len(secret.value) // 3
    broken = [secret.value[:third], secret.value[third : 2 * third], secret.value[2 * third :]]

    assert secret.left_in("\n".join(redact_lines(broken))) == ""


@pytest.mark.parametrize(
    "text",
    [
        "https://conda.quill.example/t/tk-4471-{}/arr-internal",
        "https://conda.anaconda.org/t/{}/main/linux-64",
        "https://discord.com/api/webhooks/1234567890123456/{}",
        "https://acme.webhook.office.com/webhookb2/{}/IncomingWebhook/x",
        "https://maps.example/a?key={}",
        '{{"username":"ana","key":"{}"}}',
    ],
)
def test_a_token_of_an_address_goes(text: str) -> None:
    """Some services put the token into the path; the error that quotes the address then shows it."""
    shown = safe(text.format("facbb01a8480139ac827c2413acd9f86"))

    assert "facbb01a" not in shown
    assert "2413acd9f86" not in shown

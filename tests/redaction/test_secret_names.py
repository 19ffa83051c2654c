"""A secret's own name says which one is missing, so it stays; what could be a value goes all the same."""

from __future__ import annotations

import pytest

from bot.redaction import safe


@pytest.mark.parametrize(
    "line",
    [
        "404 Secret [projects/55120391/secrets/wandb-key-prod] not found or has no versions.",
        "Secret Version [projects/55120391/secrets/wandb-key/versions/7] not found.",
        "Secret (projects/p-1/secrets/hub-token-eu2/versions/latest) is disabled",
        'Error: secret "openai-prod-key-2024" not found',
        'secret "wandb-2024-prod-eu1" not found',
        "Secret [hf-key-2024-prod-eu1] does not exist",
        "couldn't find key api-key in Secret default/wandb-creds-2024-prod",
    ],
)
def test_the_name_of_a_secret_stays(line: str) -> None:
    """The name is what has to be created or spelt right, and opens nothing."""
    assert safe(line) == line


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("secret [a3f9c2d177de01bb9912cafe] not found", "a3f9c2d177de01bb9912cafe"),
        ("secret a3f9c2-77de01bb-9912cafe not found", "77de01bb"),
        ("Secret default/x9f9c2d177de01bb9912cafe", "x9f9c2d177de01bb9912cafe"),
        ('secret "Tr0ub4dor3AndMore99" not found', "Tr0ub4dor3AndMore99"),
        ("TOKEN=[abcdef1234567890abcd]", "abcdef1234567890abcd"),
    ],
)
def test_a_value_goes(line: str, value: str) -> None:
    """A value drawn by lot is hidden where a name may stand, and its brackets are not doubled."""
    said = safe(line)

    assert value not in said
    assert "[[" not in said
    assert "]]" not in said

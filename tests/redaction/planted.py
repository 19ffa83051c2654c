"""Fake secrets of every kind, drawn by lot, and the ways in which logs show them."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
# Quotes, blanks and backslashes only stand in quoted values.
PASSWORD = ALNUM + "!#*+.:;=?_~^-"


class Planted(NamedTuple):
    """A secret: the words that replace it, what its kind begins with, and what was drawn by lot."""

    kind: str
    prefix: str
    drawn: str

    @property
    def value(self) -> str:
        return self.prefix + self.drawn

    def left_in(self, text: str) -> str:
        """The longest drawn part (five characters or more) that `text` still holds."""
        pieces = (self.drawn[start : start + 5] for start in range(max(1, len(self.drawn) - 4)))
        return next((piece for piece in pieces if piece in text), "")


def drawn(alphabet: str, length: int) -> st.SearchStrategy[str]:
    return st.integers(0, 2**63).map(lambda seed: "".join(random.Random(seed).choices(alphabet, k=length)))  # noqa: S311 - a fake


# kind, prefix, alphabet, drawn characters.
_SHAPES = (
    ("W&B key", "wandb_v1_", ALNUM + "_", 77),
    ("W&B key", "local-", HEX, 40),
    ("Hugging Face token", "hf_", ALNUM, 34),
    ("Hugging Face token", "api_org_", ALNUM, 34),
    ("GitHub token", "ghp_", ALNUM, 36),
    ("GitHub token", "gho_", ALNUM, 36),
    ("GitHub token", "ghs_", ALNUM, 36),
    ("GitHub token", "github_pat_", ALNUM, 82),
    ("GitLab token", "glpat-", URL_SAFE, 20),
    ("Slack token", "xoxb-2718281828-3141592653-", ALNUM, 24),
    ("Slack token", "xoxp-", string.digits, 40),
    ("Slack token", "xapp-1-A012ABC-", HEX, 64),
    ("Slack token", "xoxe.xoxp-1-", ALNUM, 160),
    ("Google API key", "AIza", URL_SAFE, 35),
    ("Google OAuth token", "ya29.", URL_SAFE, 180),
    ("Google OAuth token", "1//0", URL_SAFE, 60),
    ("Google client secret", "GOCSPX-", URL_SAFE, 28),
    ("AWS key", "AKIA", string.ascii_uppercase + "234567", 16),
    ("AWS key", "ASIA", string.ascii_uppercase + "234567", 16),
    ("OpenAI key", "sk-", ALNUM, 48),
    ("OpenAI key", "sk-proj-", URL_SAFE, 156),
    ("Anthropic key", "sk-ant-api03-", URL_SAFE, 93),
    ("SendGrid key", "SG.", ALNUM, 22),
    ("Stripe key", "sk_live_", ALNUM, 24),
    ("secret", "gsk_", ALNUM, 52),
    ("secret", "hvs.", URL_SAFE, 24),
    ("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJ", URL_SAFE, 80),
)
# Without a shape of their own: what stands before them tells them.
_NAMED = (
    ("W&B key", "WANDB_API_KEY", HEX, 40),
    ("W&B key", "api_key", HEX, 40),
    ("AWS key", "AWS_SECRET_ACCESS_KEY", BASE64, 40),
    ("AWS key", "SecretAccessKey", BASE64, 40),
    ("password", "DB_PASSWORD", PASSWORD, 14),
    ("password", "password", ALNUM, 10),
    ("password", "smtp_passwd", PASSWORD, 20),
    ("secret", "CLIENT_SECRET", URL_SAFE, 32),
    ("secret", "accessToken", URL_SAFE, 40),
    ("secret", "refresh_token", URL_SAFE, 40),
    ("secret", "x-api-key", ALNUM, 32),
    ("private key", "private_key_id", HEX, 40),
    ("Azure key", "AZURE_STORAGE_KEY", BASE64, 86),
)


def _of(kind: str, prefix: str, alphabet: str, length: int) -> st.SearchStrategy[Planted]:
    tail = "." + "s" * 0 if prefix != "SG." else "." + "B" * 43
    return drawn(alphabet, length).map(
        lambda text: Planted(kind, prefix, text + (tail if prefix == "SG." else ""))
    )


shaped = st.sampled_from(_SHAPES).flatmap(lambda row: _of(*row))
named = st.sampled_from(_NAMED).flatmap(
    lambda row: drawn(row[2], row[3]).map(lambda text: (row[1], Planted(row[0], "", text)))
)

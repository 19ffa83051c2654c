"""Fake secrets of every kind, drawn by lot, and the ways in which logs show them."""

from __future__ import annotations

import base64
import json
import random
import string
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable

HEX = "0123456789abcdef"
ALNUM = string.ascii_letters + string.digits
URL_SAFE = ALNUM + "-_"
BASE64 = ALNUM + "+/"
BASE32 = string.ascii_uppercase + "234567"
PASSWORD = ALNUM + "!#*+.:;=?_~^-"
# What a piece must have to be recognised in an output; shorter ones occur by chance.
PIECE = 5


class Planted(NamedTuple):
    """A secret: the words that replace it, what its kind begins with, and what was drawn by lot."""

    kind: str
    prefix: str
    drawn: str

    @property
    def value(self) -> str:
        return self.prefix + self.drawn

    def left_in(self, text: str) -> str:
        """The first drawn piece that `text` still holds, or nothing."""
        pieces = (self.drawn[start : start + PIECE] for start in range(len(self.drawn) - PIECE + 1))
        return next((piece for piece in pieces if piece in text), "")


# The words that replace it, its prefix, the alphabet of the rest and how much there is of it.
SHAPES = (
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
    ("secret", "pcsk_", ALNUM, 60),
    ("secret", "NRAK-", BASE32, 27),
    ("secret", "pypi-AgEI", URL_SAFE, 100),
    ("Google API key", "AIza", URL_SAFE, 35),
    ("Google OAuth token", "ya29.", URL_SAFE, 180),
    ("Google OAuth token", "1//0", URL_SAFE, 60),
    ("Google client secret", "GOCSPX-", URL_SAFE, 28),
    ("AWS key", "AKIA", BASE32, 16),
    ("AWS key", "ASIA", BASE32, 16),
    ("OpenAI key", "sk-", ALNUM, 48),
    ("OpenAI key", "sk-proj-", URL_SAFE, 156),
    ("Anthropic key", "sk-ant-api03-", URL_SAFE, 93),
    ("Stripe key", "sk_live_", ALNUM, 24),
    ("SendGrid key", "SG.abcdefghijklmnopqrstuv.", ALNUM, 43),
    ("secret", "gsk_", ALNUM, 52),
    ("secret", "hvs.", URL_SAFE, 24),
    ("JWT", "eyJhbGciOiJIUzI1NiJ9.eyJ", URL_SAFE, 80),
)
# Without a shape of their own: the name before them tells them.
NAMED = (
    ("W&B key", "WANDB_API_KEY", HEX, 40),
    ("W&B key", "api_key", HEX, 40),
    ("AWS key", "AWS_SECRET_ACCESS_KEY", BASE64, 40),
    ("AWS key", "SecretAccessKey", BASE64, 40),
    ("Azure key", "AZURE_STORAGE_KEY", BASE64, 86),
    ("private key", "private_key_id", HEX, 40),
    ("password", "DB_PASSWORD", PASSWORD, 14),
    ("password", "password", ALNUM, 10),
    ("password", "smtp_passwd", PASSWORD, 20),
    ("secret", "CLIENT_SECRET", URL_SAFE, 32),
    ("secret", "accessToken", URL_SAFE, 40),
    ("secret", "refresh_token", URL_SAFE, 40),
    ("secret", "x-api-key", ALNUM, 32),
)


def _planted(kind: str, prefix: str, alphabet: str, length: int) -> st.SearchStrategy[Planted]:
    def draw(seed: int) -> Planted:
        rng = random.Random(seed)  # noqa: S311 - a fake must be repeatable, not unpredictable
        return Planted(kind, prefix, "".join(rng.choices(alphabet, k=length)))

    return st.integers(0, 2**40).map(draw)


shaped = st.sampled_from(SHAPES).flatmap(lambda row: _planted(*row))
named = st.sampled_from(NAMED).flatmap(
    lambda row: st.tuples(st.just(row[1]), _planted(row[0], "", row[2], row[3]))
)

WRAPPINGS: dict[str, Callable[[str], str]] = {
    "alone": lambda s: s,
    "after the prefix of wandb": lambda s: f"wandb: ERROR {s}",
    "in the row of a rank": lambda s: f"[rank0]: using {s}, then more",
    "in a shell trace of a build": lambda s: f"Step #0: + export X={s}",
    "in JSON": lambda s: json.dumps({"a": s, "b": 1}),
    "in JSON in JSON": lambda s: json.dumps({"m": json.dumps({"a": s})}),
    "in a dump of the environment": lambda s: f"environ({{'PATH': '/usr/bin', 'X': '{s}', 'HOME': '/root'}})",
    "in the query of a URL": lambda s: f"GET https://h.example/p?x={s}&y=1 HTTP/1.1",
    "as the password of a URL": lambda s: f"cloning https://oauth2:{s}@git.example/r.git",
    "URL-encoded": lambda s: "a%3D" + quote(s, safe="") + "%26b%3D2",
    "behind an escaped line end": lambda s: repr("first\n" + s + "\nlast"),
    "behind a JSON escape": lambda s: "x\\u003d" + s + "\\u0026",
    "in quotes of HTML": lambda s: f"&quot;{s}&quot;",
    "as bytes": lambda s: repr(s.encode()),
    "in base64": lambda s: base64.b64encode(s.encode()).decode(),
    "in JSON in base64": lambda s: f"got {base64.b64encode(json.dumps({'k': s}).encode()).decode()} here",
    "in a header": lambda s: f"curl -H 'Authorization: Bearer {s}' https://h.example",
    "at the end of a sentence": lambda s: f"The key {s}.",
    "as an argument": lambda s: f"login({s})",
    "in backticks": lambda s: f"`{s}` is bad",
    "coloured": lambda s: f"\x1b[31m{s}\x1b[0m",
    "coloured without escape characters": lambda s: f"[31m{s}[0m",
    "with zero-width spaces between": "\u200b".join,
    "with a colour in the middle": lambda s: f"{s[:9]}\x1b[0m{s[9:]}",
    "with colours between": "\x1b[1;31m".join,
    "with bidirectional marks between": "\u202e\u2066".join,
    "typed over": lambda s: "".join(f"x\b{character}" for character in s),
    "with the line end of Windows": lambda s: s + "\r\n",
}

ASSIGNMENTS: dict[str, Callable[[str, str], str]] = {
    "KEY=value": lambda k, s: f"{k}={s}",
    "export": lambda k, s: f"+ export {k}={s}",
    "export with quotes": lambda k, s: f"export {k}='{s}'; echo",
    "KEY: value": lambda k, s: f"{k}: {s}",
    "KEY: value of wandb": lambda k, s: f"wandb: ERROR {k}: {s}",
    "YAML": lambda k, s: f'  {k}: "{s}"',
    "JSON": lambda k, s: json.dumps({k: s, "b": 1}),
    "dense JSON": lambda k, s: json.dumps({k: s, "b": 1}, separators=(",", ":")),
    "JSON in JSON": lambda k, s: json.dumps({"m": json.dumps({k: s})}),
    "JSON in JSON in JSON": lambda k, s: json.dumps({"m": json.dumps({"x": json.dumps({k: s})})}),
    "a dict": lambda k, s: repr({k: s}),
    "a dump of the environment": lambda k, s: f"environ({{'PATH': '/usr/bin', '{k}': '{s}', 'HOME': '/'}})",
    "items": lambda k, s: repr([("PATH", "/bin"), (k, s)]),
    "an option": lambda k, s: f"python train.py --{k} {s} --lr 0.1",
    "an option with =": lambda k, s: f"python train.py --{k}={s} --lr 0.1",
    "a list of arguments": lambda k, s: json.dumps([f"--{k}", s]),
    "keyword arguments": lambda k, s: f"Client({k}='{s}', project='x')",
    "an attribute": lambda k, s: f"config.{k} = '{s}'",
    "a subscript": lambda k, s: f"os.environ['{k}'] = '{s}'",
    "the query of a URL": lambda k, s: f"https://h.example/x?{k}={quote(s, safe='')}&region=us",
    "URL-encoded JSON": lambda k, s: quote(f'{{"{k}":"{s}"}}', safe=""),
    "name and value in JSON": lambda k, s: json.dumps({"name": k, "value": s}),
    "name and value in proto text": lambda k, s: f'env {{ name: "{k}" value: "{s}" }}',
    "name and value of an object": lambda k, s: f"EnvVar(name='{k}', value='{s}')",
    "a Dockerfile": lambda k, s: f"Step 3/9 : ENV {k} {s}",
    "gcloud": lambda k, s: f"gcloud run jobs update --set-env-vars={k}={s},FOO=bar",
    "HTML": lambda k, s: f"&quot;{k}&quot;: &quot;{s}&quot;",
    "an arrow": lambda k, s: f"{k} => {s}",
    "base64": lambda k, s: base64.b64encode(f"{k}={s}".encode()).decode(),
    "colours": lambda k, s: f"\x1b[32m{k}\x1b[0m=\x1b[31m{s}\x1b[0m",
    "zero-width joiners": lambda k, s: "\u200d".join(f"{k}={s}"),
    "the next row": lambda k, s: f"{k}:\n{s}",
    "the next row of wandb": lambda k, s: f"wandb: {k}:\nwandb: {s}",
    "name and value in YAML": lambda k, s: f"- name: {k}\n  value: {s}",
    "name and value in rows of proto text": lambda k, s: f'  name: "{k}"\n  value: "{s}"',
    "name and value in rows of JSON": lambda k, s: json.dumps({"name": k, "value": s}, indent=2),
    "rows of arguments": lambda k, s: json.dumps([f"--{k}", s], indent=2),
    "a block of YAML": lambda k, s: f"{k}: |\n  {s}\nnext: 1",
}

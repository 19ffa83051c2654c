"""Generates names and ids in the formats of Cloud Run, Vertex AI and W&B."""

from __future__ import annotations

import base64
import secrets
import string

_LETTERS = string.ascii_lowercase + string.digits
_ADJECTIVES = ("amber", "brisk", "calm", "dusty", "eager", "lively", "mellow", "quiet", "silver", "sunny")
_NOUNS = ("aspen", "brook", "canyon", "field", "glade", "harbor", "meadow", "ridge", "shore", "valley")


def new_suffix(length: int) -> str:
    """Return random letters and digits, as in Cloud Run execution names and W&B run ids."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def new_job_id() -> str:
    """Return a new custom job id: nineteen digits."""
    return str(10**18 + secrets.randbelow(8 * 10**18))


def new_item_id() -> str:
    """Return a new queue item id; W&B's are base64 of a type and a number."""
    return base64.b64encode(f"RunQueueItem:{secrets.randbelow(10**9)}".encode()).decode()


def run_storage_id(run_id: str, project: str, entity: str) -> str:
    """Return a run's storage id, used by `stopRun`; `run_of_storage_id` decodes it."""
    return base64.b64encode(f"Run:v1:{run_id}:{project}:{entity}".encode()).decode()


def run_of_storage_id(storage_id: str) -> str:
    """Return the run id in a storage id, or "" if that is invalid."""
    try:
        parts = base64.b64decode(storage_id, validate=True).decode().split(":")
    except ValueError:
        return ""
    return parts[2] if len(parts) > 2 and parts[0] == "Run" else ""  # noqa: PLR2004 - Run, v1, then the id


def new_agent_name() -> str:
    """Return a random name of a launch agent."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}-{1 + secrets.randbelow(99)}"

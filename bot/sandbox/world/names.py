"""Names and ids in the shapes that Cloud Run, Vertex AI and W&B give them."""

from __future__ import annotations

import base64
import secrets
import string

_LETTERS = string.ascii_lowercase + string.digits
_ADJECTIVES = ("amber", "brisk", "calm", "dusty", "eager", "lively", "mellow", "quiet", "silver", "sunny")
_NOUNS = ("aspen", "brook", "canyon", "field", "glade", "harbor", "meadow", "ridge", "shore", "valley")


def new_suffix(length: int) -> str:
    """Letters and digits, as behind a Cloud Run execution's name, or as a W&B run id."""
    return "".join(secrets.choice(_LETTERS) for _ in range(length))


def new_job_id() -> str:
    """Return a custom job's number: nineteen digits."""
    return str(10**18 + secrets.randbelow(8 * 10**18))


def new_item_id() -> str:
    """Return a queue item's opaque id: W&B's are base64 of a type and a number."""
    return base64.b64encode(f"RunQueueItem:{secrets.randbelow(10**9)}".encode()).decode()


def run_storage_id(run_id: str, project: str, entity: str) -> str:
    """Return a run's storage id, which `stopRun` wants; `run_of_storage_id` reads it back."""
    return base64.b64encode(f"Run:v1:{run_id}:{project}:{entity}".encode()).decode()


def run_of_storage_id(storage_id: str) -> str:
    """Return the run id inside a storage id, or "" when it is none."""
    try:
        parts = base64.b64decode(storage_id, validate=True).decode().split(":")
    except ValueError:
        return ""
    return parts[2] if len(parts) > 2 and parts[0] == "Run" else ""  # noqa: PLR2004 - Run, v1, then the id


def new_agent_name() -> str:
    """Return a launch agent's friendly name."""
    return f"{secrets.choice(_ADJECTIVES)}-{secrets.choice(_NOUNS)}-{1 + secrets.randbelow(99)}"

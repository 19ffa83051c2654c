"""The ASCII art shown when a job was submitted, and the headline above it."""

from __future__ import annotations

from bot.models.launch import JobSeen
from formatting.times import seconds_between

ART = """\
✓ Job Invocation Submitted to the Cloud! ✓

        ◇
       ◇ 9 ◇
      ∿ 6 9 ∿
     ◇ 3 6 9 ◇
    ∿ ◇ ∿ ◇ ∿
   Task → Cloud ✓

   Vision ∿ Forge 🔥
   ◇ Embrace 🤗 ∿ Lightning ⚡ ◇
   Four ◇ One ∿ Rivers ◇ Ocean
   ∿ Pattern ◇ Complete ∿ ✨

   Monitor progress: /monitor"""


def headline(job: JobSeen) -> str:
    """Return the line above the art: the job's age in seconds when it was first seen, and its state."""
    age = int(seconds_between(job.created, job.first_seen) or 0)
    return f"   ✓ JOB FOUND (age: {age}s, state: JOB_STATE_{job.state.value.upper()})"


def submitted(job: JobSeen) -> str:
    """Return the headline, an empty line and the art."""
    return f"{headline(job)}\n\n{ART}"

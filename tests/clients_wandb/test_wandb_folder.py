from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bot.clients.wandb.sdk_process import MIN_AGE_SECONDS, PREFIX, SdkTempDir

HOLDER = """
import sys, time
from bot.clients.wandb.sdk_process import SdkTempDir
print(SdkTempDir().path, flush=True)
time.sleep(100)
"""


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    return tmp_path


def holder(scratch: Path) -> tuple[subprocess.Popen[str], Path]:
    """A bot with a folder that was made some time ago."""
    process = subprocess.Popen(  # noqa: S603 - our own script
        [sys.executable, "-c", HOLDER],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch), "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert process.stdout is not None
    path = Path(process.stdout.readline().strip())
    (path / "cache").write_text("x")
    long_ago = time.time() - MIN_AGE_SECONDS - 1
    os.utime(path, (long_ago, long_ago))
    return process, path


def test_a_killed_bot_s_folder_goes_and_a_living_one_s_stays(scratch: Path) -> None:
    """A supervisor may kill and restart a bot for weeks: its folders must not fill the disk."""
    living, kept = holder(scratch)
    killed, left = holder(scratch)
    killed.send_signal(signal.SIGKILL)
    killed.communicate()

    folder = SdkTempDir()

    assert (False, True) == (left.exists(), (kept / "cache").exists())
    folder.remove()
    living.kill()
    living.communicate()
    assert [kept] == list(scratch.iterdir())


def test_what_is_young_or_no_folder_of_ours_stays(scratch: Path) -> None:
    """A folder that another bot makes at this moment, or a link that somebody planted, is not touched."""
    young = scratch / f"{PREFIX}young"
    young.mkdir()
    other = scratch / "other"
    other.mkdir()
    link = scratch / f"{PREFIX}link"
    link.symlink_to(other)
    os.utime(link, (0, 0), follow_symlinks=False)

    SdkTempDir().remove()

    assert {young, other, link} == set(scratch.iterdir())

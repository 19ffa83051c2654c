from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.models.errors import StoreError
from bot.runtime.clock import SystemClock
from bot.store import AlreadyServed, Store, open_store, take_lock

Start = Callable[..., "subprocess.Popen[str]"]


def answers(*processes: subprocess.Popen[str]) -> list[list[str]]:
    """Lets the processes go at the same moment, and returns what each said."""
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    return [process.communicate(timeout=60)[0].split() for process in processes]


@pytest.mark.parametrize("kind", ["trigger", "press"])
async def test_two_processes_start_each_launch_once(start: Start, store: Store, url: str, kind: str) -> None:
    """The same request at two replicas is one launch, whoever was faster: both name the same one."""
    one, other = answers(start("race", url, "aaa", kind), start("race", url, "bbb", kind))

    assert one[:-1] == other[:-1]
    assert int(one[-1]) + int(other[-1]) == 30
    assert len(await store.launches.unfinished()) == 30


def test_two_processes_agree_who_starts_a_runner(start: Start, store: Store, url: str) -> None:
    """One statement decides, so two launches at once start one runner."""
    one, other = answers(start("claim", url, "aaaa"), start("claim", url, "bbbb"))

    assert one == other
    assert set(one) <= {"aaaa", "bbbb"}


def test_two_processes_may_make_the_store_at_once(start: Start, url: str) -> None:
    """A terminal and the bot may both be started first: neither may find half of the tables."""
    assert [["0"], ["0"]] == answers(start("open", url), start("open", url))


@pytest.mark.parametrize("lines", [1, 20, 47])
async def test_what_was_acknowledged_survives_a_kill(start: Start, url: str, lines: int) -> None:
    """A launch exists once acked: SIGKILL in the middle of a write may cost only what was not acked yet."""
    process = start("churn", url)
    assert process.stdout is not None
    said = [process.stdout.readline().split() for _ in range(lines)]
    process.kill()
    said += [line.split() for line in process.communicate()[0].splitlines() if len(line.split()) == 2]
    acked = {launch_id: int(version) for launch_id, version in said}

    store = await open_store(url, SystemClock())
    stored = {launch.launch_id: launch.version for launch in await store.launches.unfinished()}
    await store.close()

    assert acked
    assert {launch_id: stored[launch_id] >= version for launch_id, version in acked.items()} == dict.fromkeys(
        acked, True
    )


def test_a_full_disk_is_a_sentence_and_costs_nothing(start: Start, url: str, tmp_path: Path) -> None:
    """Launches are refused with a sentence while there is no space; what stands stays, and work goes on."""
    sentence, lost, fresh = start("fill", url, str(tmp_path)).communicate(timeout=60)[0].splitlines()

    assert f"The store {tmp_path}/store.db cannot be read or written: its disk is full" in sentence
    assert (lost, fresh) == ("0", "True")


async def test_one_process_serves_a_file(start: Start, url: str, tmp_path: Path) -> None:
    """A second `serve` is refused by name; readers go on; the lock of a killed process is free at once."""
    holder = start("lock", url)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "locked\n"

    with pytest.raises(AlreadyServed, match=f"served already, by process {holder.pid}"):
        take_lock(url)
    reader = await open_store(url, SystemClock())
    assert await reader.launches.unfinished() == ()
    await reader.close()
    holder.kill()
    holder.wait()

    with take_lock(url), pytest.raises(AlreadyServed):
        take_lock(url)
    take_lock(url).release()


def test_a_link_to_the_file_is_the_same_store(tmp_path: Path) -> None:
    """Two names of one file must not be served by two bots."""
    (tmp_path / "link").symlink_to(tmp_path)

    with take_lock(f"sqlite:///{tmp_path}/store.db"), pytest.raises(AlreadyServed):
        take_lock(f"sqlite:///{tmp_path}/link/store.db")


def test_a_lock_that_cannot_be_made_is_a_sentence(tmp_path: Path) -> None:
    """A folder that is a file is a mistake in the settings."""
    (tmp_path / "file").write_text("")

    with pytest.raises(StoreError, match=r"store\.db"):
        take_lock(f"sqlite:///{tmp_path}/file/store.db")

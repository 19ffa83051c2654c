"""What the Dockerfile does, done here: its files, its install command, and the bot as another user."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pwd
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from bed import stage_on
from processes import Child

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STRANGER = "nobody"
# The image's command line, with the folders of this test.
IMAGE = "/opt/launch-control"


def reachable_python() -> str | None:
    """An interpreter that another user may run: a root's own Python lies where nobody else can look."""
    for candidate in (sys.executable, "/usr/bin/python3", "/usr/local/bin/python3"):
        fits = "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"
        with contextlib.suppress(OSError, subprocess.CalledProcessError):
            real = str(Path(candidate).resolve(strict=True))
            subprocess.run([real, "-c", fits], check=True, user=STRANGER, capture_output=True, cwd="/")  # noqa: S603 - our own words
            return real
    return None


PYTHON = reachable_python() if os.getuid() == 0 else None
pytestmark = pytest.mark.skipif(
    PYTHON is None, reason="starting the bot as another user needs root and a Python that all may run"
)


@dataclass(frozen=True, slots=True)
class Image:
    """The folders of an image: the installed environment, and the volume of the bot's user."""

    environment: Path
    data: Path

    async def start(self, *words: str, log: Path, **secrets: str) -> asyncio.subprocess.Process:
        """Run the console command as the image does: another user, in the volume."""
        with log.open("wb") as file:
            return await asyncio.create_subprocess_exec(
                self.environment / "bin/launch-control",
                *words,
                cwd=self.data,
                env={"PATH": "/usr/bin:/bin", "HOME": str(self.data), **secrets},
                user=STRANGER,
                group=pwd.getpwnam(STRANGER).pw_gid,
                extra_groups=(),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=file,
                stderr=file,
            )


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Made by the Dockerfile's COPY lines and its install command."""
    folder = Path(tempfile.mkdtemp(prefix="launch-control-image-"))
    folder.chmod(0o755)
    app, environment, data = folder / "app", folder / "environment", folder / "data"
    app.mkdir()
    for line in re.findall(r"^COPY (.+)$", DOCKERFILE, re.MULTILINE):
        *names, target = line.split()
        for name in names:
            into = app / (name if target == "./" else target)
            _ = (
                shutil.copytree(ROOT / name, into)
                if (ROOT / name).is_dir()
                else shutil.copy(ROOT / name, into)
            )
    (command,) = re.findall(rf"^RUN (COPY_CODE=1 \./install\.sh serve {IMAGE})", DOCKERFILE, re.MULTILINE)
    subprocess.run(  # noqa: S602 - the Dockerfile's own words
        command.replace(IMAGE, str(environment)),
        shell=True,
        cwd=app,
        check=True,
        env={**os.environ, "PYTHON": str(PYTHON)},
    )
    data.mkdir()
    shutil.chown(data, STRANGER)
    yield Image(environment, data)
    shutil.rmtree(folder)


@pytest.mark.timeout(300)
async def test_the_image_serves_as_another_user_and_writes_to_its_volume_only(
    image: Image, tmp_path: Path
) -> None:
    """The image could not start: it may not write beside its settings, where it wanted its lock."""
    assert "USER launch-control" in DOCKERFILE
    assert "VOLUME /data\nWORKDIR /data" in DOCKERFILE
    async with stage_on("happy") as (stage, folder):
        settings = stage.write_settings(folder)
        text = settings.read_text()
        settings.write_text(re.sub(r"^url = .sqlite.*$", "", text, flags=re.MULTILINE))
        shared = image.data.parent / "launch-control.toml"
        shutil.copy(settings, shared)
        log = tmp_path / "serve.log"
        process = await image.start("serve", "--settings", str(shared), log=log, **stage.environment())
        bot = Child(process, log)
        try:
            await bot.says("ready")
            code = await bot.told(signal.SIGTERM, 15)
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()

    assert 0 == code, bot.said()
    store = image.data / "launch-control.db"
    assert stat.S_ISREG(store.stat().st_mode)
    assert STRANGER == store.owner()


async def test_without_the_stand_ins_packages_the_sandbox_says_what_to_type(
    image: Image, tmp_path: Path
) -> None:
    """The bot's lock leaves them out, so the first thing that a newcomer types could be a stack trace."""
    log = tmp_path / "sandbox.log"
    process = await image.start("sandbox", "--demo", log=log)

    assert 2 == await process.wait()
    assert "make sandbox" in log.read_text()
    assert 1 == len(log.read_text().splitlines())

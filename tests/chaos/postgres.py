"""A real Postgres in a folder, on a free port, run by its own user; for as long as a test needs it."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

INSTALL = "no Postgres server is installed: apt-get install -y postgresql"
USER = "postgres"  # the server refuses to run as root; Debian's package makes this user


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running server; `url` opens its database."""

    binaries: Path
    folder: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/postgres"

    def start(self) -> None:
        """Starts the server; returns once it takes connections."""
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off"
        self._run(
            "pg_ctl", "-w", "-D", f"{self.folder}/data", "-o", options, "-l", f"{self.folder}/log", "start"
        )

    def stop(self) -> None:
        """Stops the server at once, as a machine that goes away does."""
        self._run("pg_ctl", "-w", "-D", f"{self.folder}/data", "-m", "immediate", "stop")

    def freeze(self) -> None:
        """Lets the server take connections and answer nothing, as a machine in trouble does."""
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):  # a backend comes and goes with its connection
                process.suspend()

    def thaw(self) -> None:
        """Lets it go on where it stopped."""
        for process in self._family():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()

    def _family(self) -> list[psutil.Process]:
        parent = psutil.Process(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]))
        return [parent, *parent.children(recursive=True)]

    def _run(self, binary: str, *arguments: str) -> None:
        as_user = ["runuser", "-u", USER, "--"] if os.geteuid() == 0 else []
        subprocess.run(  # noqa: S603 - the server's own binaries
            [*as_user, str(self.binaries / binary), *arguments],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=self.folder, timeout=60,
        )  # fmt: skip

    def make(self) -> None:
        self._run("initdb", "-D", f"{self.folder}/data", "-A", "trust", "-U", USER, "-E", "UTF8", "--no-sync")


def find_binaries() -> Path | None:
    """The newest installed server's binaries, None without one (or without its user, as root)."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        on_path = shutil.which("initdb")
        found = [Path(on_path)] if on_path else []
    if not found or (os.geteuid() == 0 and not _has_user()):
        return None
    return found[-1].parent


def _has_user() -> bool:
    return any(entry.pw_name == USER for entry in pwd.getpwall())


@contextmanager
def running_postgres(binaries: Path) -> Iterator[Postgres]:
    """A fresh server, and no trace of it afterwards."""
    with tempfile.TemporaryDirectory(prefix="launch-control-pg-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, USER)
        server = Postgres(binaries, folder, _free_port())
        server.make()
        server.start()
        try:
            yield server
        finally:
            with contextlib.suppress(subprocess.CalledProcessError):  # a test may have stopped it
                server.stop()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

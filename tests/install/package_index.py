"""A package index on this machine, with wheels made on the spot."""

from __future__ import annotations

import base64
import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from importlib import metadata
from pathlib import Path


def make_wheel(
    folder: Path, name: str, version: str, *, says: str = "", requires: str = "", extra: str = ""
) -> Path:
    """A wheel of one module that holds `says`, put where an index lists it."""
    info = [f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}"]
    info += [f"Provides-Extra: {extra}"] if extra else []
    info += [f"Requires-Dist: {requires}"] if requires else []
    files = {
        f"{name}.py": f"SAYS = {says!r}\n".encode(),
        f"{name}-{version}.dist-info/METADATA": "\n".join([*info, ""]).encode(),
        f"{name}-{version}.dist-info/WHEEL": b"Wheel-Version: 1.0\nTag: py3-none-any\nRoot-Is-Purelib: true",
    }
    return _write(folder / "simple" / name / f"{name}-{version}-py3-none-any.whl", files)


def repack_installed(folder: Path, name: str) -> Path:
    """The wheel of a package that is installed here, made again from its files."""
    package = metadata.distribution(name)
    kept: dict[str, bytes] = {}
    for file in package.files or ():
        inside = Path(str(file))
        if inside.name in {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json"} or inside.suffix == ".pyc":
            continue
        # What a wheel keeps as a script lies outside of site-packages once it is installed.
        target = (
            f"{name}-{package.version}.data/scripts/{inside.name}" if ".." in inside.parts else str(inside)
        )
        kept[target] = Path(str(package.locate_file(file))).read_bytes()
    return _write(folder / "simple" / name / f"{name}-{package.version}-py3-none-any.whl", kept)


def _write(path: Path, files: dict[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    record = next(name.rpartition("/")[0] for name in files if name.endswith("/WHEEL")) + "/RECORD"
    rows = [
        f"{name},sha256={base64.urlsafe_b64encode(hashlib.sha256(body).digest()).decode().rstrip('=')},{len(body)}"
        for name, body in files.items()
    ]
    with zipfile.ZipFile(path, "w") as wheel:
        for name, body in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100755 if ".data/scripts/" in name else 0o100644) << 16
            wheel.writestr(entry, body)
        wheel.writestr(record, "\n".join([*rows, f"{record},,", ""]))
    return path


def locked(wheel: Path) -> str:
    """The line of a lock that names this wheel by its hash."""
    name, version, *_ = wheel.name.split("-")
    return f"{name}=={version} --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing: the test's output is the installer's."""


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve the folder; gives the address of its index."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple"
        server.shutdown()

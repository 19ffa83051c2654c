"""What the process that the `wandb` library starts may know of our environment: an allow-list."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping
from typing import Any

# Where things are, how to reach W&B, and whom to trust on the way. Proxies are read in either case.
ALLOWED = frozenset(
    {
        *("PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),  # https://pkg.go.dev/crypto/x509#SystemCertPool
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    }
)


def allowed(environ: Mapping[str, str], more: Collection[str]) -> dict[str, str]:
    """Return the part of `environ` that is on the list or named in `more`."""
    return {name: value for name, value in environ.items() if name in ALLOWED or name in more}


def limit_environment(more: Collection[str]) -> None:
    """Have the library start its process with the variables on the list and those named in `more` only.

    Loads the library. Raise ImportError when it starts its process from elsewhere: then nothing is started.
    """
    # It hands on all of our environment, Slack's tokens among it, and offers no choice. Taking variables out
    # of the environment meanwhile would take them from the other threads as well.
    from wandb.sdk.lib.service import service_process  # noqa: PLC0415 - slow to load

    if not hasattr(service_process, "subprocess"):
        raise ImportError("this version of wandb starts its process in another way")
    setattr(service_process, "subprocess", _Starter(more))  # noqa: B010 - no name that mypy knows


class _Starter:
    """Stands for the module `subprocess` in the library: what it starts gets the allowed variables."""

    def __init__(self, more: Collection[str]) -> None:
        self._more = more

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, *arguments: Any, **options: Any) -> subprocess.Popen[Any]:  # noqa: N802 - the name in `subprocess`
        """Start a process as `subprocess.Popen` does."""
        return subprocess.Popen(*arguments, **{**options, "env": allowed(os.environ, self._more)})  # noqa: S603 - the library's own command

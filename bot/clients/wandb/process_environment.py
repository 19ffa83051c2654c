"""Limits the environment of the `wandb` SDK's process to an allow-list."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Mapping
from typing import Any

# Paths, locale, proxies (read in either case) and certificates.
ALLOWED = frozenset(
    {
        *("PATH", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TZ"),
        *("SSL_CERT_FILE", "SSL_CERT_DIR"),  # https://pkg.go.dev/crypto/x509#SystemCertPool
        *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
    }
)


def allowed(environ: Mapping[str, str], more: Collection[str]) -> dict[str, str]:
    """Return the variables of `environ` that are on the list or named in `more`."""
    return {name: value for name, value in environ.items() if name in ALLOWED or name in more}


def limit_environment(more: Collection[str]) -> None:
    """Make the SDK start its process with the variables on the list and in `more` only.

    Imports the SDK. Raise ImportError when the SDK starts its process in another way; nothing is started.
    """
    # The SDK passes on our whole environment, including Slack's tokens, and has no option for it. Removing
    # variables temporarily would affect other threads.
    from wandb.sdk.lib.service import service_process  # noqa: PLC0415 - slow to load

    if not hasattr(service_process, "subprocess"):
        raise ImportError("this version of wandb starts its process in an unknown way")
    setattr(service_process, "subprocess", _Starter(more))  # noqa: B010 - unknown to mypy


class _Starter:
    """Replaces the module `subprocess` in the SDK: child processes get the allowed variables only."""

    def __init__(self, more: Collection[str]) -> None:
        self._more = more

    def __getattr__(self, name: str) -> Any:
        return getattr(subprocess, name)

    def Popen(self, *arguments: Any, **options: Any) -> subprocess.Popen[Any]:  # noqa: N802 - the name in `subprocess`
        """Start a process like `subprocess.Popen`."""
        return subprocess.Popen(*arguments, **{**options, "env": allowed(os.environ, self._more)})  # noqa: S603 - the library's own command

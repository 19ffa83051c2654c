"""Keeps other web pages in the same browser away from the sandbox's own doors."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def foreign(request: web.Request) -> bool:
    """Whether a request comes from another origin, or reached us by a name that is not this machine.

    The second stops DNS rebinding: a foreign name that resolves to loopback.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    if host not in LOOPBACK:
        return True
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def refuse_foreign(request: web.Request) -> None:
    """Raise HTTPForbidden for such a request."""
    if foreign(request):
        raise web.HTTPForbidden(text="Only the sandbox's own page may call this.")

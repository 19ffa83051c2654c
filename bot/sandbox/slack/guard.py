"""Protects the sandbox's own endpoints from other web pages in the same browser."""

from __future__ import annotations

from urllib.parse import urlsplit

from aiohttp import web

LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def is_foreign_origin(request: web.Request) -> bool:
    """Return whether a request comes from another origin, or names a host that is not this machine.

    The host check prevents DNS rebinding: a foreign name that resolves to loopback.
    """
    host = urlsplit(f"//{request.host}").hostname or ""
    if host not in LOOPBACK:
        return True
    origin = request.headers.get("Origin")
    return origin is not None and urlsplit(origin).netloc != request.host


def reject_foreign_origin(request: web.Request) -> None:
    """Raise HTTPForbidden for a request from another origin."""
    if is_foreign_origin(request):
        raise web.HTTPForbidden(text="Only the sandbox's own page may call this.")

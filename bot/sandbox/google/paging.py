"""Paging: a token encodes the last row served, and is valid for the same request only."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Sequence
from typing import TypeVar

from bot.sandbox.google.failures import Failure, invalid

Row = TypeVar("Row")


def page_size(asked: int, *, default: int, most: int, field: str = "page_size") -> int:
    """Return the page size: the default for 0, at most the maximum (aip.dev/158)."""
    if asked < 0:
        raise invalid(f"page_size must not be negative, got {asked}.", field)
    return min(asked or default, most)


def new_token(key: Sequence[str], request: Sequence[str]) -> str:
    """Return a token that continues after `key`, valid for the same request only."""
    return base64.urlsafe_b64encode(json.dumps([_digest(request), *key]).encode()).decode()


def read_token(token: str, request: Sequence[str]) -> tuple[str, ...]:
    """Return the key in a token, () for the first page; raise INVALID_ARGUMENT for an invalid token."""
    if not token:
        return ()
    try:
        digest, *key = json.loads(base64.urlsafe_b64decode(token.encode()))
    except ValueError as error:
        raise _bad_token() from error
    if digest != _digest(request):
        raise _bad_token()
    return tuple(key)


def paginate(
    rows: Sequence[Row], *, identity: Callable[[Row], str], size: int, token: str, request: Sequence[str]
) -> tuple[Sequence[Row], str]:
    """Return one page of the sorted rows, and the next token ("" at the end)."""
    key = read_token(token, request)
    start = 0
    if key:
        at = next((index for index, row in enumerate(rows) if identity(row) == key[0]), None)
        if at is None:
            raise _bad_token()
        start = at + 1
    page = rows[start : start + size]
    more = start + size < len(rows)
    return page, new_token([identity(page[-1])], request) if more else ""


def _digest(request: Sequence[str]) -> str:
    return hashlib.sha256(json.dumps(list(request)).encode()).hexdigest()[:16]


def _bad_token() -> Failure:
    return invalid("The page token is invalid: it belongs to another request.", "page_token")

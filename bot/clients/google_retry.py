"""The one way in which a read is tried again. Effects never are: they pass `retry=None`."""

from __future__ import annotations

from typing import Any

# A region that is down stays down for longer than three tries take.
_TRIES = 3
_GROWTH = 2.0
_LONGEST_PAUSE = 2.0


def read_retry(*, first_pause: float, deadline: float) -> Any:
    """An AsyncRetry for one read: at most three tries within `deadline` seconds, with full jitter.

    Only UNAVAILABLE and INTERNAL are tried again: a used-up quota gets worse by asking, and a deadline that
    passed leaves no time. Make a new one for each read, because it counts its tries.
    """
    from google.api_core.retry_async import AsyncRetry  # noqa: PLC0415 - heavy, and Google's only

    return AsyncRetry(
        predicate=_Again(_TRIES - 1),
        initial=first_pause,
        maximum=_LONGEST_PAUSE,
        multiplier=_GROWTH,
        timeout=deadline,
    )


class _Again:
    """Says yes to a passing failure as often as it was told."""

    def __init__(self, times: int) -> None:
        self._left = times

    def __call__(self, error: Exception) -> bool:
        from google.api_core import exceptions  # noqa: PLC0415 - as above

        self._left -= 1
        return self._left >= 0 and isinstance(
            error, (exceptions.ServiceUnavailable, exceptions.InternalServerError)
        )

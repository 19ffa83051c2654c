"""Channels to Google: their options, their credentials, and how the caller is named."""

from __future__ import annotations

import platform
from typing import Any
from urllib.parse import urlsplit

# https://docs.cloud.google.com/docs/authentication#scopes
_SCOPES = ("https://www.googleapis.com/auth/cloud-platform",)

# A connection whose far end vanished breaks after 10 s without an acknowledgement instead of after many
# minutes, and a refused one is tried again within 5 s instead of two minutes; a page of any length is read
# (https://grpc.github.io/grpc/core/group__grpc__arg__keys.html).
_CHANNEL_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    ("grpc.keepalive_time_ms", 300_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
)
_TLS_PORT = 443


def default_credentials() -> Any:
    """The application default credentials; blocks. Raises `google.auth.exceptions.GoogleAuthError`."""
    import google.auth  # noqa: PLC0415 - importing it at start-up would delay the first ack

    credentials, _project = google.auth.default(scopes=_SCOPES)
    # A service account's key signs its tokens itself: no other server is asked for one.
    signing = getattr(credentials, "with_always_use_jwt_access", None)
    return credentials if signing is None else signing(True)


def open_channel(address: str, credentials: Any) -> Any:
    """A channel to `https://host[:port]`; without credentials an unencrypted one, to `http://host:port`."""
    import grpc.aio  # noqa: PLC0415 - as above

    place = urlsplit(address)
    if credentials is None:
        return grpc.aio.insecure_channel(place.netloc, options=_CHANNEL_OPTIONS)
    from google.api_core.grpc_helpers_async import create_channel  # noqa: PLC0415 - as above

    host = place.netloc if place.port else f"{place.netloc}:{_TLS_PORT}"
    return create_channel(host, credentials=credentials, scopes=_SCOPES, options=_CHANNEL_OPTIONS)


def who_calls() -> tuple[str, str]:
    """The header in which Google's clients name themselves and their versions."""
    import google.protobuf  # noqa: PLC0415 - as above
    import grpc  # noqa: PLC0415 - as above

    versions = (
        f"gl-python/{platform.python_version()} grpc/{grpc.__version__} pb/{google.protobuf.__version__}"
    )
    return "x-goog-api-client", versions

"""Uploaded files: ticket, content, completion, and the delay until the file is ready.

Slack finishes an upload some time after files.completeUploadExternal has returned; until then the
file has no type and no preview, and blocks cannot show it: https://github.com/slackapi/python-slack-sdk/issues/1658
"""

from __future__ import annotations

import mimetypes
import secrets
from dataclasses import dataclass, field

from bot.sandbox.slack.settings import BOT_USER
from bot.sandbox.slack.wire import Json, RefusedError

PREVIEW_LINES = 5
SNIPPET_BYTES = 1_000_000


@dataclass(slots=True)
class StoredFile:
    """A file; `content` is None until it was uploaded, `length` is the announced one."""

    id: str
    name: str
    length: int
    snippet_type: str
    alt_text: str
    created: int
    ticket: str
    title: str = ""
    content: bytes | None = None
    completed: bool = False
    ready: bool = False
    shares: dict[str, list[Json]] = field(default_factory=dict)

    @property
    def mimetype(self) -> str:
        """The type by file name or, if unknown, by whether the content is text."""
        if self.snippet_type:
            return "text/plain"
        return mimetypes.guess_type(self.name)[0] or (
            "text/plain" if self._reads() else "application/octet-stream"
        )

    @property
    def is_text(self) -> bool:
        """Whether a preview of lines is possible."""
        return self.mimetype.startswith("text/") or self.mimetype == "application/json"

    def text(self) -> str:
        """Return the content as text; invalid UTF-8 becomes replacement characters."""
        return (self.content or b"").decode("utf-8", "replace")

    def shown(self, base_url: str) -> Json:
        """Return the file object of files.info and messages."""
        kind = self.snippet_type or self.name.rpartition(".")[2] or "binary"
        shown: Json = {
            "id": self.id,
            "name": self.name,
            "title": self.title or self.name,
            "created": self.created,
            "timestamp": self.created,
            "user": BOT_USER,
            "size": len(self.content or b""),
            "mode": "snippet" if self.snippet_type else "hosted",
            "is_external": False,
            "is_public": bool(self.shares),
            "url_private": f"{base_url}files/{self.id}/{self.name}",
            "url_private_download": f"{base_url}files/{self.id}/download/{self.name}",
            "permalink": f"{base_url}files/{self.id}/{self.name}",
            "alt_txt": self.alt_text,
            "channels": sorted(self.shares),
            "shares": {"public": self.shares} if self.shares else {},
        }
        if not self.ready:
            return shown | {"mimetype": "", "filetype": "", "pretty_type": ""}
        return (
            shown
            | {"mimetype": self.mimetype, "filetype": kind, "pretty_type": kind.upper()}
            | self._preview()
        )

    def _reads(self) -> bool:
        try:
            return "\0" not in (self.content or b"").decode()
        except UnicodeDecodeError:
            return False

    def _preview(self) -> Json:
        if not self.is_text:
            return {}
        lines = self.text().splitlines()
        return {
            "preview": "\n".join(lines[:PREVIEW_LINES]),
            "lines": len(lines),
            "lines_more": max(0, len(lines) - PREVIEW_LINES),
            "preview_is_truncated": len(lines) > PREVIEW_LINES,
            "editable": bool(self.snippet_type),
        }


class Files:
    """All files by id, and by ticket before the upload."""

    def __init__(self) -> None:
        self._files: dict[str, StoredFile] = {}

    def announce(self, name: str, length: int, snippet_type: str, alt_text: str, created: int) -> StoredFile:
        """Register a new file to be uploaded.

        Raise RefusedError `invalid_arguments` for an empty one, `snippet_too_large` above 1 MB.
        Source: https://docs.slack.dev/reference/methods/files.getUploadURLExternal
        """
        if length < 1:
            raise RefusedError("invalid_arguments")
        if snippet_type and length > SNIPPET_BYTES:
            raise RefusedError("snippet_too_large")
        file_id = f"F{secrets.token_hex(5).upper()}"
        stored = StoredFile(file_id, name, length, snippet_type, alt_text, created, secrets.token_urlsafe(16))
        self._files[file_id] = stored
        return stored

    def all(self) -> list[StoredFile]:
        """Return all files, oldest first."""
        return list(self._files.values())

    def find(self, file_id: str) -> StoredFile:
        """Return a file by id; raise RefusedError `file_not_found`."""
        try:
            return self._files[file_id]
        except KeyError:
            raise RefusedError("file_not_found") from None

    def by_ticket(self, ticket: str) -> StoredFile | None:
        """Return the file for an upload ticket."""
        return next((one for one in self._files.values() if one.ticket == ticket), None)

    def ready_names(self, base_url: str) -> set[str]:
        """Return the ids and URLs of the files that blocks may show."""
        ready = [one for one in self._files.values() if one.ready]
        return {one.id for one in ready} | {one.shown(base_url)["url_private"] for one in ready}

"""Validates composition objects: texts, options, confirmation dialogs, links.

Lengths: https://docs.slack.dev/reference/block-kit/composition-objects
"""

from __future__ import annotations

from urllib.parse import urlsplit

from bot.sandbox.slack.validator.report import FAILED, Report
from bot.sandbox.slack.wire import Json

PLAIN = ("plain_text",)
ANY_TEXT = ("plain_text", "mrkdwn")
URL_LIMIT = 3_000
LINK_SCHEMES = {"http", "https", "mailto", "slack"}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}


def text(
    report: Report,
    value: object,
    pointer: str,
    limit: int,
    kinds: tuple[str, ...] = ANY_TEXT,
) -> None:
    """Check a text object; an invalid one gives two problems: the failed schema and the reason."""
    before = len(report.problems)
    optional = ("emoji",) if isinstance(value, dict) and value.get("type") == "plain_text" else ("verbatim",)
    if report.keys(value, pointer, ("type", "text"), optional) and isinstance(value, dict):
        if value["type"] not in kinds:
            report.add(f"must be a valid enum value: {', '.join(kinds)}", f"{pointer}/type")
        report.string(value["text"], f"{pointer}/text", limit)
    if len(report.problems) > before and kinds == ANY_TEXT:
        report.problems.insert(before, f"{FAILED} [json-pointer:{pointer}]")


def optional_text(
    report: Report, holder: Json, name: str, pointer: str, limit: int, *, kinds: tuple[str, ...] = PLAIN
) -> None:
    """Check an optional text object."""
    if holder.get(name) is not None:
        text(report, holder[name], f"{pointer}/{name}", limit, kinds)


def option(report: Report, value: object, pointer: str, *, url_allowed: bool = False) -> None:
    """Check one option of a select, overflow menu, checkboxes or radio buttons."""
    optional = ("description", "url") if url_allowed else ("description",)
    if not report.keys(value, pointer, ("text", "value"), optional) or not isinstance(value, dict):
        return
    text(report, value["text"], f"{pointer}/text", 75, ANY_TEXT if url_allowed else PLAIN)
    report.string(value["value"], f"{pointer}/value", 150)
    optional_text(report, value, "description", pointer, 75, kinds=ANY_TEXT)
    optional_link(report, value, "url", pointer)


def confirm(report: Report, holder: Json, pointer: str) -> None:
    """Check an optional confirmation dialog."""
    value, pointer = holder.get("confirm"), f"{pointer}/confirm"
    if value is None:
        return
    if report.keys(value, pointer, ("title", "text"), ("confirm", "deny", "style")):
        text(report, value["title"], f"{pointer}/title", 100, PLAIN)
        text(report, value["text"], f"{pointer}/text", 300)
        optional_text(report, value, "confirm", pointer, 30)
        optional_text(report, value, "deny", pointer, 30)
        if "style" in value:
            report.choice(value["style"], f"{pointer}/style", ("primary", "danger"))


def optional_link(report: Report, holder: Json, name: str, pointer: str) -> None:
    """Check an optional URL; an empty or relative one is invalid."""
    if name in holder and report.string(holder[name], f"{pointer}/{name}", URL_LIMIT):
        link(report, holder[name], f"{pointer}/{name}")


def link(report: Report, value: str, pointer: str) -> None:
    """Check the URL of a link."""
    parts = urlsplit(value)
    if parts.scheme not in LINK_SCHEMES or not (parts.netloc or parts.path):
        report.add("must be a valid URL", pointer)


def picture(report: Report, value: Json, pointer: str) -> None:
    """Check an image: by public URL, or by a file whose upload is finished.

    Slack cannot reach an address of this machine, so such a URL fails like any it cannot load.
    """
    if ("image_url" in value) == ("slack_file" in value):
        report.add("must define either `image_url` or `slack_file`", f"{pointer}/type")
        return
    if "image_url" in value:
        if report.string(value["image_url"], f"{pointer}/image_url", URL_LIMIT):
            parts = urlsplit(value["image_url"])
            if parts.scheme not in {"http", "https"} or (parts.hostname or "") in LOOPBACK:
                report.add("downloading image failed", f"{pointer}/image_url")
        return
    file = value["slack_file"]
    known = isinstance(file, dict) and {file.get("id"), file.get("url")} & report.ready_files
    if not known:
        report.add("invalid slack file", f"{pointer}/slack_file")

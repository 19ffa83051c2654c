"""`launch-control diagnose`: diagnoses the failure in a log file."""

from __future__ import annotations

import codecs
import json
import re
import sys
from dataclasses import asdict
from pathlib import Path

import click

from bot.diagnosis import RULES, Rule, RuleError, diagnose_lines, parse_rules
from bot.models.diagnosis import Source
from bot.models.errors import BadInput
from bot.settings.loader import load_settings
from formatting.failure.plain_text import diagnosis_text
from handlers.cli.exit_codes import DONE, FAILED

EXAMPLE = "Example: launch-control diagnose train.log"
_UTF_16_BOMS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Control characters that logs do not contain; tabs, line ends, colours and progress bars are allowed.
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_SAMPLE = 65_536
# About 10% of random bytes are such characters, and less than 0.1% of a text.
_BINARY_SHARE = 0.05


def run_diagnose(name: str, *, source: Source, as_json: bool, settings_path: Path | None) -> int:
    """Print the diagnosis of a file, or of standard input for "-"; return the exit code, 1 for an error.

    Custom rules are read from the settings. Raise BadInput if the file cannot be read as a log, and
    SettingsError.
    """
    rules = (*_custom_rules(settings_path), *RULES)
    lines = _lines(_read(name), name)
    diagnosis = diagnose_lines(lines, source=source, causes=rules)
    if as_json:
        click.echo(json.dumps(asdict(diagnosis), indent=2))
    else:
        click.echo(diagnosis_text(diagnosis, lines=len(lines)))
    return FAILED if diagnosis.has_error else DONE


def _custom_rules(settings_path: Path | None) -> tuple[Rule, ...]:
    if settings_path is None:
        return ()
    try:
        return parse_rules(load_settings(settings_path).cause)
    except RuleError as mistake:
        raise BadInput(f"{click.format_filename(settings_path)}: {mistake}") from mistake


def _read(name: str) -> bytes:
    try:
        if name == "-":
            return sys.stdin.buffer.read()
        return Path(name).read_bytes()
    except FileNotFoundError:
        reason = "there is no such file"
    except IsADirectoryError:
        reason = "that is a directory; name a file in it"
    except OSError as error:
        reason = f"it cannot be read: {error.strerror}"
    except AttributeError:  # sys.stdin is None
        reason = "standard input is closed"
    except ValueError as error:  # an invalid file name
        reason = f"it cannot be read: {error}"
    raise BadInput(f"{click.format_filename(name)}: {reason}. {EXAMPLE}")


def _lines(data: bytes, name: str) -> list[str]:
    """Return the lines of a log. Invalid UTF-8 is replaced."""
    if data.startswith(_UTF_16_BOMS):
        text = data.decode("utf-16", errors="replace")
    elif len(_CONTROL.findall(data[:_SAMPLE])) > _BINARY_SHARE * min(len(data), _SAMPLE):
        raise BadInput(
            f"{click.format_filename(name)}: that is no text. If it is a compressed log, unpack it. "
            "Example: zcat train.log.gz | launch-control diagnose -"
        )
    else:
        text = data.decode("utf-8-sig", errors="replace")
    # A lone carriage return comes from a progress bar and does not end a line.
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]

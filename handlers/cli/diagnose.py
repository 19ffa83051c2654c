"""`launch-control diagnose`: what a log file says about a failure."""

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
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# Characters that no log holds but by accident: not tabs, line ends, colours or what a progress bar uses.
_CONTROL = re.compile(rb"[\x00-\x06\x0e-\x1a\x1c-\x1f\x7f]")
_SAMPLE = 65_536
# Of random bytes a tenth are such characters, of a text hardly one in a thousand.
_BINARY_SHARE = 0.05


def run_diagnose(name: str, *, source: Source, as_json: bool, settings_path: Path | None) -> int:
    """Print the diagnosis of a file, or of standard input for "-"; returns 1 when there is an error in it.

    The settings are read for causes of one's own. Raise BadInput for what cannot be read as a log,
    SettingsError.
    """
    rules = (*_custom_rules(settings_path), *RULES)
    lines = _lines(_read(name), name)
    diagnosis = diagnose_lines(lines, source=source, rules=rules)
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
    except AttributeError:  # there is no sys.stdin
        reason = "standard input is closed"
    except ValueError as error:  # a name that no file can have
        reason = f"it cannot be read: {error}"
    raise BadInput(f"{click.format_filename(name)}: {reason}. {EXAMPLE}")


def _lines(data: bytes, name: str) -> list[str]:
    """Return the lines of a log; what is no UTF-8 in them is replaced."""
    if data.startswith(_WIDE):
        text = data.decode("utf-16", errors="replace")
    elif len(_CONTROL.findall(data[:_SAMPLE])) > _BINARY_SHARE * min(len(data), _SAMPLE):
        raise BadInput(
            f"{click.format_filename(name)}: that is no text. If it is a compressed log, unpack it. "
            "Example: zcat train.log.gz | launch-control diagnose -"
        )
    else:
        text = data.decode("utf-8-sig", errors="replace")
    # A carriage return is the stroke of a progress bar, and it stays within its line.
    lines = text.replace("\r\n", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]

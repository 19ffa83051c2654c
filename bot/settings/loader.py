"""Load and validate the settings file and the environment; all mistakes are reported at once."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.settings import Secrets, Settings
from bot.settings.error_messages import describe_mistakes

EXAMPLE_FILE = "settings.example.toml"
# For each variable, its description and the prefix of its value, if known.
VARIABLES: dict[str, tuple[str, str]] = {
    "SLACK_BOT_TOKEN": ("the bot token of the installed Slack app", "xoxb-"),
    "SLACK_APP_TOKEN": ("the app-level token that opens Socket Mode", "xapp-"),
    "SLACK_SIGNING_SECRET": ("the secret with which Slack signs HTTP requests", ""),
    "WANDB_API_KEY": ("the key of a W&B service account", ""),
}


class SettingsError(Exception):
    """The settings are invalid; the text has one line per mistake."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def load_settings(path: Path) -> Settings:
    """Return the settings of a TOML file.

    Raise SettingsError with one line per mistake: file, key, error, allowed values and an example.
    """
    table = _read(path)
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise SettingsError(*(f"{path}: {line}" for line in describe_mistakes(error, Settings))) from error


def load_secrets(environ: Mapping[str, str], *, needed: Collection[str] = ()) -> Secrets:
    """Return the secrets of an environment; unset ones are empty.

    Raise SettingsError that names every variable of `needed` that is not set, and every variable with an
    invalid value; values are never shown.
    """
    values = {name: environ.get(name, "").strip() for name in VARIABLES}
    mistakes = [_mistake(name, value, needed=name in needed) for name, value in values.items()]
    wrong = [mistake for mistake in mistakes if mistake]
    if wrong:
        raise SettingsError(*wrong)
    return Secrets.model_validate({name.lower(): value for name, value in values.items()})


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        mistake = f"there is no such file. Begin with a copy: cp {EXAMPLE_FILE} {path}"
    except OSError as error:
        mistake = f"cannot be read: {error.strerror}. Name a text file, such as {EXAMPLE_FILE}"
    except UnicodeDecodeError as error:
        mistake = f"byte {error.start} is not valid UTF-8. Save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        mistake = f'invalid TOML: {error}. Put text in quotes: name = "value"; start a table with [wandb]'
    raise SettingsError(f"{path}: {mistake}")


def _mistake(name: str, value: str, *, needed: bool) -> str:
    what, start = VARIABLES[name]
    example = f"Example: export {name}={start or '...'}{'...' if start else ''}"
    if not value:
        return f"{name} is not set. It is {what}. {example}" if needed else ""
    if not value.startswith(start):
        return f"{name} does not begin with {start}, as {what} does. {example}"
    if not value.isascii() or any(character.isspace() for character in value):
        return f"{name} contains a space or a character that tokens do not have. It is {what}. {example}"
    return ""

"""From the settings file and the environment to checked values, or to every mistake at once."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.settings import Secrets, Settings
from bot.settings.error_messages import describe_mistakes

EXAMPLE_FILE = "settings.example.toml"
# What each variable is, and how its value begins, if that is known.
VARIABLES: dict[str, tuple[str, str]] = {
    "SLACK_BOT_TOKEN": ("the bot token of the installed Slack app", "xoxb-"),
    "SLACK_APP_TOKEN": ("the app-level token that opens Socket Mode", "xapp-"),
    "SLACK_SIGNING_SECRET": ("the secret with which Slack signs HTTP requests", ""),
    "WANDB_API_KEY": ("the key of a W&B service account", ""),
}


class SettingsError(Exception):
    """The settings cannot be used; the text names every mistake, one a line."""

    def __init__(self, *mistakes: str) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


def load_settings(path: Path) -> Settings:
    """Return the settings in a TOML file.

    Raise SettingsError with a line for each mistake: file, key, what is wrong and allowed, an example.
    """
    table = _read(path)
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise SettingsError(*(f"{path}: {line}" for line in describe_mistakes(error, Settings))) from error


def load_secrets(environ: Mapping[str, str], *, needed: Collection[str] = ()) -> Secrets:
    """Return the secrets in an environment; one that is not set is empty.

    Raise SettingsError naming every variable of `needed` that is not set and every one that holds
    something else; a value is never shown.
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
        mistake = f"byte {error.start} is no UTF-8 text. Save the file as UTF-8"
    except tomllib.TOMLDecodeError as error:
        mistake = f'invalid TOML: {error}. Text stands in quotes: name = "value"; tables begin so: [wandb]'
    raise SettingsError(f"{path}: {mistake}")


def _mistake(name: str, value: str, *, needed: bool) -> str:
    what, start = VARIABLES[name]
    example = f"Example: export {name}={start or '...'}{'...' if start else ''}"
    if not value:
        return f"{name} is not set. It is {what}. {example}" if needed else ""
    if not value.startswith(start):
        return f"{name} does not begin with {start}, as {what} does. {example}"
    if not value.isascii() or any(character.isspace() for character in value):
        return f"{name} holds a space or a character that no token has. It is {what}. {example}"
    return ""

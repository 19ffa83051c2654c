"""Reads the settings file; every mistake in it is named at once, with the file, the key and an example."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import ValidationError

from bot.settings import Secrets, Settings


class SettingsError(Exception):
    """The settings cannot be used; the text names every mistake, one a line."""


def load_settings(path: Path) -> Settings:
    """The settings of a file. Raises SettingsError."""
    try:
        return Settings.model_validate(tomllib.loads(path.read_text()))
    except FileNotFoundError:
        raise SettingsError(f"{path}: there is no such file. Example: --settings launch-control.toml") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{path}: {error}") from None
    except ValidationError as error:
        raise SettingsError("\n".join(f"{path}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())) from None


def load_secrets(environ: Mapping[str, str]) -> Secrets:
    """The secrets of the environment."""
    names = ("slack_bot_token", "slack_app_token", "slack_signing_secret", "wandb_api_key")
    return Secrets.model_validate({name: environ.get(name.upper(), "") for name in names})

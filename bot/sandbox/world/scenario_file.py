"""Finds and reads scenario files; errors name the file and the key."""

from __future__ import annotations

import tomllib
from pathlib import Path

from pydantic import ValidationError

from bot.sandbox.world.scenario import Scenario

SHIPPED = Path(__file__).parent.parent / "scenarios"


class ScenarioError(Exception):
    """A scenario is invalid; the message has one sentence per line."""


def scenario_names() -> tuple[str, ...]:
    """Return the sorted names of the scenarios that come with the sandbox."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def find_scenario(name_or_path: str) -> Path:
    """Return the file of a shipped scenario by name, or of any other by path.

    Raise ScenarioError when there is none.
    """
    path = Path(name_or_path)
    if path.suffix == ".toml" or "/" in name_or_path:
        if path.is_file():
            return path
        raise ScenarioError(f"There is no scenario file {name_or_path}.")
    shipped = SHIPPED / f"{name_or_path}.toml"
    if not shipped.is_file():
        known = ", ".join(scenario_names())
        raise ScenarioError(
            f"No scenario is called {name_or_path}. There are: {known}; or give a path, ./mine.toml."
        )
    return shipped


def read_scenario(name_or_path: str) -> Scenario:
    """Read and validate a scenario; raise ScenarioError with all errors."""
    path = find_scenario(name_or_path)
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path.name} is not a readable TOML file: {error}.") from error
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise ScenarioError("\n".join(_sentences(path.name, error))) from error
    scenario._folder = path.parent  # noqa: SLF001 - set only here, where the file's location is known
    _check_log_files(path.name, scenario)
    return scenario


def _sentences(file: str, error: ValidationError) -> list[str]:
    sentences = []
    for mistake in error.errors(include_url=False):
        key = _key(mistake["loc"])
        if mistake["type"] == "extra_forbidden":
            sentences.append(f"{file}: {key} is not a key of a scenario (docs/scenarios.md lists them).")
        elif mistake["type"] == "missing":
            sentences.append(f"{file}: {key} is missing.")
        else:
            words = mistake["msg"].removeprefix("Value error, ")
            sentences.append(
                f"{file}: {key}: {words[0].lower()}{words[1:]} (it is {mistake['input']!r:.60})."
            )
    return sentences


def _key(parts: tuple[int | str, ...]) -> str:
    key = ""
    for part in parts:
        key += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if key else str(part)
    return key


def _check_log_files(file: str, scenario: Scenario) -> None:
    agents = [execution.agent for execution in scenario.execution if execution.agent]
    named = [thing.log_file for thing in (*scenario.execution, *scenario.job, *scenario.build)]
    named += [runner.log_file for runner in (*scenario.runner, *agents)]
    named += [name for launch in scenario.launch for name in (launch.error_log_file, launch.job_log_file)]
    absent = [name for name in named if name and not (scenario.folder / name).is_file()]
    if absent:
        raise ScenarioError("\n".join(f"{file}: there is no log file {name} beside it." for name in absent))

"""Validation of `key=value` overrides against the rules of a preset."""

from __future__ import annotations

import difflib

from bot.models.errors import BadInput
from bot.settings import Allow, Preset

MAX_VALUE = 200  # characters; longer values are not hyperparameters


def check_overrides(preset: Preset, pairs: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the pairs unchanged if the preset allows each of them.

    Raise BadInput that names the first invalid pair, the allowed values and an example.
    """
    seen: set[str] = set()
    for key, value in pairs:
        rule = preset.allow.get(key)
        if rule is None:
            raise BadInput(_unknown_key(preset, key))
        if key in seen:
            raise BadInput(f"{key} is given twice; give it once, such as {key}={value}.")
        seen.add(key)
        _check_value(key, value, rule)
    return pairs


def example(preset: Preset) -> str:
    """Return a valid command for this preset, such as `/launch bert lr=0.001`."""
    words = ["/launch", preset.name]
    for key, rule in list(preset.allow.items())[:1]:
        words.append(f"{key}={_example_value(rule)}")
    return " ".join(words)


def _unknown_key(preset: Preset, key: str) -> str:
    if not preset.allow:
        return f"The preset {preset.name} takes no settings, but you gave {key}. Type /launch {preset.name}."
    near = difflib.get_close_matches(key, preset.allow, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    allowed = ", ".join(preset.allow)
    return (
        f"The preset {preset.name} has no setting {key}.{hint} Allowed: {allowed}. Example: {example(preset)}"
    )


def _check_value(key: str, value: str, rule: Allow) -> None:
    expected, valid = _expected(rule), _example_value(rule)
    sentence = f"{key}={value[:60]} is not allowed: {key} must be {expected}. Example: {key}={valid}"
    if not value or len(value) > MAX_VALUE or not value.isprintable():
        raise BadInput(sentence)
    if rule.type == "bool" and value not in ("true", "false"):
        raise BadInput(sentence)
    if rule.type in ("int", "float") and not _in_range(value, rule):
        raise BadInput(sentence)
    if rule.choices and not any(_same(value, choice) for choice in rule.choices):
        raise BadInput(sentence)


def _in_range(value: str, rule: Allow) -> bool:
    try:
        number = int(value) if rule.type == "int" else float(value)
    except ValueError:
        return False
    if not abs(number) < float("inf"):
        return False
    return (rule.min is None or number >= rule.min) and (rule.max is None or number <= rule.max)


def _same(value: str, choice: str | float) -> bool:
    if isinstance(choice, str):
        return value == choice
    try:
        return float(value) == float(choice)
    except ValueError:
        return False


def _expected(rule: Allow) -> str:
    if rule.choices:
        return "one of " + ", ".join(str(choice) for choice in rule.choices)
    kinds = {"int": "a whole number", "float": "a number", "bool": "true or false", "str": "a word"}
    bounds = []
    if rule.min is not None:
        bounds.append(f"at least {rule.min:g}")
    if rule.max is not None:
        bounds.append(f"at most {rule.max:g}")
    return " ".join([kinds[rule.type], " and ".join(bounds)]).strip()


def _example_value(rule: Allow) -> str:
    if rule.choices:
        return str(rule.choices[0])
    if rule.type == "bool":
        return "true"
    if rule.type == "str":
        return "value"
    number = next(bound for bound in (rule.min, rule.max, 1.0) if bound is not None)
    return f"{int(number)}" if rule.type == "int" else f"{number:g}"

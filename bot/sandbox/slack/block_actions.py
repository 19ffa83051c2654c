"""Finds the element of an interaction, and builds its action and state."""

from __future__ import annotations

from collections.abc import Iterator

from bot.sandbox.slack.wire import Json

CARRIED = ("text", "value", "style", "placeholder", "initial_option")
CHOSEN = (
    "selected_option",
    "selected_options",
    "selected_user",
    "selected_conversation",
    "selected_channel",
    "selected_date",
    "selected_time",
    "value",
)


def elements_of(blocks: list[Json]) -> Iterator[tuple[Json, Json]]:
    """Yield every interactive element with its block, including those in containers."""
    for block in blocks:
        inner = [*block.get("elements", []), block.get("accessory"), block.get("element")]
        for element in inner:
            if isinstance(element, dict) and "action_id" in element:
                yield block, element
        yield from elements_of(block.get("child_blocks", []))


def element_in(blocks: list[Json], block_id: str, action_id: str) -> tuple[Json, Json]:
    """Return the block and element with these ids; an empty block_id matches the first one.

    Raise KeyError when there is none: an edit may have removed the button.
    """
    for block, element in elements_of(blocks):
        if element["action_id"] == action_id and block_id in ("", block["block_id"]):
            return block, element
    raise KeyError(f"Nothing here has the action_id {action_id}.")


def action_of(block: Json, element: Json, chosen: Json, at: str) -> Json:
    """Return the `actions` entry of a payload. An option may be given by its value only.

    Raise KeyError when the option does not exist.
    """
    action: Json = {name: element[name] for name in CARRIED if name in element}
    action |= {"type": element["type"], "action_id": element["action_id"], "block_id": block["block_id"]}
    action["action_ts"] = at
    for name in CHOSEN:
        if name in chosen:
            action[name] = chosen[name]
    if "selected_option" in action:
        picked = action["selected_option"]
        action["selected_option"] = _option(element, picked["value"] if isinstance(picked, dict) else picked)
    return action


def state_of(blocks: list[Json], action: Json) -> Json:
    """Return the state of all stateful elements after the action: block_id to action_id to state."""
    values: Json = {}
    for block, element in elements_of(blocks):
        if element["type"] in ("button", "overflow"):
            continue
        used = (block["block_id"], element["action_id"]) == (action["block_id"], action["action_id"])
        state: Json = {"type": element["type"]}
        if used:
            state |= {name: action[name] for name in CHOSEN if name in action}
        elif element["type"] in ("static_select", "radio_buttons"):
            state["selected_option"] = element.get("initial_option")
        values.setdefault(block["block_id"], {})[element["action_id"]] = state
    return values


def _option(element: Json, value: str) -> Json:
    groups = element.get("option_groups", [])
    options = [*element.get("options", []), *(one for group in groups for one in group["options"])]
    for option in options:
        if option["value"] == value:
            return {"text": option["text"], "value": option["value"]}
    raise KeyError(f"{element['action_id']} has no option {value}.")

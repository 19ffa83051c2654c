"""Messages outside cards and tables. Text from outside the bot is escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.models.cost import Cost
from formatting.cost import cost_words
from formatting.message import Message, paragraph
from formatting.slack.action_ids import ROW_CANCEL
from formatting.slack.blocks import actions, button, context, section
from formatting.slack.limits import ALL_BLOCKS_TEXT
from formatting.slack.text import UNKNOWN, code, count, link, listing, one_line, prose, safe_url, sentence

_SENTENCE = 900
_LINE = 350
_DETAILS = 120  # characters of a line for a preset's description and machine
# Eight lines of at most 350 characters fit one section.
_SECTION_LINES = 8
# Characters of all lines together; the rest of the message is for the names and the example.
_LISTED = ALL_BLOCKS_TEXT - 1_200
_MOST_PRESETS = 35


@dataclass(frozen=True, slots=True)
class PresetSummary:
    """A preset for display. `overrides` are texts such as "lr (0.0001 to 1)"."""

    name: str
    description: str = ""
    machine: str = ""
    cost: Cost | None = None
    default: bool = False
    overrides: tuple[str, ...] = ()


def launch_help() -> Message:
    """Return the answer to `/launch help`."""
    text = (
        "*/launch* starts a training job and follows it to its end.\n"
        "`/launch` starts the default preset.\n"
        "`/launch bert-small lr=0.001 epochs=3` starts a preset with other values.\n"
        "`/launch presets` lists what this channel may launch.\n"
        "`/launch status` lists launches in flight and of the last day.\n"
        "`/launch cancel k3v9x2ab` stops one, by its id.\n"
        "Type `/monitor` to see what is running and why something failed."
    )
    return paragraph(text)


def monitor_help() -> Message:
    """Return the answer to `/monitor help`."""
    text = (
        "*/monitor* shows runners, builds, jobs and runs, six tables in a thread.\n"
        "`/monitor runners jobs` shows only these: `runners`, `builds`, `recent-builds`, `jobs`, `runs`, "
        "`completed`.\n"
        "`/monitor mine` shows what you launched, `failed` what failed, `since=2h` what is at work or newer; "
        "they can be combined.\n"
        "`/monitor region=us-central1` asks one region.\n"
        "Failures are read from their logs, and the note column says why."
    )
    return paragraph(text)


def presets(available: Sequence[PresetSummary]) -> Message:
    """Return the answer to `/launch presets`: one line for each preset, the default marked."""
    if not available:
        return paragraph("No preset may be launched here. Type `/launch help` for what is possible.")
    all_lines = [_preset(preset) for preset in available[:_MOST_PRESETS]]
    lengths = accumulate(len(line) + 1 for line in all_lines)
    lines = [line for line, total in zip(all_lines, lengths, strict=True) if total <= _LISTED]
    groups = [lines[start : start + _SECTION_LINES] for start in range(0, len(lines), _SECTION_LINES)]
    example = f"Type `/launch {prose(available[0].name, 40)}` to start one."
    left = len(available) - len(lines)
    more = [f"And {count(left, 'more preset')}."] if left else []
    blocks = (*(section("\n".join(group)) for group in groups), context(*more, example))
    names = listing(tuple(prose(preset.name, 40) for preset in available), most=20)
    return Message(text=f"Presets: {names}.", blocks=blocks)


def _preset(preset: PresetSummary) -> str:
    cost = cost_words(preset.cost) if preset.cost is not None else ""
    keys = f"you may set {', '.join(preset.overrides)}" if preset.overrides else ""
    details = " · ".join(one_line(part) for part in (preset.description, preset.machine) if part)
    # The cost is never cut; the other parts share the rest of the line.
    parts = (prose(details, _DETAILS), cost, prose(keys, _LINE - 60 - _DETAILS - len(cost)))
    more = "".join(f" · {part}" for part in parts if part)
    return f"{code(preset.name, 40)}{' (default)' if preset.default else ''}{more}"


def bad_input(reason: str) -> Message:
    """Return the answer to invalid input. `reason` is a full sentence from the parser."""
    return paragraph(
        prose(sentence(one_line(reason)), _SENTENCE) or "That is not understood. Type `/launch help`."
    )


def invite_me(bot_name: str, command: str) -> Message:
    """Return the answer in a channel that the bot is not a member of: how to invite it."""
    name, typed = code(f"/invite @{one_line(bot_name)}", 60), code(command, 60)
    return paragraph(f"I am not in this channel. Type {name}, then {typed} again; nothing was started.")


def other_workspace() -> Message:
    """Return the answer to a user of another workspace."""
    return paragraph("I only answer people of the workspace in which I am installed, so I did nothing.")


def nothing_started(reason: str) -> Message:
    """Return the answer to a launch that was refused or not stored."""
    return paragraph(f"Nothing was started. {prose(sentence(one_line(reason)), _SENTENCE)}".rstrip())


def store_error(reason: str) -> Message:
    """Return the answer when the store cannot be used. `reason` is the store's own sentence."""
    why = prose(sentence(one_line(reason)), _SENTENCE)
    return paragraph(why or "The store of launches cannot be used right now. Try again in a minute.")


def unexpected_error(correlation_id: str) -> Message:
    """Return the answer after an unexpected error. The same id is in the bot's log."""
    return paragraph(
        f"Something went wrong on our side. Tell an admin this number: {code(correlation_id, 40)}."
    )


def already_launched(url: str) -> Message:
    """Return the answer to a repeated launch command, with a link to the first card."""
    return paragraph(
        f"You asked for that a moment ago: {_link_or_hint(url, 'here is its card')}. "
        "Nothing more was started."
    )


def scan_already_running(url: str) -> Message:
    """Return the answer to a `/monitor` whose scan is already running in the channel."""
    return paragraph(
        f"A scan with the same filters is already running: {_link_or_hint(url, 'here is the thread')}."
    )


def _link_or_hint(url: str, label: str) -> str:
    return link(url, label) if safe_url(url) else "look a few messages up"


def refresh_too_soon() -> Message:
    """Return the answer to a Refresh pressed again too soon."""
    return paragraph("That was refreshed a moment ago. Press Refresh again in a few seconds.")


def cancelling_launch(name: str) -> Message:
    """Return the confirmation that a launch is being cancelled."""
    return paragraph(f"Cancelling {code(name)}. Its card says when that is done.")


def cancelling_row(name: str) -> Message:
    """Return the confirmation that a row of a table is being cancelled."""
    return paragraph(f"Cancelling {code(name)}. Press Refresh in a moment to see it end.")


def confirm_cancel(name: str, value: str) -> Message:
    """Return the question before a row of a table is cancelled. `value` is the button's value."""
    question = f"Cancel {code(name)}? That cannot be undone."
    yes = button("Cancel it", ROW_CANCEL, value, style="danger")
    return Message(text=question, blocks=(section(question), *actions([yes])))


def not_done(reason: str) -> Message:
    """Return the answer to a failed request. `reason` is one sentence about the error."""
    return paragraph(f"That could not be done. {prose(sentence(one_line(reason)), _SENTENCE)}".rstrip())


def log_unread(name: str, reason: str) -> Message:
    """Return the answer when a requested log could not be read."""
    return paragraph(
        f"The log of {code(name)} could not be read. {prose(sentence(one_line(reason)), _SENTENCE)}"
    )


def log_file_comment(name: str, *, lines: int, cut_before: bool) -> str:
    """Return the comment of an uploaded log file. With `cut_before` its beginning was left out."""
    kept = "its end, as the whole is too long" if cut_before else "whole"
    return f"The log of {code(name)}, {kept}: {lines:,} lines."


def no_longer_known(what: str) -> Message:
    """Return the answer to a button that refers to something no longer known."""
    return paragraph(f"That {prose(what, 40) or UNKNOWN} is no longer known. Type `/monitor` to look again.")

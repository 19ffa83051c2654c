"""The sentences that people read outside cards and tables. Outside words in them are escaped here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from bot.models.cost import Cost
from formatting.cost import cost_words
from formatting.message import Message, said
from formatting.slack.action_ids import ROW_CANCEL
from formatting.slack.blocks import actions, button, context, section
from formatting.slack.limits import ALL_BLOCKS_TEXT
from formatting.slack.text import UNKNOWN, code, count, link, listing, one_line, prose, safe_url, sentence

_SENTENCE = 900
_LINE = 350
_WHAT = 120  # of a line, for a preset's description and machine
# Eight lines of at most 350 characters fit one section.
_SECTION_LINES = 8
# Characters of all lines together; the rest of what a message may hold is for the names and the example.
_LISTED = ALL_BLOCKS_TEXT - 1_200
_MOST_PRESETS = 35


@dataclass(frozen=True, slots=True)
class PresetWords:
    """A preset as people read of it; `overrides` as "lr (0.0001 to 1)"."""

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
    return said(text)


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
    return said(text)


def presets(available: Sequence[PresetWords]) -> Message:
    """Return the answer to `/launch presets`: one line each, the default marked."""
    if not available:
        return said("No preset may be launched here. Type `/launch help` for what is possible.")
    every = [_preset(preset) for preset in available[:_MOST_PRESETS]]
    lengths = accumulate(len(line) + 1 for line in every)
    lines = [line for line, total in zip(every, lengths, strict=True) if total <= _LISTED]
    groups = [lines[start : start + _SECTION_LINES] for start in range(0, len(lines), _SECTION_LINES)]
    example = f"Type `/launch {prose(available[0].name, 40)}` to start one."
    left = len(available) - len(lines)
    more = [f"And {count(left, 'more preset')}."] if left else []
    blocks = (*(section("\n".join(group)) for group in groups), context(*more, example))
    names = listing(tuple(prose(preset.name, 40) for preset in available), most=20)
    return Message(text=f"Presets: {names}.", blocks=blocks)


def _preset(preset: PresetWords) -> str:
    cost = cost_words(preset.cost) if preset.cost is not None else ""
    keys = f"you may set {', '.join(preset.overrides)}" if preset.overrides else ""
    what = " · ".join(one_line(part) for part in (preset.description, preset.machine) if part)
    # The cost is never cut: what is left of the line is for the others.
    parts = (prose(what, _WHAT), cost, prose(keys, _LINE - 60 - _WHAT - len(cost)))
    more = "".join(f" · {part}" for part in parts if part)
    return f"{code(preset.name, 40)}{' (default)' if preset.default else ''}{more}"


def bad_input(reason: str) -> Message:
    """Return what was wrong with what a person typed; the sentence comes whole from the parser."""
    return said(
        prose(sentence(one_line(reason)), _SENTENCE) or "That is not understood. Type `/launch help`."
    )


def invite_me(bot_name: str, command: str) -> Message:
    """Return the bot is not in the channel: how to invite it, and that nothing was started."""
    name, typed = code(f"/invite @{one_line(bot_name)}", 60), code(command, 60)
    return said(f"I am not in this channel. Type {name}, then {typed} again; nothing was started.")


def other_workspace() -> Message:
    """Return a person of another workspace typed or pressed something."""
    return said("I only answer people of the workspace in which I am installed, so I did nothing.")


def nothing_started(reason: str) -> Message:
    """Return a launch that was not stored."""
    return said(f"Nothing was started. {prose(sentence(one_line(reason)), _SENTENCE)}".rstrip())


def store_trouble(reason: str) -> Message:
    """Return the store could not be used; the reason is the store's own sentence for people."""
    why = prose(sentence(one_line(reason)), _SENTENCE)
    return said(why or "The store of launches cannot be used right now. Try again in a minute.")


def unexpected(correlation_id: str) -> Message:
    """Something that we did not foresee; the id is in the bot's own log."""
    return said(f"Something went wrong on our side. Tell an admin this number: {code(correlation_id, 40)}.")


def already_asked(url: str) -> Message:
    """Return the second press of the same launch, with a link to the first."""
    return said(
        f"You asked for that a moment ago: {_where(url, 'here is its card')}. Nothing more was started."
    )


def already_looking(url: str) -> Message:
    """Return a second `/monitor` while one is being written in the channel."""
    return said(f"That is being written in this channel already: {_where(url, 'here is the thread')}.")


def _where(url: str, label: str) -> str:
    return link(url, label) if safe_url(url) else "look a few messages up"


def too_soon() -> Message:
    """Return a Refresh that was pressed again at once."""
    return said("That was refreshed a moment ago. Press Refresh again in a few seconds.")


def cancelling(name: str) -> Message:
    """Return a cancel was taken down."""
    return said(f"Cancelling {code(name)}. Its card says when that is done.")


def stopping(name: str) -> Message:
    """Return a row of a table was asked to stop."""
    return said(f"Cancelling {code(name)}. Press Refresh in a moment to see it end.")


def sure_to_cancel(name: str, value: str) -> Message:
    """Return the question before a row of a table is cancelled; `value` names the row to the button."""
    question = f"Cancel {code(name)}? That cannot be undone."
    yes = button("Cancel it", ROW_CANCEL, value, style="danger")
    return Message(text=question, blocks=(section(question), *actions([yes])))


def not_done(reason: str) -> Message:
    """Return what a person asked for could not be done; the reason is an outside system's, in one sentence."""
    return said(f"That could not be done. {prose(sentence(one_line(reason)), _SENTENCE)}".rstrip())


def log_unread(name: str, reason: str) -> Message:
    """Return a log that could not be read for a person who asked."""
    return said(f"The log of {code(name)} could not be read. {prose(sentence(one_line(reason)), _SENTENCE)}")


def log_file_comment(name: str, *, lines: int, cut_before: bool) -> str:
    """Return the words above a log's file; with `cut_before` its beginning was left out."""
    kept = "its end, as the whole is too long" if cut_before else "whole"
    return f"The log of {code(name)}, {kept}: {lines:,} lines."


def gone(what: str) -> Message:
    """Something that a button refers to and that is no more."""
    return said(f"That {prose(what, 40) or UNKNOWN} is no longer known. Type `/monitor` to look again.")

"""The buttons of a card: links, Cancel and Relaunch."""

from __future__ import annotations

from bot.models.launch import Launch, Stage, Verdict
from formatting.cost import cost_words
from formatting.slack.action_ids import LAUNCH_CANCEL, LAUNCH_RELAUNCH, open_page_id
from formatting.slack.blocks import Block, button, confirm, link_button
from formatting.slack.text import cut, one_line

_CANCELLABLE = frozenset({Verdict.OPEN, Verdict.SUBMITTED, Verdict.TIMED_OUT})
_RELAUNCHABLE = frozenset({Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED, Verdict.LOST})
_REPORTED = frozenset({Stage.REPORT, Stage.DONE})
# Character limits for a name and for the overrides in a confirmation text, which may hold 300.
_NAME, _OVERRIDES = 40, 90


def is_cancellable(verdict: Verdict) -> bool:
    """Return True if a launch with this verdict can still be cancelled."""
    return verdict in _CANCELLABLE


def buttons(launch: Launch) -> list[Block]:
    """Return the links to job, run, runner and log, then Cancel or Relaunch where possible."""
    job, runner, failure = launch.job, launch.runner, launch.failure
    elements = [
        *link_button("Open job", open_page_id("job"), job.url if job else ""),
        *link_button("Open run", open_page_id("run"), launch.run_url),
        *link_button("Open runner", open_page_id("runner"), runner.url if runner else ""),
        *link_button("Open log", open_page_id("log"), failure.log_url if failure else ""),
    ]
    if is_cancellable(launch.verdict) and launch.cancel_asked is None and launch.stage not in _REPORTED:
        elements.append(_cancel(launch))
    if launch.verdict in _RELAUNCHABLE:
        elements.append(_relaunch(launch))
    return elements


def _cancel(launch: Launch) -> Block:
    effect = (
        "Its job is cancelled." if launch.job else "Its item is taken out of the queue, or its job cancelled."
    )
    question = confirm("Cancel this launch?", f"{one_line(launch.name)}: {effect}", "Cancel it", "Keep it")
    return button("Cancel", LAUNCH_CANCEL, launch.launch_id, style="danger", confirm=question)


def _relaunch(launch: Launch) -> Block:
    """Return the Relaunch button. Its confirmation names the launcher, as other people may press it."""
    cost = f"Cost: {cost_words(launch.cost)}." if launch.cost else ""
    launcher = f"This was {cut(one_line(launch.user_name), _NAME)}'s launch."
    text = " ".join(filter(None, [_preset_and_overrides(launch), cost, launcher]))
    question = confirm("Launch this again?", text, "Launch it", "Not now", style="primary")
    return button("Relaunch", LAUNCH_RELAUNCH, launch.launch_id, confirm=question)


def _preset_and_overrides(launch: Launch) -> str:
    """Return the preset and its overrides, such as "Preset bert-small with lr=0.001 epochs=3."."""
    overrides = one_line(" ".join(f"{key}={value}" for key, value in launch.overrides))
    changed = f" with {cut(overrides, _OVERRIDES)}" if overrides else ""
    return f"Preset {cut(one_line(launch.preset), _NAME)}{changed}."

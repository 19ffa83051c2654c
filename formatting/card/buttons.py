"""The buttons of a card: what can be done now, and pages to open."""

from __future__ import annotations

from bot.models.launch import Launch, Stage, Verdict
from formatting.cost import cost_words
from formatting.slack.action_ids import LAUNCH_CANCEL, LAUNCH_RELAUNCH, opening
from formatting.slack.blocks import Block, button, confirm, link_button
from formatting.slack.text import cut, one_line

_CANCELLABLE = frozenset({Verdict.OPEN, Verdict.SUBMITTED, Verdict.TIMED_OUT})
_RELAUNCHABLE = frozenset({Verdict.SUCCEEDED, Verdict.FAILED, Verdict.CANCELLED, Verdict.LOST})
_REPORTED = frozenset({Stage.REPORT, Stage.DONE})
# Characters of a name and of the overrides in a question, which holds 300.
_NAME, _OVERRIDES = 40, 90


def open_to_cancel(verdict: Verdict) -> bool:
    """Whether a launch with this verdict can still be cancelled."""
    return verdict in _CANCELLABLE


def buttons(launch: Launch) -> list[Block]:
    """Links to job, run, runner and log, then Cancel while that is possible or Relaunch after the end."""
    job, runner, failure = launch.job, launch.runner, launch.failure
    made = [
        *link_button("Open job", opening("job"), job.url if job else ""),
        *link_button("Open run", opening("run"), launch.run_url),
        *link_button("Open runner", opening("runner"), runner.url if runner else ""),
        *link_button("Open log", opening("log"), failure.log_url if failure else ""),
    ]
    if open_to_cancel(launch.verdict) and launch.cancel_asked is None and launch.stage not in _REPORTED:
        made.append(_cancel(launch))
    if launch.verdict in _RELAUNCHABLE:
        made.append(_relaunch(launch))
    return made


def _cancel(launch: Launch) -> Block:
    what = (
        "Its job is cancelled." if launch.job else "Its item is taken out of the queue, or its job cancelled."
    )
    question = confirm("Cancel this launch?", f"{one_line(launch.name)}: {what}", "Cancel it", "Keep it")
    return button("Cancel", LAUNCH_CANCEL, launch.launch_id, style="danger", confirm=question)


def _relaunch(launch: Launch) -> Block:
    """Return a question that names the launcher: Slack shows the same one to whoever presses."""
    cost = f"Cost: {cost_words(launch.cost)}." if launch.cost else ""
    whose = f"This was {cut(one_line(launch.user_name), _NAME)}'s launch."
    text = " ".join(filter(None, [_again(launch), cost, whose]))
    question = confirm("Launch this again?", text, "Launch it", "Not now", style="primary")
    return button("Relaunch", LAUNCH_RELAUNCH, launch.launch_id, confirm=question)


def _again(launch: Launch) -> str:
    """Return what is launched, such as "Preset bert-small with lr=0.001 epochs=3."."""
    overrides = one_line(" ".join(f"{key}={value}" for key, value in launch.overrides))
    changed = f" with {cut(overrides, _OVERRIDES)}" if overrides else ""
    return f"Preset {cut(one_line(launch.preset), _NAME)}{changed}."

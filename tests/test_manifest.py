"""The app's manifest: valid, enough for all that the bot does, and nothing asked without a reason."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from bed import MANIFEST, Bed, bot_on, said

from bot.sandbox.slack.methods.table import METHODS

SCHEMA = MANIFEST.parents[1] / "shared" / "data" / "slack-manifest.schema.2.0.0.json"


def manifest() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return read


@pytest.mark.skipif(not SCHEMA.exists(), reason=f"Slack's schema is not at {SCHEMA.parent}: put a copy there")
def test_the_manifest_is_what_slack_s_schema_allows() -> None:
    """A manifest with a mistake cannot be installed, and Slack's page says little about why."""
    schema = json.loads(SCHEMA.read_text())
    mistakes = [
        f"{'.'.join(map(str, error.absolute_path))}: {error.message}"
        for error in jsonschema.validators.validator_for(schema)(schema).iter_errors(manifest())
    ]

    assert [] == mistakes


def test_every_scope_says_what_it_is_for() -> None:
    """Whoever approves the app must see why each permission is asked for, beside the permission."""
    text = MANIFEST.read_text()
    scopes = manifest()["oauth_config"]["scopes"]
    bare = [
        scope
        for scope in scopes["bot"]
        if not re.search(rf"^\s*- {re.escape(scope)} +# \S.{{15,}}$", text, re.MULTILINE)
    ]
    optional = text.split("bot_optional:")[1].split("settings:")[0]

    assert [] == bare
    assert 2 <= optional.count("#")
    assert set(scopes["bot_optional"]) == {"channels:history", "groups:history"} | set(scopes["bot_optional"])


def test_every_command_of_the_bot_is_declared_with_its_words() -> None:
    """A command that Slack does not know never reaches the bot; its hint is the first help."""
    commands = {one["command"]: one for one in manifest()["features"]["slash_commands"]}

    assert {"/launch", "/monitor"} == set(commands)
    assert all(word in commands["/launch"]["usage_hint"] for word in ("help", "presets", "status", "cancel"))
    assert all(word in commands["/monitor"]["usage_hint"] for word in ("runners", "jobs", "region="))


def _without_optional(folder: Path) -> Path:
    """The manifest as it is where an admin has declined what is optional."""
    declined = manifest()
    del declined["oauth_config"]["scopes"]["bot_optional"]
    path = folder / "declined.yml"
    path.write_text(yaml.safe_dump(declined))
    return path


@pytest.mark.parametrize("optional", [True, False])
async def test_everything_works_with_the_manifest_s_scopes(tmp_path: Path, *, optional: bool) -> None:
    """The workspace refuses each call whose scope is missing: nothing that the bot does may be refused."""
    path = MANIFEST if optional else _without_optional(tmp_path)
    async with bot_on(manifest=path) as bed:
        await _use_everything(bed)
        refused = [call for call in bed.slack.traffic.calls if call.error == "missing_scope"]
        called = set(bed.slack.traffic.counts)

    assert [] == refused
    assert called <= set(METHODS)


async def _use_everything(bed: Bed) -> None:
    await bed.type("/launch")
    await bed.settled("succeeded")
    await bed.type("/launch status")
    await bed.type("/monitor")
    await bed.until_shown("Completed W&B runs")
    await bed.finished(6)
    await bed.slack.press("alice", "#training", "log_file")
    await bed.until(lambda: any(file.name.endswith(".log") for file in bed.slack.files()))
    await bed.slack.press("alice", "#training", "log_more")
    await bed.until(lambda: "202" in bed.shown() or "Less" in bed.shown())
    await bed.slack.press("alice", "#training", "monitor_refresh")
    bed.slack.open_home("alice")
    await bed.until(lambda: bed.slack.home("alice"))
    await bed.slack.press("bob", "#training", "launch_relaunch")
    await bed.settled("succeeded", "succeeded")


async def test_without_the_optional_scopes_an_unclear_reply_is_not_repeated(tmp_path: Path) -> None:
    """Where the thread may not be read, the card carries the outcome and no second reply is risked."""
    async with bot_on(manifest=_without_optional(tmp_path)) as bed:
        await bed.type("/launch")
        await bed.until_shown("Task → Cloud")
        bed.slack.set_faults(lost_answers={"chat.postMessage": 1})
        await bed.settled("succeeded")
        replies = [one for one in bed.slack.messages("#training") if one.is_reply]

    assert 1 == len([one for one in replies if "<@U0ALICE>" in said(one)])

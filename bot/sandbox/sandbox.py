"""The complete sandbox: all stand-ins of one scenario, and the settings for a bot that uses them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bot.sandbox.bot_settings import settings_text
from bot.sandbox.google.servers import GoogleServers
from bot.sandbox.slack.manifest import app_of_manifest
from bot.sandbox.slack.server import SlackWorkspace
from bot.sandbox.slack.settings import SlackSettings
from bot.sandbox.wandb.server import WandbServer
from bot.sandbox.world.player import Player
from bot.sandbox.world.scenario import Scenario
from bot.sandbox.world.world import World

# W&B's keys have 40 characters; this one is valid in the sandbox only.
API_KEY = "5a" * 20


class Sandbox:
    """`async with Sandbox(scenario) as sandbox:` plays a scenario until the block ends.

    `workspace` overrides fields of the Slack workspace's `SlackSettings`.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        port: int = 0,
        manifest: Path | None = None,
        workspace: Mapping[str, Any] | None = None,
    ) -> None:
        self.scenario = scenario
        self.world = World(project=scenario.project)
        self.slack = SlackWorkspace(
            dataclasses.replace(_slack_settings(scenario, manifest), **(workspace or {}))
        )
        self.google = GoogleServers(self.world)
        self.wandb = WandbServer(
            self.world, api_key=API_KEY, entity=scenario.entity, project=scenario.wandb_project
        )
        self._port = port
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            await self.slack.start(port=self._port)
            stack.push_async_callback(self.slack.close)
            await self.google.start()
            stack.push_async_callback(self.google.close)
            await self.wandb.start()
            stack.push_async_callback(self.wandb.close)
            await stack.enter_async_context(Player(self.world, self.scenario))
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, trace)

    def write_settings(self, folder: Path, **timing: float) -> Path:
        """Write the bot's settings file into a folder; `timing` overrides single wait times, in seconds."""
        path = folder / "settings.toml"
        path.write_text(
            settings_text(
                self.scenario,
                slack_url=self.slack.api_url.rstrip("/"),
                wandb_url=self.wandb.url,
                google=self.google.endpoints,
                people=tuple(person.id for person in self.slack.settings.people),
                channels=tuple(config.id for config in self.slack.settings.channels),
                store=folder / "launch-control.db",
                timing=timing,
            )
        )
        return path

    def environment(self) -> dict[str, str]:
        """Return the secrets that the bot reads from its environment."""
        return {
            "SLACK_BOT_TOKEN": self.slack.bot_token,
            "SLACK_APP_TOKEN": self.slack.app_token,
            "SLACK_SIGNING_SECRET": self.slack.signing_secret,
            "WANDB_API_KEY": API_KEY,
        }


def _slack_settings(scenario: Scenario, manifest: Path | None) -> SlackSettings:
    plain = SlackSettings(
        title=scenario.title, subtitle=scenario.shows, faults=scenario.slack, rate_multiplier=scenario.speed
    )
    return dataclasses.replace(plain, **app_of_manifest(manifest)) if manifest is not None else plain

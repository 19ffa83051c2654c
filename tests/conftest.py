from __future__ import annotations

import os

import pytest

# What a person's own environment may hold and no test must hear of.
OUTSIDE = (
    "SLACK_BOT_TOKEN",
    "SLACK_APP_TOKEN",
    "SLACK_SIGNING_SECRET",
    "WANDB_API_KEY",
    "LAUNCH_CONTROL_SETTINGS",
)


@pytest.fixture(autouse=True)
def _no_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy would be asked even for addresses of this machine, and a person's secrets open other doors."""
    for name in [*OUTSIDE, *(name for name in os.environ if name.lower().endswith("_proxy"))]:
        monkeypatch.delenv(name, raising=False)


# Where everything is installed these may be skipped, and nothing else.
ALLOWED_SKIPS = ("part of the long form: make chaos",)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """In CI a test that is skipped for another reason than a listed one fails the run: it proves nothing."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("CI") != "true" or reporter is None:
        return
    reasons = {str(report.longrepr) for report in reporter.stats.get("skipped", [])}
    unlisted = sorted(reason for reason in reasons if not any(one in reason for one in ALLOWED_SKIPS))
    if unlisted:
        reporter.write_line(
            f"\nSkipped for a reason that tests/conftest.py does not list: {unlisted}", red=True
        )
        session.exitstatus = pytest.ExitCode.TESTS_FAILED

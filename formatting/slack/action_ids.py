"""The action ids of everything a person can press, and the ids that stand in an element's value."""

from __future__ import annotations

LAUNCH_CANCEL = "launch_cancel"  # value: launch id
LAUNCH_RELAUNCH = "launch_relaunch"  # value: launch id
MONITOR_REFRESH = "monitor_refresh"  # value: the sections asked, joined by "|"
MONITOR_ACT = "monitor_act"  # option value: verb | section | region | row id
ROW_CANCEL = "row_cancel"  # value: section | region | row id | name
LOG_MORE = "log_more"  # value: section | region | row id | lines to show
LOG_LESS = "log_less"  # value: section | region | row id | lines to show
LOG_FILE = "log_file"  # value: section | region | row id
HOME_REFRESH = "home_refresh"

# Buttons that only open a page. Slack still reports the press, and ids must differ inside a block, so the
# id is this prefix, a dot and what is opened: acknowledge whatever starts with it.
OPEN_CONSOLE = "open_console"

# Where a launch stands for a section in a value: the log is that of the launch's failure.
OF_LAUNCH = "launch"

_SEPARATOR = "|"


def opening(what: str) -> str:
    """Return the action id of a button that opens a page, as `open_console.job`."""
    return f"{OPEN_CONSOLE}.{what}"


def join_ids(*ids: str) -> str:
    """Ids as one value; the separator inside an id becomes `%7C`."""
    return _SEPARATOR.join(one.replace("%", "%25").replace(_SEPARATOR, "%7C") for one in ids)


def split_ids(value: str) -> tuple[str, ...]:
    """Return the ids that `join_ids` joined."""
    return tuple(part.replace("%7C", _SEPARATOR).replace("%25", "%") for part in value.split(_SEPARATOR))

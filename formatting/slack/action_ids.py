"""Action ids of all buttons and selects, and the encoding of ids in an element's value."""

from __future__ import annotations

LAUNCH_CANCEL = "launch_cancel"  # value: launch id
LAUNCH_RELAUNCH = "launch_relaunch"  # value: launch id
MONITOR_REFRESH = "monitor_refresh"  # value: the queried sections, joined by "|"
MONITOR_ACT = "monitor_act"  # option value: verb | section | region | row id
ROW_CANCEL = "row_cancel"  # value: section | region | row id | name
LOG_MORE = "log_more"  # value: section | region | row id | lines to show
LOG_LESS = "log_less"  # value: section | region | row id | lines to show
LOG_FILE = "log_file"  # value: section | region | row id
HOME_REFRESH = "home_refresh"

# Prefix of the ids of link buttons: prefix, dot, link name, as ids must be unique in a block. Slack reports
# these presses too, so the bot acknowledges all ids with this prefix.
OPEN_CONSOLE = "open_console"

# Used in place of a section in a value: the log of a failed launch.
OF_LAUNCH = "launch"

_SEPARATOR = "|"


def open_page_id(what: str) -> str:
    """Return the action id of a link button, such as `open_console.job`."""
    return f"{OPEN_CONSOLE}.{what}"


def join_ids(*ids: str) -> str:
    """Return the ids as one value. A separator inside an id becomes `%7C`."""
    return _SEPARATOR.join(one.replace("%", "%25").replace(_SEPARATOR, "%7C") for one in ids)


def split_ids(value: str) -> tuple[str, ...]:
    """Return the ids in a value made by `join_ids`."""
    return tuple(part.replace("%7C", _SEPARATOR).replace("%25", "%") for part in value.split(_SEPARATOR))

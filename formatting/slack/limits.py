"""Slack's limits, each with its source.

Lengths are in characters as sent, that is after escaping. Undocumented limits were measured; the values here
stay below them, and the comment says so.
"""

from __future__ import annotations

# "Cannot exceed 4,000 characters" (chat.postMessage allows more): https://docs.slack.dev/reference/methods/chat.update
MESSAGE_TEXT = 4_000
# Our own limit of a table in a message's `text`, so that heading and footers fit too.
TABLE_IN_TEXT = 3_500
# Undocumented: chat.postMessage refuses about 13,200 characters over all blocks,
# https://github.com/slackapi/bolt-js/issues/2509. Our limit is lower.
ALL_BLOCKS_TEXT = 12_000

# https://docs.slack.dev/reference/block-kit/blocks
MESSAGE_BLOCKS = 50
HOME_BLOCKS = 100
# https://docs.slack.dev/reference/block-kit/blocks/section-block
SECTION_TEXT = 3_000
# The text of a code fence in a section, without the fence marks.
FENCE_TEXT = 2_900
# https://docs.slack.dev/reference/block-kit/blocks/context-block
CONTEXT_ELEMENTS = 10
# https://docs.slack.dev/reference/block-kit/blocks/actions-block
ACTIONS_ELEMENTS = 25
# https://docs.slack.dev/reference/block-kit/block-elements/button-element
BUTTON_TEXT = 75
BUTTON_VALUE = 2_000
URL = 3_000
# https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object
CONFIRM_TITLE = 100
CONFIRM_TEXT = 300
CONFIRM_BUTTON = 30
# https://docs.slack.dev/reference/block-kit/composition-objects/option-object
OPTION_TEXT = 75
OPTION_VALUE = 150
# https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element
SELECT_OPTIONS = 100
# https://docs.slack.dev/reference/block-kit/blocks/table-block: 100 rows with the header, 20 columns and
# 10,000 characters for a table and a message. Our limit is lower, as Slack may count more.
TABLE_ROWS = 100
TABLE_COLUMNS = 20
TABLE_TEXT = 9_000
# https://docs.slack.dev/reference/block-kit/blocks/container-block
CONTAINER_TITLE = 150
CONTAINER_CHILDREN = 10

"""Ephemeral replies to commands and presses, visible to one user."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import structlog
from slack_bolt.kwargs_injection.async_args import AsyncArgs
from slack_sdk.webhook import WebhookResponse

from bot.clients.slack import MessageRefused, answer_refusal
from bot.launches.context import trouble_sentence
from bot.launches.permissions import Refused
from bot.models.errors import BadInput, ServiceError, StoreError
from bot.ports import NotInvited
from formatting import messages
from formatting.failure.api_problems import problem_with_remedy
from formatting.message import Message

Respond: TypeAlias = Callable[..., Awaitable[Any]]


async def reply_errors(respond: Respond, work: Awaitable[object], *, log_of: str = "") -> None:
    """Await `work` and report its failure to the user in an ephemeral reply.

    `log_of` is the name of the row, if `work` reads its log.
    """
    try:
        await work
    except (BadInput, Refused) as reason:
        await respond_ephemeral(respond, messages.bad_input(str(reason)))
    except StoreError as failure:
        await respond_ephemeral(respond, messages.store_error(str(failure)))
    except NotInvited as word:
        await respond_ephemeral(
            respond, messages.not_done(f"Slack does not let me write here any more ({word})")
        )
    except ServiceError as error:
        await respond_ephemeral(
            respond, _log_unread(log_of, error) if log_of else messages.not_done(error_text(error))
        )


def _log_unread(log_of: str, error: ServiceError) -> Message:
    return messages.log_unread(
        log_of, problem_with_remedy(error.problem, "read logs", "logging.logEntries.list")
    )


def error_text(error: ServiceError) -> str:
    """Return a failed call as one sentence, such as "Slack: did not answer in time"."""
    return trouble_sentence(error.problem)


async def respond_ephemeral(respond: Respond, message: Message, *, replace: bool = False) -> None:
    """Send an ephemeral reply. With `replace` it replaces the message that was pressed.

    If Slack refuses the blocks, the text is sent once without them. Further failures are logged.
    """
    answer = functools.partial(
        respond, text=message.text, response_type="ephemeral", replace_original=replace
    )
    refusal = _refusal(await answer(blocks=list(message.blocks)))
    if isinstance(refusal, MessageRefused) and message.blocks:
        structlog.get_logger("slack").error("Slack refused a message's blocks", reason=str(refusal))
        refusal = _refusal(await answer())
    if refusal is not None:
        structlog.get_logger("slack").warning("an ephemeral reply was not shown", reason=str(refusal))


def _refusal(answer: WebhookResponse) -> ServiceError | None:
    return answer_refusal(answer.status_code, answer.body)


def in_thread(args: AsyncArgs) -> Respond:
    """Return a respond function that replies in the thread of the press, as phones show no other replies."""
    thread = (args.body.get("container") or {}).get("thread_ts")
    return functools.partial(args.respond, thread_ts=thread) if thread else args.respond

"""Private answers to a press: what a person must know when something was refused or could not be done."""

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
    """Do the work; what a person must know of its failure is said privately.

    `log_of` names the row whose log was asked for.
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
            respond, _unread(log_of, error) if log_of else messages.not_done(error_text(error))
        )


def _unread(log_of: str, error: ServiceError) -> Message:
    return messages.log_unread(
        log_of, problem_with_remedy(error.problem, "read logs", "logging.logEntries.list")
    )


def error_text(error: ServiceError) -> str:
    """Return a failed call as one sentence, such as "Slack: did not answer in time"."""
    return trouble_sentence(error.problem)


async def respond_ephemeral(respond: Respond, message: Message, *, replace: bool = False) -> None:
    """Show a message to the person alone; with `replace` in the place of the note that was pressed.

    A message that Slack refuses is sent once more as text; what is refused then, or cannot be, is logged.
    """
    answer = functools.partial(
        respond, text=message.text, response_type="ephemeral", replace_original=replace
    )
    refusal = _refusal(await answer(blocks=list(message.blocks)))
    if isinstance(refusal, MessageRefused) and message.blocks:
        structlog.get_logger("slack").error("Slack refused a message's blocks", reason=str(refusal))
        refusal = _refusal(await answer())
    if refusal is not None:
        structlog.get_logger("slack").warning("a private answer was not shown", reason=str(refusal))


def _refusal(answer: WebhookResponse) -> ServiceError | None:
    return answer_refusal(answer.status_code, answer.body)


def in_thread(args: AsyncArgs) -> Respond:
    """Return the way to answer privately, in the thread in which somebody pressed: a phone shows nothing else."""
    thread = (args.body.get("container") or {}).get("thread_ts")
    return functools.partial(args.respond, thread_ts=thread) if thread else args.respond

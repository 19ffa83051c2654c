"""Every sentence that people read, read by a copy editor."""

from __future__ import annotations

import re

import pytest
from look_samples import BUSY, CARDS, DENIED, EMPTY, NOW, STARTED, all_failing, problem

from bot.models.cost import Cost
from bot.models.errors import ProblemKind
from formatting import messages
from formatting.card.art import ART
from formatting.card.card import card_lines
from formatting.card.closing_reply import closing_reply, late_job_reply
from formatting.failure.api_problems import problem_with_remedy
from formatting.home import home
from formatting.launch_list import status
from formatting.message import Message
from formatting.monitor.summary import verdict
from formatting.monitor.tables import tables
from formatting.slack.text import sentence

PRESETS = (
    messages.PresetSummary(
        "bert-small", "BERT on one L4", "g2-standard-8", Cost(0.85, 1, 24, 2), default=True, overrides=("lr",)
    ),
    messages.PresetSummary("llama"),
)
URL = "https://acme.slack.com/archives/C01/p11"
MESSAGES: dict[str, Message] = {
    "launch help": messages.launch_help(),
    "monitor help": messages.monitor_help(),
    "presets": messages.presets(PRESETS),
    "no presets": messages.presets(()),
    "bad input": messages.bad_input(
        "The value of lr must be a number from 0 to 1. Example: /launch bert-small lr=0.1"
    ),
    "invite me": messages.invite_me("launch-control", "/launch bert-small"),
    "nothing started": messages.nothing_started("The store is full"),
    "store trouble": messages.store_error("The disk is full."),
    "unexpected": messages.unexpected_error("ab12cd34"),
    "already asked": messages.already_launched(URL),
    "already asked, no link": messages.already_launched(""),
    "already looking": messages.scan_already_running(URL),
    "cancelling": messages.cancelling_launch("brave-otter-12"),
    "log unread": messages.log_unread("vertex-ai-launcher-1", "Cloud Logging did not answer in time"),
    "gone": messages.no_longer_known("thread"),
    "status, none": status((), NOW, "U01ANA"),
    "status": status(tuple(CARDS.values()), NOW, "U01ANA"),
    "home": home(tuple(CARDS.values()), NOW, "U01ANA"),
    "home, empty": home((), NOW, "U01ANA"),
    "home, scanned": home(tuple(CARDS.values()), NOW, "U01ANA", BUSY),
    "home, denied": home((), NOW, "U01ANA", DENIED),
    "appeared": late_job_reply(CARDS["submitted"]),
    **{f"verdict {number}": verdict(scan, NOW) for number, scan in enumerate((BUSY, EMPTY, DENIED, STARTED))},
    **{f"closing {state}": closing_reply(CARDS[state]) for state in ("succeeded", "job failed", "lost")},
}
SCANS = (BUSY, EMPTY, DENIED, STARTED, *(all_failing(kind) for kind in ProblemKind))
FOOTERS = sorted(
    {line for scan in SCANS for one in tables(scan, NOW) for line in (*one.footers, one.empty_text) if line}
)
LOOSE = re.compile(
    r"(?<!\n)  +(?!•)| [.,;:](?:\s|$)|\.\.(?!\.)(?<!\.\.\.)|!(?!date\^)|\bplease\b|\bsorry\b|\boops\b",
    re.IGNORECASE,
)


def paragraphs(message: Message) -> list[str]:
    """The texts of a message that are sentences: sections and grey lines, without headings."""
    texts = [message.text]
    for block in message.blocks:
        if block["type"] == "section":
            texts.append(block["text"]["text"])
        elif block["type"] == "context":
            texts += [element["text"] for element in block["elements"]]
    return [text for text in texts if text != "Ended" and not text.startswith("*")]


@pytest.mark.parametrize("name", MESSAGES)
def test_sentences_read_well(name: str) -> None:
    """No double spaces, no shouting, no apologies: people read these at three in the morning."""
    for text in paragraphs(MESSAGES[name]):
        assert not LOOSE.search(text.replace("...", "")), text
        assert text[0].isupper() or not text[0].isalpha(), text
        assert len(text) <= 1_600


@pytest.mark.parametrize("name", [name for name in MESSAGES if "status" not in name and "home" not in name])
def test_sentences_end(name: str) -> None:
    """A sentence without its period looks cut off."""
    said = [text for text in paragraphs(MESSAGES[name]) if "·" not in text]

    assert [text for text in said if not text.endswith((".", ".`"))] == []


@pytest.mark.parametrize("footer", FOOTERS)
def test_footers_are_sentences(footer: str) -> None:
    """A footer says where, what and the mend in one sentence."""
    assert footer.endswith(".")
    assert not LOOSE.search(footer)
    assert len(footer) <= 200


@pytest.mark.parametrize("kind", ProblemKind)
@pytest.mark.parametrize("system", ["Cloud Run", "W&B"])
def test_every_problem_has_words_and_a_mend(kind: ProblemKind, system: str) -> None:
    """Whatever goes wrong, people read what it was, and what to do where anything can be done."""
    said = sentence(problem_with_remedy(problem(kind, system), "list things", "things.list"))

    assert not LOOSE.search(said)
    assert "{" not in said
    assert (";" in said) == (kind is not ProblemKind.UNKNOWN)


@pytest.mark.parametrize("state", CARDS)
def test_lines_of_a_card_read_well(state: str) -> None:
    """A card's lines hold no loose ends, whatever is not known yet."""
    lines = [line for line in card_lines(CARDS[state], NOW) if ART not in line and "Timeout (" not in line]

    assert [
        line for line in lines if LOOSE.search(line.replace("...", "")) or line.endswith((" ", "·"))
    ] == []


def test_the_art_alone_may_shout() -> None:
    """The art is the seed's, with its own joy."""
    assert LOOSE.search(ART)

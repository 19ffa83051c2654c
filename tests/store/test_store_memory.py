from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from store_samples import NOW

from bot.models.diagnosis import Category, Confidence, Diagnosis
from bot.models.errors import StoreError
from bot.models.launch import MessageRef
from bot.ports import AuditEntry, Settled, Thread
from bot.store import Store

DIAGNOSIS = Diagnosis(
    has_error=True,
    category=Category.QUOTA,
    root_cause_index=1,
    summary="Quota exceeded",
    context=("before", "429 Quota exceeded"),
    advice="Ask for more",
    confidence=Confidence.HIGH,
    context_root=1,
    cause_id="quota",
)


async def test_a_settled_diagnosis_is_remembered(store: Store) -> None:
    """A failed row's log is read once, for ever: the next scan takes the answer from here."""
    settled = Settled(row_id="runner-x7k2p", diagnosis=DIAGNOSIS, log_url="https://example.com/log")
    await store.diagnoses.settle(settled)

    found = await store.diagnoses.find(["runner-x7k2p", "unknown"])

    assert (settled,) == found
    assert await store.diagnoses.find([]) == ()


async def test_the_first_word_of_a_diagnosis_stays(store: Store) -> None:
    """Two scans may settle the same row: what people have read must not change."""
    await store.diagnoses.settle(Settled(row_id="1", diagnosis=DIAGNOSIS))
    await store.diagnoses.settle(Settled(row_id="1", diagnosis=replace(DIAGNOSIS, summary="Another")))

    found = await store.diagnoses.find(["1"])

    assert [DIAGNOSIS] == [settled.diagnosis for settled in found]


async def test_a_thread_is_found_by_its_parent_and_by_its_words(store: Store) -> None:
    """Buttons find their thread by its parent, a second `/monitor` the newest of the same words."""
    old = Thread(parent=MessageRef("C1", "1.0"), words="failed", started=NOW)
    new = Thread(parent=MessageRef("C1", "2.0"), words="failed", started=NOW + timedelta(seconds=9))
    for thread in (new, old):
        await store.threads.remember(thread)
    finished = replace(new, replies=("2.1", "2.2"), finished=NOW + timedelta(seconds=12))
    await store.threads.remember(finished)

    assert finished == await store.threads.latest("C1", "failed")
    assert old == await store.threads.find(old.parent)
    assert await store.threads.latest("C1", "mine") is None
    assert await store.threads.find(MessageRef("C2", "2.0")) is None


async def test_a_refused_block_is_avoided_until_its_time_is_over(store: Store) -> None:
    """A workspace that refuses a block gets the plain form, and another chance later."""
    await store.workspaces.refuse_block("T1", "table", NOW + timedelta(hours=1))
    await store.workspaces.refuse_block("T1", "table", NOW + timedelta(hours=24))
    await store.workspaces.refuse_block("T2", "plan", NOW + timedelta(hours=24))

    assert frozenset({"table"}) == await store.workspaces.refused_blocks("T1", NOW + timedelta(hours=23))
    assert await store.workspaces.refused_blocks("T1", NOW + timedelta(hours=24)) == frozenset()


async def test_the_audit_gives_the_newest_entries_first(store: Store) -> None:
    """Who spent what is asked of the last days; the limit cuts the oldest."""
    entries = [
        AuditEntry(NOW + timedelta(seconds=n), "U0ANA", "launch", f"id{n}", "started", "why")
        for n in range(4)
    ]
    for entry in entries:
        await store.audit.record(entry)

    found = await store.audit.entries(since=NOW + timedelta(seconds=1), limit=2)

    assert (entries[3], entries[2]) == found


async def test_text_that_cannot_be_stored_is_a_sentence(store: Store) -> None:
    """Half a character from a broken client must not become a stack trace."""
    with pytest.raises(StoreError):
        await store.audit.record(AuditEntry(NOW, "U0ANA", "launch", "x", "\ud800"))

    assert await store.audit.entries(since=NOW) == ()

"""The seams: what the core asks of the outside, as protocols that clients, the store and faces fulfil."""

from __future__ import annotations

from bot.ports.cloud import Builds, Jobs, LogPage, Logs, LogScope, NewItem, Runners, Tracker
from bot.ports.notifier import Clock, LaunchNotifier, MessageKind, NotInvited
from bot.ports.repositories import (
    NO_CAPS,
    Added,
    Audit,
    AuditEntry,
    CapReached,
    Caps,
    Diagnoses,
    Launches,
    SaveConflict,
    Settled,
    Thread,
    Threads,
    Workspaces,
)

__all__ = [
    "NO_CAPS",
    "Added",
    "Audit",
    "AuditEntry",
    "Builds",
    "CapReached",
    "Caps",
    "Clock",
    "Diagnoses",
    "Jobs",
    "LaunchNotifier",
    "Launches",
    "LogPage",
    "LogScope",
    "Logs",
    "MessageKind",
    "NewItem",
    "NotInvited",
    "Runners",
    "SaveConflict",
    "Settled",
    "Thread",
    "Threads",
    "Tracker",
    "Workspaces",
]

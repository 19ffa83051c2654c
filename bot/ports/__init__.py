"""Ports: the protocols through which the core uses clients, the store and the notifier."""

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

"""The table of causes: to add one, add one entry to the file of its theme."""

from __future__ import annotations

from bot.diagnosis.causes.agent import AGENT
from bot.diagnosis.causes.answers import ANSWERS
from bot.diagnosis.causes.build import BUILD
from bot.diagnosis.causes.code import CODE, EXCEPTION, IMPORTS
from bot.diagnosis.causes.config import CONFIG
from bot.diagnosis.causes.consequences import CONSEQUENCES
from bot.diagnosis.causes.credentials import CREDENTIALS, REFUSED
from bot.diagnosis.causes.data import DATA
from bot.diagnosis.causes.gpu import GPU
from bot.diagnosis.causes.guesses import GUESSES
from bot.diagnosis.causes.installs import INSTALLS
from bot.diagnosis.causes.memory import MEMORY
from bot.diagnosis.causes.named import NAMED
from bot.diagnosis.causes.network import NETWORK
from bot.diagnosis.causes.network_classes import NETWORK_CLASSES
from bot.diagnosis.causes.permissions import PERMISSIONS
from bot.diagnosis.causes.placement import PLACEMENT
from bot.diagnosis.causes.places import PLACES
from bot.diagnosis.causes.quota import QUOTA
from bot.diagnosis.causes.requests import REQUESTS
from bot.diagnosis.causes.statuses import STATUSES
from bot.diagnosis.causes.wandb import WANDB

#: Among equally strong matches the earlier wins.
CAUSES = (
    *PLACES,
    *MEMORY,
    *QUOTA,
    *GPU,
    *PLACEMENT,
    *CREDENTIALS,
    *PERMISSIONS,
    *REFUSED,
    *INSTALLS,
    *BUILD,
    *IMPORTS,
    *WANDB,
    *NETWORK,
    *NETWORK_CLASSES,
    *REQUESTS,
    *AGENT,
    *CONFIG,
    *DATA,
    *CODE,
    *STATUSES,
    *ANSWERS,
    *NAMED,
    *CONSEQUENCES,
)

__all__ = ["CAUSES", "EXCEPTION", "GUESSES"]

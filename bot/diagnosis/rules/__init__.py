"""All diagnosis rules. To add one, add an entry to the file of its category."""

from __future__ import annotations

from bot.diagnosis.rules.answers import ANSWERS
from bot.diagnosis.rules.api_errors import REQUESTS
from bot.diagnosis.rules.build import BUILD
from bot.diagnosis.rules.config import CONFIG
from bot.diagnosis.rules.credentials import CREDENTIALS, REFUSED
from bot.diagnosis.rules.data import DATA
from bot.diagnosis.rules.dependencies import INSTALLS
from bot.diagnosis.rules.generic import CONSEQUENCES
from bot.diagnosis.rules.gpu import GPU
from bot.diagnosis.rules.guesses import GUESSES
from bot.diagnosis.rules.machines_and_images import PLACEMENT
from bot.diagnosis.rules.memory_and_disk import MEMORY
from bot.diagnosis.rules.named import NAMED
from bot.diagnosis.rules.network import NETWORK
from bot.diagnosis.rules.network_classes import NETWORK_CLASSES
from bot.diagnosis.rules.permissions import PERMISSIONS
from bot.diagnosis.rules.places import PLACES
from bot.diagnosis.rules.python_code import CODE, EXCEPTION, IMPORTS
from bot.diagnosis.rules.quota import QUOTA
from bot.diagnosis.rules.statuses import STATUSES
from bot.diagnosis.rules.wandb import WANDB
from bot.diagnosis.rules.wandb_agent import AGENT

#: Among equally specific matches the first wins.
RULES = (
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

__all__ = ["EXCEPTION", "GUESSES", "RULES"]

"""The table of causes: to add one, add one entry to the file of its theme."""

from __future__ import annotations

from bot.diagnosis.causes.access import ACCESS
from bot.diagnosis.causes.build import BUILD
from bot.diagnosis.causes.code import CODE, EXCEPTION
from bot.diagnosis.causes.consequences import CONSEQUENCES
from bot.diagnosis.causes.gpu import GPU
from bot.diagnosis.causes.memory import MEMORY
from bot.diagnosis.causes.network import NETWORK
from bot.diagnosis.causes.placement import PLACEMENT
from bot.diagnosis.causes.quota import QUOTA
from bot.diagnosis.causes.requests import REQUESTS

#: Among equally strong matches the earlier wins.
CAUSES = (*MEMORY, *QUOTA, *GPU, *PLACEMENT, *ACCESS, *BUILD, *NETWORK, *REQUESTS, *CODE, *CONSEQUENCES)

__all__ = ["CAUSES", "EXCEPTION"]

"""What a launch may cost, in words: on its card, in the list of presets, wherever money is asked for."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from bot.models.cost import Cost

_CENT, _DOLLAR, _HUNDRED = Decimal("0.01"), Decimal(1), Decimal(100)


def cost_words(cost: Cost) -> str:
    """Return "about $1.70 (2 h), at most about $20.40 for machines by the 24 h limit", or "price unknown".

    The limit is the one that Vertex AI enforces, so the second part is what a job that hangs costs.
    """
    if cost.price_per_hour is None:
        return "price unknown"
    an_hour = Decimal(str(cost.price_per_hour)) * cost.machines
    cap = Decimal(str(cost.cap_hours))
    most = f"at most about {dollars(an_hour * cap)} for machines by the {hours(cap)} limit"
    if cost.expected_hours is None:
        return most
    expected = Decimal(str(cost.expected_hours))
    return f"about {dollars(an_hour * expected)} ({hours(expected)}), {most}"


def dollars(amount: Decimal) -> str:
    """Return an amount with its cents below a hundred dollars, in whole dollars from there on.

    Half a cent and more is rounded up; what is no whole cent, but not free, is a cent.
    """
    cents = amount.quantize(_CENT, ROUND_HALF_UP)
    if amount > 0:
        cents = max(cents, _CENT)
    if cents >= _HUNDRED:
        return f"${amount.quantize(_DOLLAR, ROUND_HALF_UP):,}"
    return f"${cents}"


def hours(number: Decimal) -> str:
    """Return a number of hours: "24 h", "1.5 h"."""
    return f"{float(number):g} h"

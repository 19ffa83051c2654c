"""Formats what a launch may cost."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from bot.models.cost import Cost

_CENT, _DOLLAR, _HUNDRED = Decimal("0.01"), Decimal(1), Decimal(100)


def cost_words(cost: Cost) -> str:
    """Return "about $1.70 (2 h), at most about $20.40 for machines by the 24 h limit", or "price unknown".

    Vertex AI enforces the limit, so the second amount is the cost of a job that hangs.
    """
    if cost.price_per_hour is None:
        return "price unknown"
    per_hour = Decimal(str(cost.price_per_hour)) * cost.machines
    cap = Decimal(str(cost.cap_hours))
    maximum = f"at most about {dollars(per_hour * cap)} for machines by the {hours(cap)} limit"
    if cost.expected_hours is None:
        return maximum
    expected = Decimal(str(cost.expected_hours))
    return f"about {dollars(per_hour * expected)} ({hours(expected)}), {maximum}"


def dollars(amount: Decimal) -> str:
    """Return an amount with cents below a hundred dollars, else in whole dollars.

    Half a cent and more is rounded up. A positive amount below one cent is shown as one cent.
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

"""Formats what a launch may cost."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

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
    maximum = f"at most about {dollars(per_hour * cap, ROUND_UP)} for machines by the {hours(cap)} limit"
    if cost.expected_hours is None:
        return maximum
    expected = Decimal(str(cost.expected_hours))
    return f"about {dollars(per_hour * expected)} ({hours(expected)}), {maximum}"


def dollars(amount: Decimal, rounding: str = ROUND_HALF_UP) -> str:
    """Return an amount with cents below a hundred dollars, else in whole dollars.

    Half a cent and more is rounded up, with ROUND_UP any part of one. A positive amount below one cent is
    shown as one cent.
    """
    amount = amount or Decimal(0)  # without the sign of a zero
    cents = amount.quantize(_CENT, rounding)
    if amount > 0:
        cents = max(cents, _CENT)
    if cents >= _HUNDRED:
        return f"${amount.quantize(_DOLLAR, rounding):,}"
    return f"${cents}"


def hours(number: Decimal) -> str:
    """Return a number of hours, below one hour in minutes: "24 h", "1.33 h", "20 min"."""
    if number < 1:
        return f"{max(1, round(number * 60))} min"
    return f"{round(float(number), 2):g} h"

"""How long something may take: an amount of one unit, which a calendar can count."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Context, Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Self

from demandflow.errors import InvalidValue, brief, listed
from demandflow.inputs.arguments import plain_text

AN_HOUR = 3_600_000_000
"""In microseconds."""
LONGEST = 1_000_000
"""Days, or hours: more than a hundred years of hours; whatever is longer is a mistake in a file."""


class Unit(StrEnum):
    """What a span is counted in."""

    WORKING_DAYS = "working days"
    FULL_WORKING_DAYS = "full working days"
    WORKING_HOURS = "working hours"
    CALENDAR_DAYS = "calendar days"
    HOURS = "hours"

    @classmethod
    def named(cls, word: object) -> Unit:
        """The unit of this name. Raises InvalidValue that lists the possible ones."""
        if type(word) is cls:
            return word
        if isinstance(word, str) and word in cls._value2member_map_:
            return cls(word)
        raise InvalidValue("unit", f"{brief(word)} is none (possible: {listed(cls)})")

    @property
    def counts_working_time(self) -> bool:
        """Whether only time in which somebody works counts."""
        return self not in (Unit.CALENDAR_DAYS, Unit.HOURS)

    @property
    def is_elapsed(self) -> bool:
        """Whether it is measured in exact time, not in days."""
        return self in (Unit.WORKING_HOURS, Unit.HOURS)


_WRITTEN = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+|/[0-9]+)?) +(?P<unit>[a-z]+(?: [a-z]+)*)")
_MINUTES = {f"{kind}minute{s}": f"{kind}hours" for kind in ("", "working ") for s in ("", "s")}
_DIVIDING = Context(prec=40, traps=[])
_UNITS = {**{unit.value: unit for unit in Unit}, **{unit.value.removesuffix("s"): unit for unit in Unit}}


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of one unit: whole days, or hours as an exact number; `Span.of("3 working days")`.

    `Calendar.add` says what each unit means. Raises InvalidValue for an amount that is negative, inexact, more than a
    million, or a part of a day.
    """

    amount: int | Fraction
    unit: Unit
    count: int = field(init=False, repr=False, compare=False)
    """The amount in whole days, or an amount of hours in whole microseconds."""

    def __post_init__(self) -> None:
        unit = Unit.named(self.unit)
        amount = _exact(self.amount, unit)
        count = Fraction(amount) * AN_HOUR if unit.is_elapsed else Fraction(amount)
        if count.denominator != 1:
            raise InvalidValue("span", f"{amount} {unit} is no whole number of microseconds")
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "count", int(count))

    @classmethod
    def of(cls, text: str | Span) -> Self:
        """The span that a text says: "3 working days", "8.5 working hours", "1/3 hours", "30 minutes"."""
        if isinstance(text, cls):
            return text
        parts = _WRITTEN.fullmatch(plain_text("span", text).strip())
        word = parts["unit"] if parts else ""
        if parts is None or not (word in _UNITS or word in _MINUTES):
            possible = f'a number and one of {listed(Unit)}, as in "3 working days"'
            raise InvalidValue("span", f"{brief(text)} is none; write {possible}")
        if re.fullmatch(r"[0-9]+/0+", parts["number"]):
            raise InvalidValue("span", f"{brief(text)} divides by zero")
        amount = Fraction(parts["number"])
        if word in _MINUTES:
            return cls(amount / 60, Unit(_MINUTES[word]))
        return cls(amount, _UNITS[word])

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.amount == 1 else self.unit
        return f"{_written(Fraction(self.amount))} {unit}"


def _exact(amount: object, unit: Unit) -> int | Fraction:
    """The amount exactly; a float seldom has the value that was written."""
    inexact = isinstance(amount, bool) or (isinstance(amount, Decimal) and not amount.is_finite())
    if inexact or not isinstance(amount, int | Fraction | Decimal):
        raise InvalidValue("span", f"the amount must be a whole number, a Fraction or a Decimal, got {brief(amount)}")
    exact = Fraction(amount)
    if not 0 <= exact <= LONGEST:
        raise InvalidValue("span", f"{brief(amount)} {unit} lies outside 0–{LONGEST}")
    if exact.denominator == 1:
        return int(exact)
    if not unit.is_elapsed:
        raise InvalidValue("span", f"{unit} are counted whole, got {_written(exact)}; hours may be split")
    return exact


def _written(amount: Fraction) -> str:
    """As a decimal where it has an end, else as a fraction."""
    decimal = _DIVIDING.divide(Decimal(amount.numerator), Decimal(amount.denominator))
    return f"{decimal:f}" if decimal == amount else str(amount)

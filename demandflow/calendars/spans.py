"""How long something may take: an amount of one unit, which a calendar can count."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Self

from demandflow.errors import InvalidValue, brief, listed

TICKS_AN_HOUR = 3_600_000_000
"""Time is counted in whole microseconds, as datetime does."""
LONGEST = 1_000_000
"""Days, or hours: a hundred years of hours and more; what is longer is a mistake in a file."""


class Unit(StrEnum):
    """In what a span is counted."""

    WORKING_DAYS = "working days"
    FULL_WORKING_DAYS = "full working days"
    WORKING_HOURS = "working hours"
    CALENDAR_DAYS = "calendar days"
    HOURS = "hours"

    @classmethod
    def named(cls, word: object) -> Unit:
        """The unit of this name; InvalidValue with the possible ones."""
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
_UNITS = {**{unit.value: unit for unit in Unit}, **{unit.value.removesuffix("s"): unit for unit in Unit}}


@dataclass(frozen=True, slots=True)
class Span:
    """An amount of one unit: whole days, or hours as an exact number; `Span.of("3 working days")`.

    Raises InvalidValue for an amount that is negative, inexact, longer than a million, or not whole in days.
    What each unit means is said by `Calendar.add`.
    """

    amount: int | Fraction
    unit: Unit
    ticks: int = field(init=False, repr=False, compare=False)
    """An amount of hours in microseconds; 0 for days, whose length depends on the calendar."""

    def __post_init__(self) -> None:
        unit = Unit.named(self.unit)
        amount = _exact(self.amount, unit)
        ticks = Fraction(amount) * TICKS_AN_HOUR if unit.is_elapsed else Fraction(0)
        if ticks.denominator != 1:
            raise InvalidValue("span", f"{amount} {unit} is no whole number of microseconds")
        object.__setattr__(self, "unit", unit)
        object.__setattr__(self, "amount", amount)
        object.__setattr__(self, "ticks", int(ticks))

    @classmethod
    def of(cls, text: str | Span) -> Self:
        """The span that a text says: "3 working days", "8.5 working hours", "1/3 hours", "30 minutes"."""
        if isinstance(text, cls):
            return text
        if not isinstance(text, str):
            raise InvalidValue("span", f"must be a text, got {brief(text)}")
        found = _WRITTEN.fullmatch(text.strip())
        word = found["unit"] if found else ""
        if found is None or not (word in _UNITS or word in _MINUTES):
            possible = f'a number and one of {listed(Unit)}, as in "3 working days"'
            raise InvalidValue("span", f"{brief(text)} is none; write {possible}")
        if re.fullmatch(r"[0-9]+/0+", found["number"]):
            raise InvalidValue("span", f"{brief(text)} divides by zero")
        amount = Fraction(found["number"])
        if word in _MINUTES:
            return cls(amount / 60, Unit(_MINUTES[word]))
        return cls(amount, _UNITS[word])

    def __str__(self) -> str:
        unit = self.unit.removesuffix("s") if self.amount == 1 else self.unit
        return f"{_written(Fraction(self.amount))} {unit}"


def working_days(amount: int) -> Span:
    """So many working days: the same clock time so many working days on."""
    return Span(amount, Unit.WORKING_DAYS)


def full_working_days(amount: int) -> Span:
    """So many working days after the day of the start, to the close of the last."""
    return Span(amount, Unit.FULL_WORKING_DAYS)


def working_hours(amount: int | Fraction | Decimal) -> Span:
    """So many hours of opening time."""
    return Span(_number(amount), Unit.WORKING_HOURS)


def calendar_days(amount: int) -> Span:
    """So many days by the calendar on the wall, to the same clock time."""
    return Span(amount, Unit.CALENDAR_DAYS)


def hours(amount: int | Fraction | Decimal) -> Span:
    """So many hours, whatever the clock on the wall says."""
    return Span(_number(amount), Unit.HOURS)


def _number(amount: object) -> int | Fraction:
    """The amount exactly; a float has seldom the value that was written."""
    if isinstance(amount, Decimal) and amount.is_finite():
        return Fraction(amount)
    if isinstance(amount, int | Fraction) and not isinstance(amount, bool):
        return amount
    raise InvalidValue("span", f"the amount must be a whole number, a Fraction or a Decimal, got {brief(amount)}")


def _exact(said: object, unit: Unit) -> int | Fraction:
    amount = Fraction(_number(said))
    if not 0 <= amount <= LONGEST:
        raise InvalidValue("span", f"{brief(said)} {unit} lies outside 0–{LONGEST}")
    if amount.denominator == 1:
        return int(amount)
    if not unit.is_elapsed:
        raise InvalidValue("span", f"{unit} are counted whole, got {_written(amount)}; hours may be split")
    return amount


def _written(amount: Fraction) -> str:
    """As a decimal where it has an end, else as a fraction."""
    rest, places = amount.denominator, 0
    for prime in (2, 5):
        power = 0
        while rest % prime == 0:
            rest, power = rest // prime, power + 1
        places = max(places, power)
    if rest > 1:
        return str(amount)
    digits = str(amount.numerator * 10**places // amount.denominator).rjust(places + 1, "0")
    return f"{digits[:-places]}.{digits[-places:]}" if places else digits

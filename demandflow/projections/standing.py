"""What a demand stands for in the figures: one small number, and the questions put to it.

A count asks `standing & mask == bits`, so that the identity and "resolved ≤ closed" hold by construction.
The layout is kept in the tables: whoever changes it raises DEFINITIONS_VERSION, and the tables are made anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple

from demandflow.domain.clocks.states import ClockState
from demandflow.domain.demand import Demand, Round
from demandflow.domain.moves import ENDS, MEANINGS
from demandflow.domain.standard.grades import FIVE

DEFINITIONS_VERSION = 6

ENDED = 0b111
CLOSED, REFUSED, WITHDRAWN, MERGED = 1, 2, 3, 4
RESOLVED, EVALUATED, ASKED, REPORTED_RESOLVED = 1 << 3, 1 << 4, 1 << 5, 1 << 6
GRADE, CLOCK = 0b111 << 7, 0b111 << 10
GRADES = {grade: number << 7 for number, grade in enumerate(FIVE, start=1)}
RUNNING, MET, MISSED, STOPPED = (number << 10 for number in range(1, 5))
DECLARES = {meaning: 1 << 13 + number for number, meaning in enumerate(MEANINGS)}
GRADED, GRADED_SATISFIED, PARTLY_SATISFIED = 1 << 30, 1 << 31, 1 << 32
WEIGHT_AT, WEIGHT = 33, 0b1111111 << 33
"""What the grade weighs, in hundredths."""
HALF = 50
_ENDED_AS = {None: 0} | {end: number for number, end in enumerate(ENDS, start=1)}

HAPPENINGS = {
    "evaluated_at_all" if meaning == "evaluated" else meaning: meaning
    for meaning in MEANINGS
    if meaning not in ("taken_on", "reported", "told", "asked")
}
"""The counts of what happened, by name, with what they mean; `evaluated` alone is a standing count."""
IN_RETROSPECT = "in_retrospect"
"""What happens as well where something is entered later than it happened; every workflow can mean it."""
HAPPENINGS[IN_RETROSPECT] = IN_RETROSPECT


CODES = {meaning: -number for number, meaning in enumerate(MEANINGS, start=1)}
"""What happened, as the ledger keeps it beside standings, which are never negative. The order is kept in the tables."""
CODES[IN_RETROSPECT] = -100
MEANING_OF = {code: meaning for meaning, code in CODES.items()}

CLOCKS_AT = 40
"""From this bit on, a number that the ledger keeps says how the clocks stand; what a demand stands for is below it."""
UNDATED = "undated"
"""How a clock stands that goes on without a due moment; in the figures it is running as well."""
CLOCK_STATUSES = ("running", "met", "missed", "stopped", UNDATED)
"""How a clock may stand once it has run, each once; a paused one has not ended, so it counts as running."""

NO_CLOCK = ""
"""The name under which a due moment is kept that no clock gave: a fact gave it to the whole demand."""


class Slice(NamedTuple):
    """The dimensions by which figures are sliced; empty where a demand has none. `lead` was given the work last."""

    place: str
    channel: str
    category: str
    lead: str
    workflow: str


@dataclass(frozen=True)
class Count:
    """A question to a standing; `needs` is what a workflow must declare, else the count is n/a."""

    mask: int
    bits: int
    needs: str | None = None

    def asks(self, standing: int) -> bool:
        """Whether such a demand counts, whatever its workflow declares."""
        return standing & self.mask == self.bits

    def of(self, tally: Mapping[int, int]) -> int | None:
        """How many demands of the tally (standing → number) answer yes; None is n/a."""
        declared = DECLARES[self.needs] if self.needs else 0
        mask, bits = self.mask | declared, self.bits | declared
        yes = sum(number for standing, number in tally.items() if standing & mask == bits)
        if yes or not declared or not any(tally.values()):
            return yes
        return 0 if any(number and standing & declared for standing, number in tally.items()) else None


COUNTS: dict[str, Count] = {
    "received": Count(0, 0),
    "open": Count(ENDED, 0),
    "closed": Count(ENDED, CLOSED),
    "refused": Count(ENDED, REFUSED),
    "withdrawn": Count(ENDED, WITHDRAWN),
    "merged": Count(ENDED, MERGED),
    "resolved": Count(ENDED | RESOLVED, CLOSED | RESOLVED, "evaluated"),
    "reported_resolved": Count(ENDED | REPORTED_RESOLVED, CLOSED | REPORTED_RESOLVED, "reported"),
    "asked": Count(ASKED, ASKED, "asked"),
    "closed_and_asked": Count(ENDED | ASKED, CLOSED | ASKED, "asked"),
    "evaluated": Count(EVALUATED, EVALUATED, "evaluated"),
    "silent": Count(ENDED | EVALUATED, CLOSED, "evaluated"),
    "graded": Count(GRADED, GRADED, "evaluated"),
    "graded_satisfied": Count(GRADED_SATISFIED, GRADED_SATISFIED, "evaluated"),
    "partly_satisfied": Count(PARTLY_SATISFIED, PARTLY_SATISFIED, "evaluated"),
    **{str(grade): Count(GRADE, bits, "evaluated") for grade, bits in GRADES.items()},
    "no_clock": Count(CLOCK, 0),
    "running": Count(CLOCK, RUNNING),
    "met": Count(CLOCK, MET),
    "missed": Count(CLOCK, MISSED),
    "stopped": Count(CLOCK, STOPPED),
}
"""The standing counts of docs/figures.md, by name."""


def standing(demand: Demand) -> int:
    """What the demand stands for now."""
    value = _ENDED_AS.get(demand.ended_as, 0) | _clock(demand)
    value |= ASKED if demand.asked else 0
    value |= REPORTED_RESOLVED if demand.reported_resolved else 0
    if demand.evaluated:
        value |= EVALUATED | (RESOLVED if demand.resolved else 0) | graded_as(demand.this_round)
    return value | _declared(demand.declares)


def clocks_of(demand: Demand) -> tuple[str, ...]:
    """How each of its clocks stands: `finish met`, by name."""
    return tuple([f"{clock.clock} {_stands(clock)}" for clock in demand.clocks])


def dues_of(demand: Demand) -> tuple[tuple[str, datetime], ...]:
    """The due moments of an open demand, by the names of their clocks, the soonest first."""
    if demand.ended_as is not None:
        return ()
    if not demand.clocks:
        return () if demand.due is None else ((NO_CLOCK, demand.due),)
    dues = [(clock.clock, clock.due) for clock in demand.clocks if clock.due is not None and clock.can_be_overdue]
    dues += [(NO_CLOCK, demand.due)] if demand.due is not None else []
    return tuple(sorted(dues, key=lambda due: due[::-1]))


def slice_of(demand: Demand) -> Slice:
    """Where the demand is counted."""
    place, channel, category = demand.place or "", demand.channel or "", demand.category or ""
    return Slice(place, channel, category, demand.lead or "", demand.workflow)


def score(tally: Mapping[int, int]) -> Fraction:
    """The weights of the grades of all demands of the tally (standing → number), added up."""
    hundredths = sum(number * ((standing & WEIGHT) >> WEIGHT_AT) for standing, number in tally.items())
    return Fraction(hundredths, 100)


def graded_as(evaluation: Round) -> int:
    """The grade by name, if it is one of the five, and what it counts for."""
    means = evaluation.grade_means or FIVE.get(evaluation.grade)  # type: ignore[arg-type]
    if means is None:
        return 0
    counts_as = GRADED_SATISFIED if means.satisfied else PARTLY_SATISFIED if means.weight >= HALF else 0
    return GRADES.get(evaluation.grade, 0) | GRADED | counts_as | means.weight << WEIGHT_AT  # type: ignore[arg-type]


@lru_cache
def _declared(meanings: tuple[str, ...]) -> int:
    """What a workflow says that it can mean."""
    return sum({DECLARES.get(meaning, 0) for meaning in meanings})


def _stands(clock: ClockState) -> str:
    return UNDATED if clock.undated else "running" if clock.goes_on else clock.status


def _clock(demand: Demand) -> int:
    """Fixed at the end: met or missed where it was closed, stopped where it ended otherwise."""
    if demand.due is None:
        return 0
    if demand.ended_as is None or demand.ended is None:
        return RUNNING
    if demand.ended_as != "closed":
        return STOPPED
    return MET if demand.ended <= demand.due else MISSED

"""Everything that can go wrong, as one tree.

    DemandFlowError
    ├── InvalidValue        a value is not what it must be            (also a ValueError)
    │   ├── InvalidFile     a workflow's file has mistakes; it lists them all (in demandflow.workflow_files)
    │   └── YearNotCovered  no source of a working-time calendar says anything about that year
    ├── InvalidWorkflow     a workflow has defects; it lists them all (also a ValueError)
    ├── Refusal             the workflow or a rule forbids it; nothing was recorded
    │   ├── MoveNotAllowed  the demand's present state has no such move
    │   ├── RoleNotAllowed  the move exists, but not for this role
    │   ├── RuleBroken      one or more rules object
    │   ├── BackdatingNotAllowed  it happened too long ago for this role to enter it now
    │   └── StaleDemand       the demand is no longer what the caller saw
    ├── ClockBehind         the clock lies far behind what is recorded already
    ├── DemandNotFound      the log has no such demand                (also a LookupError)
    │   └── OtherKind       what the log has is of another kind (in demandflow.domain.stream)
    ├── UnknownWorkflow     the demand's workflow was not given to open()
    ├── CommandConflict            the same id came again, with another content
    └── StorageError        the log or the figures cannot be read or written
        ├── StorageBusy     somebody else holds the storage; try again
        ├── StorageUnreachable  the database does not answer
        ├── NotALog         the file holds no log, or not all of one
        ├── UnknownFormat   the log was written by a later release
        ├── WrongTenant, WrongZone  the log has another tenant, or another time zone
        ├── WorkflowChanged a workflow is not what it was when it wrote to the log
        ├── UnreadableEvent a stored event cannot be read
        ├── HistoryIncomplete rows of the log are missing
        └── DamagedFile     an exported file is not what it was (in demandflow.exchange)

Warnings are no errors: WorkflowAdvice and ClockJumped below, and CalendarEnds in demandflow.calendars.
Each kind has a `code` for logs, answers and translations, which never changes, whatever becomes of the class's name.
Every error passes all its arguments up, so that it can be pickled, and says its sentence in `_sentence`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar

LONGEST_LINE, MOST_LINES = 2000, 200
MOMENT = "%Y-%m-%d %H:%M:%S"


def listed(words: Iterable[object], none: str = "none") -> str:
    """The words as people list them; what to say when there are none."""
    return ", ".join(str(word) for word in words) or none


def brief(value: object) -> str:
    """The value as it is written in a message: not longer than a line."""
    try:
        shown = repr(value)
    except Exception:  # somebody else's class, a number of thousands of digits, lists in lists
        shown = f"a {type(value).__name__} that cannot be shown"
    return shown if len(shown) <= 80 else f"{shown[:77]}…"


def printable(text: str) -> str:
    """The text as one line of a message: bounded, and without control characters, whatever somebody wrote into it."""
    text = text[: LONGEST_LINE + 1]
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else _shown(letter) for letter in text)
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"


def _shown(letter: str) -> str:
    if letter.isspace():
        return " ⏎ " if letter in "\r\n\u2028\u2029" else " "
    return f"\\u{ord(letter):04x}"


class DemandFlowError(Exception):
    """Whatever demandflow raises. A class of your own says its `code`, else it has that of the class above it."""

    code: ClassVar[str] = "demandflow_error"

    def __init_subclass__(cls, *, code: str | None = None) -> None:
        if code is not None:
            cls.code = code

    def __str__(self) -> str:
        lines = [printable(line) for line in self._lines()]
        if (more := len(lines) - MOST_LINES) > 0:
            lines[MOST_LINES:] = [f"… and {more} more lines"]
        return "\n".join(lines)

    def _lines(self) -> Iterable[str]:
        """What it says, each line bounded and printable in the end; most errors say one sentence."""
        return (self._sentence(),)

    def _sentence(self) -> str:
        """What went wrong, and what is possible."""
        return Exception.__str__(self)


class InvalidValue(DemandFlowError, ValueError, code="invalid_value"):
    """A value is not what it must be; says what was wrong and what is possible."""

    def __init__(self, what: str, problem: str) -> None:
        super().__init__(what, problem)
        self.what, self.problem = what, problem

    def _sentence(self) -> str:
        return f"{self.what}: {self.problem}"


class YearNotCovered(InvalidValue, code="year_not_covered"):
    """A calendar, or a source of days, knows nothing about a year; it does not guess. `covered` are those it knows."""

    def __init__(self, calendar: str, year: int, covered: tuple[int, ...]) -> None:
        years = sorted(set(covered))
        starts, ends = ([year for year in years if year + step not in covered] for step in (-1, 1))
        runs = (f"{start}–{end}" if start < end else str(start) for start, end in zip(starts, ends, strict=True))
        remedy = f"add a source for it, or Days.none([{year}]) if it has no days of its own"
        super().__init__(calendar, f"the year {year} is not covered (covered: {listed(runs)}); {remedy}")
        self.args, self.calendar, self.year, self.covered = (calendar, year, covered), calendar, year, covered


@dataclass(frozen=True)
class Defect:
    """What is wrong with a workflow, or could be better, and the remedy; the states and moves concerned by name."""

    kind: str
    says: str
    remedy: str
    states: tuple[str, ...] = ()
    moves: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.says}; {self.remedy}"


class InvalidWorkflow(DemandFlowError, ValueError, code="invalid_workflow"):
    """A workflow has defects: all of them, each with its remedy."""

    def __init__(self, workflow: str, defects: tuple[Defect, ...]) -> None:
        super().__init__(workflow, defects)
        self.workflow, self.defects = workflow, defects

    def _lines(self) -> Iterable[str]:
        return (f"{self.workflow} cannot be used:", *(f"  - {defect}" for defect in self.defects))


class WorkflowAdvice(UserWarning):
    """A workflow can be used, but could be better; the warning can be made an error as any other."""

    def __init__(self, workflow: str, advice: Defect) -> None:
        super().__init__(workflow, advice)
        self.workflow, self.advice = workflow, advice

    def __str__(self) -> str:
        return f"{self.workflow}: {self.advice}"


class Refusal(DemandFlowError, code="refusal"):
    """The workflow or a rule forbids it. Nothing was recorded.

    `meanwhile` says who did what since the caller's command began, if somebody was faster.
    """

    meanwhile: tuple[str, ...] = ()

    def _lines(self) -> Iterable[str]:
        return (self._sentence(), *(f"  meanwhile: {line}" for line in self.meanwhile))


class MoveNotAllowed(Refusal, code="move_not_allowed"):
    """The workflow has no such move from the demand's present state."""

    def __init__(self, move: str, state: str, possible: tuple[str, ...]) -> None:
        super().__init__(move, state, possible)
        self.move, self.state, self.possible = move, state, possible

    def _sentence(self) -> str:
        where = f"a demand that is {self.state}" if self.state else "a demand that is not yet registered"
        return f"cannot {self.move} {where} (possible now: {listed(self.possible)})"


class RoleNotAllowed(Refusal, code="role_not_allowed"):
    """The move exists, but this role may not make it."""

    def __init__(self, move: str, role: str, allowed: tuple[str, ...]) -> None:
        super().__init__(move, role, allowed)
        self.move, self.role, self.allowed = move, role, allowed

    def _sentence(self) -> str:
        return f"{self.role} may not {self.move} (who may: {listed(self.allowed)})"


class RuleBroken(Refusal, code="rule_broken"):
    """One or more rules object to the move; `objections` holds (rule, sentence) pairs."""

    def __init__(self, move: str, objections: tuple[tuple[str, str], ...]) -> None:
        super().__init__(move, objections)
        self.move, self.objections = move, objections

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that object."""
        return tuple(rule for rule, _ in self.objections)

    def _sentence(self) -> str:
        return f"cannot {self.move}: " + "; ".join(sentence for _, sentence in self.objections)


class BackdatingNotAllowed(Refusal, code="backdating_not_allowed"):
    """It happened longer ago than this role may enter; entering the past is a right of its own."""

    def __init__(self, who: str, role: str, at: datetime, earliest: datetime, allowed: tuple[str, ...]) -> None:
        super().__init__(who, role, at, earliest, allowed)
        self.who, self.role, self.at, self.earliest, self.allowed = who, role, at, earliest, allowed

    def _sentence(self) -> str:
        return (
            f"{self.who} ({self.role}) cannot enter now what happened at {self.at:{MOMENT}} UTC: a late entry reaches "
            f"back to {self.earliest:{MOMENT}} UTC (roles that may backdate: {listed(self.allowed)}). Where records of "
            "old are brought in, import them or ask for the right: open(…, backdating=…) or batch(backdating=True)"
        )


class StaleDemand(Refusal, code="stale_demand"):
    """The demand is no longer what the caller saw when they decided."""

    def __init__(self, move: str, change: str) -> None:
        super().__init__(move, change)
        self.move, self.change = move, change

    def _sentence(self) -> str:
        return f"cannot {self.move}: {self.change}; look again, then decide"


class ClockBehind(DemandFlowError, code="clock_behind"):
    """The clock lies more than ten minutes behind what is recorded already, so nothing is recorded by it."""

    def __init__(self, now: datetime, newest: datetime, where: str) -> None:
        super().__init__(now, newest, where)
        self.now, self.newest, self.where = now, newest, where

    def _sentence(self) -> str:
        return (
            f"the clock says {self.now:{MOMENT}} UTC, but {self.where} was recorded at {self.newest:{MOMENT}} UTC. Set "
            "this clock right; if that other clock was wrong, see 'A clock that was wrong' in docs/time.md"
        )


class ClockJumped(UserWarning):
    """The clock shows much more than the time that has gone by; set it right before more is recorded by it."""

    def __init__(self, expected: datetime, now: datetime) -> None:
        super().__init__(expected, now)
        self.expected, self.now = expected, now

    @property
    def ahead(self) -> timedelta:
        """By how much."""
        return self.now - self.expected

    def __str__(self) -> str:
        return (
            f"the clock says {self.now:{MOMENT}} UTC, {self.ahead} ahead of {self.expected:{MOMENT}} UTC, where it was "
            "or what was recorded last; what is recorded by a wrong clock holds back every right one"
        )


class DemandNotFound(DemandFlowError, LookupError, code="demand_not_found"):
    """The log has no such demand, or had none yet at the day or moment asked about."""

    def __init__(self, demand: str, then: str | None = None) -> None:
        super().__init__(demand, then)
        self.demand, self.then = demand, then

    def _sentence(self) -> str:
        return f"no demand {self.demand} {self.then or 'in this log'}"


class UnknownWorkflow(DemandFlowError, code="unknown_workflow"):
    """The demand's workflow was not given to open(), so nothing can be decided about it."""

    def __init__(self, workflow: str, known: tuple[str, ...]) -> None:
        super().__init__(workflow, known)
        self.workflow, self.known = workflow, known

    def _sentence(self) -> str:
        return f"workflow {self.workflow} was not given to open() (given: {listed(self.known)})"


class CommandConflict(DemandFlowError, code="command_conflict"):
    """The same command id, or the same source and reference, came again with another content.

    `differences` are the names of what differs, never what they say: whoever brings it may not know the other content.
    """

    def __init__(self, what: str, demand: str, differences: tuple[str, ...]) -> None:
        super().__init__(what, demand, differences)
        self.what, self.demand, self.differences = what, demand, differences

    def _sentence(self) -> str:
        return (
            f"{self.what} was already recorded for demand {self.demand} with another content "
            f"({listed(self.differences)}); nothing was changed. Use a new id, or correct what was recorded"
        )


class StorageError(DemandFlowError, code="storage_error"):
    """The log or the figures cannot be read or written."""


class StorageBusy(StorageError, code="storage_busy"):
    """Somebody held the storage for five seconds, or was faster again and again; nothing was recorded, try again."""


class StorageUnreachable(StorageError, code="storage_unreachable"):
    """The database does not answer; what was to be recorded may be so or not: do it again with the same command_id."""


class WrongTenant(StorageError, code="wrong_tenant"):
    """The log belongs to another tenant: one tenant, one log."""

    def __init__(self, wanted: str | None, found: str | None) -> None:
        super().__init__(wanted, found)
        self.wanted, self.found = wanted, found

    def _sentence(self) -> str:
        return f"this log belongs to tenant {self.found!r}, not to {self.wanted!r}; one tenant, one log"


class NotALog(StorageError, code="not_a_log"):
    """The file holds no log, or not all of one."""

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def _sentence(self) -> str:
        return f"{self.path} cannot be opened as a log: {self.problem}"


class UnknownFormat(StorageError, code="unknown_format"):
    """The log was written by a later release, in a format that this one might count wrongly."""

    def __init__(self, found: str, known: str) -> None:
        super().__init__(found, known)
        self.found, self.known = found, known

    def _sentence(self) -> str:
        known = f"this log is of format {self.found}, and this release of demandflow knows none above {self.known}"
        return f"{known}; open it with a later release"


class WrongZone(StorageError, code="wrong_zone"):
    """The log has another time zone: one log, one zone, in which its days end."""

    def __init__(self, wanted: str, found: str) -> None:
        super().__init__(wanted, found)
        self.wanted, self.found = wanted, found

    def _sentence(self) -> str:
        ends = f"the days of this log end in {self.found}, not in {self.wanted}; open it without a zone"
        return f"{ends}, and rezone({self.wanted!r}) changes it for all who use it"


class WorkflowChanged(StorageError, code="workflow_changed"):
    """A workflow is not what it was when it wrote to this log; two rule books cannot have one name and version."""

    def __init__(self, workflow: str, differences: tuple[str, ...]) -> None:
        super().__init__(workflow, differences)
        self.workflow, self.differences = workflow, differences

    def _sentence(self) -> str:
        return (
            f"{self.workflow} is not what it was when it wrote to this log ({'; '.join(self.differences)}); "
            "give it a new version, and open with both: demands stay on the old one until they move over"
        )


class UnreadableEvent(StorageError, code="unreadable_event"):
    """A stored event cannot be read; says which, of which fact, and what is wrong with it."""

    def __init__(self, demand: str, version: int, topic: str, reason: str) -> None:
        super().__init__(demand, version, topic, reason)
        self.demand, self.version, self.topic, self.reason = demand, version, topic, reason

    def _sentence(self) -> str:
        return f"event {self.version} of demand {self.demand} ({self.topic}) cannot be read: {self.reason}"


class HistoryIncomplete(StorageError, code="history_incomplete"):
    """Rows of the log are missing; the error says which."""

    def __init__(self, holes: tuple[Any, ...]) -> None:
        super().__init__(holes)
        self.holes = holes

    def _sentence(self) -> str:
        return (
            f"the log is not whole: {listed(self.holes)}. Restore the rows, or acknowledge that they are gone: "
            "flow.acknowledge(flow.verify().holes, by=…, reason=…)"
        )

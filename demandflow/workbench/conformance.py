"""Conformance: how far a log that was recorded elsewhere fits a workflow, and which of its steps deviate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from operator import itemgetter
from typing import Any, Literal

from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed
from demandflow.workbench.alignment import Alignment, Automaton

Kind = Literal["not possible", "out of place", "missing", "unknown activity"]
MOST_FREQUENT = 5
SENTENCES: dict[Kind, str] = {
    "not possible": "{activity} is not possible in {where}",
    "out of place": "{activity} is possible in {where}, but not before what follows it",
    "missing": "missing: {activity} in {where}",
    "unknown activity": "unknown activity: {activity} in {where}",
}


@dataclass(frozen=True)
class Deviation:
    """One step that does not fit: of which case, which step (from 1), where, and what was possible there.

    `where` is empty before registration. Of a move that is missing, `activity` is the move, `step` and `time` are
    those of the activity before which it is missing; at the end of a case, the number after the last and its time.
    """

    case: str
    step: int
    activity: str
    time: Any
    kind: Kind
    where: str
    possible: tuple[str, ...]

    def __str__(self) -> str:
        says = _sentence(self.kind, self.activity, self.where)
        return f"case {self.case}, step {self.step}: {says} (possible: {listed(self.possible)})"


@dataclass(frozen=True)
class Conformance:
    """How far a log fits: its cases and steps, how many of them fit, and each deviation, case by case.

    `worst` is the cost of the worst reading: nothing of the log fits, and the shortest way through the workflow, from
    the registration to an end, is missing in every case. `ended` counts the cases that a cheapest reading leads to an
    end, steps that the log does not show included.
    """

    workflow: str
    cases: int
    steps: int
    fitting_cases: int
    fitting_steps: int
    ended: int
    worst: int
    deviations: tuple[Deviation, ...]

    @property
    def cost(self) -> int:
        """What the cheapest reading costs: one for each deviation."""
        return len(self.deviations)

    @property
    def fitness(self) -> Fraction:
        """1 − cost / worst cost, each added up over all cases, from 0 to 1.

        Source: alignment-based fitness at unit costs, A. Adriansyah, Aligning Observed and Modeled Behavior (2014).
        """
        return 1 - Fraction(self.cost, self.worst)

    @property
    def by_deviation(self) -> Counter[tuple[Kind, str, str]]:
        """How often each deviates: kind, activity (or the move that is missing), and where."""
        return Counter((one.kind, one.activity, one.where) for one in self.deviations)

    def of(self, case: str) -> tuple[Deviation, ...]:
        """The deviations of one case, in the order of its steps."""
        return tuple(one for one in self.deviations if one.case == case)

    def __str__(self) -> str:
        lines = [
            f"{self.fitting_cases} of {self.cases} cases fit {self.workflow}, "
            f"{self.fitting_steps} of {self.steps} steps; fitness {float(self.fitness):.4f}"
        ]
        found = self.by_deviation.most_common()
        lines += [f"  {number} × {_sentence(*what)}" for what, number in found[:MOST_FREQUENT]]
        if rest := found[MOST_FREQUENT:]:
            lines.append(f"  and {sum(number for _, number in rest)} of {len(rest)} other kinds")
        return "\n".join(lines)


def conformance(
    log: Iterable[tuple[str, str, Any]],
    workflow: Workflow,
    *,
    moves: Mapping[str, str] | None = None,
    hidden: Collection[str] = (),
    complete: bool = False,
) -> Conformance:
    """How far a log of (case, activity, time) fits a workflow, by the cheapest reading of each case.

    `moves` says which move an activity stands for (else the move of its name), `hidden` which moves such a log does
    not show; they cost nothing. An activity that does not fit costs 1, a move that is missing costs 1; that a case
    ends is demanded only if it is `complete`. Cases are read in the order of their times, ties in that of the log.
    Conditions, roles and rules cannot be known from such a log: a move may go any of its declared ways.
    Raises InvalidValue for an empty log, for what is no (case, activity, time), and for moves that there are not.
    """
    if not isinstance(workflow, Workflow):
        raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
    names = tuple(dict.fromkeys(move.name for move in workflow.moves))
    stands_for = _checked_moves(moves, names, workflow)
    automaton = Automaton(workflow, _checked_hidden(hidden, names, workflow))
    shortest = automaton.align((), complete=True).cost
    alignments: dict[tuple[str | None, ...], Alignment] = {}
    cases = _cases(log)
    deviations: list[Deviation] = []
    fitting_cases = fitting_steps = ended = 0
    for case, steps in cases.items():
        history = tuple(stands_for.get(activity) for activity, _ in steps)
        if history not in alignments:
            alignments[history] = automaton.align(history, complete=complete)
        alignment = alignments[history]
        found = list(_deviations(case, steps, alignment, automaton))
        deviations += found
        fitting_cases += not found
        fitting_steps += len(steps) - sum(one.kind != "missing" for one in found)
        ended += alignment.ended
    number = sum(map(len, cases.values()))
    worst = number + shortest * len(cases)
    return Conformance(workflow.key, len(cases), number, fitting_cases, fitting_steps, ended, worst, tuple(deviations))


def _deviations(
    case: str, steps: list[tuple[str, Any]], alignment: Alignment, automaton: Automaton
) -> Iterable[Deviation]:
    for one in alignment.misfits:
        activity, time = steps[min(one.at, len(steps) - 1)]
        kind: Kind
        if one.missing is not None:
            kind, activity = "missing", one.missing
        elif one.move is None:
            kind = "unknown activity"
        else:
            kind = "out of place" if one.move in automaton.names_at(one.spot) else "not possible"
        possible = tuple(name for name in automaton.names_at(one.spot) if name not in automaton.hidden)
        yield Deviation(case, one.at + 1, activity, time, kind, one.spot.state, possible)


def _cases(log: Iterable[Any]) -> dict[str, list[tuple[str, Any]]]:
    """The activities and times of each case, in the order of the times; the cases by their names."""
    if isinstance(log, str | bytes | Mapping) or not isinstance(log, Iterable):
        raise InvalidValue("log", f"must give (case, activity, time), got {brief(log)}")
    cases: dict[str, list[tuple[str, Any]]] = {}
    for number, row in enumerate(log, 1):
        if not isinstance(row, tuple | list) or len(row) != 3:
            raise InvalidValue(f"log, row {number}", f"must be (case, activity, time), got {brief(row)}")
        case, activity, time = row
        for what, value in (("case", case), ("activity", activity)):
            if not isinstance(value, str) or not value:
                raise InvalidValue(f"log, row {number}", f"its {what} must be a text, got {brief(value)}")
        cases.setdefault(case, []).append((activity, time))
    if not cases:
        raise InvalidValue("log", "is empty; give at least one (case, activity, time)")
    return {case: _in_order(case, cases[case]) for case in sorted(cases)}


def _in_order(case: str, steps: list[tuple[str, Any]]) -> list[tuple[str, Any]]:
    for _, time in steps:
        if time is None or time != time:
            raise InvalidValue(f"log, case {case}", f"{brief(time)} is no time; give a moment, a date or a number")
    try:
        return sorted(steps, key=itemgetter(1))
    except TypeError as cause:
        raise InvalidValue(
            f"log, case {case}", f"its times cannot be put in order ({cause}); give all of one kind"
        ) from None


def _checked_moves(moves: Any, names: tuple[str, ...], workflow: Workflow) -> Mapping[str, str]:
    if moves is None:
        return {name: name for name in names}
    if not isinstance(moves, Mapping):
        raise InvalidValue("moves", f"must say which move each activity stands for, got {brief(moves)}")
    for activity, move in moves.items():
        if move not in names:
            says = f"{brief(activity)} stands for {brief(move)}, which {workflow.key} has not"
            raise InvalidValue("moves", f"{says} (its moves: {listed(names)})")
    return moves


def _checked_hidden(hidden: Any, names: tuple[str, ...], workflow: Workflow) -> frozenset[str]:
    if isinstance(hidden, str | bytes) or not isinstance(hidden, Collection):
        raise InvalidValue("hidden", f"must be the names of moves, got {brief(hidden)}")
    for move in hidden:
        if move not in names:
            raise InvalidValue("hidden", f"{workflow.key} has no move {brief(move)} (its moves: {listed(names)})")
    return frozenset(hidden)


def _sentence(kind: Kind, activity: str, where: str) -> str:
    return SENTENCES[kind].format(activity=activity, where=where or "no state yet")

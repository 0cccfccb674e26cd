"""Workflow: the table of what may happen next and what it means. It has no state of its own."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from transitions import Machine, Transition

from demandflow.domain.checks.advice import advice_for
from demandflow.domain.checks.clocks import advice_for_clocks
from demandflow.domain.checks.defects import defects_of
from demandflow.domain.checks.parts import MOST_VERSIONS
from demandflow.domain.checks.paths import rows_of
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.demand import Demand
from demandflow.domain.drawing import mermaid, table
from demandflow.domain.fact import Fact
from demandflow.domain.facts import GRADED, OTHER_SIDES
from demandflow.domain.moves import (
    BACK,
    MEANINGS,
    NEW_ROUND,
    Condition,
    Move,
    Proposal,
    State,
    forbidden_anyway,
    sources,
)
from demandflow.domain.standard.grades import FIVE_GRADES, GradeScale
from demandflow.domain.stream import Stream
from demandflow.domain.values import Actor, Role
from demandflow.errors import (
    Defect,
    InvalidValue,
    InvalidWorkflow,
    MoveNotAllowed,
    RoleNotAllowed,
    WorkflowAdvice,
    brief,
)


class Row(Transition):
    """One line of the table: a move from one state to another, on a condition or without."""

    dest: str

    def __init__(
        self, source: str, dest: str, conditions: Condition | None, *_: Any, move: Move, order: int, to: State
    ) -> None:
        super().__init__(source, dest)
        self.move, self.when, self.order, self.leads_to = move, conditions, order, to
        self.stage, self.means = to.waits_for.value, move.meanings
        self.begins_a_round, self.gives_a_grade = not NEW_ROUND.isdisjoint(self.means), issubclass(move.fact, GRADED)


class _Table(Machine):
    """The shared `transitions` machine; it has no model and is only asked."""

    transition_cls = Row


ONLY_ASKED: dict[str, Any] = {"model": None, "initial": None, "model_attribute": ""}
"""How it is made; with a model attribute no move could be named like it."""


@dataclass(frozen=True)
class PossibleMove:
    """A move that may be made next: its name, who may make it, and the states to which it can lead."""

    name: str
    roles: tuple[str, ...]
    leads_to: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.name} ({', '.join(self.roles)})"


@dataclass(frozen=True, repr=False)
class Workflow:
    """Which moves lead from which state to which, by whom, and what each means.

    `tells_nobody` declares that residents are not told here what was reported; `clocks` are its deadlines. `of` is the
    kind of stream whose table it is, `grades` the scale by which residents evaluate. Raises InvalidWorkflow with all
    defects, and warns (WorkflowAdvice) of what could be better. It has no state and is safe to share.
    """

    name: str
    version: int
    states: Sequence[State]
    moves: Sequence[Move]
    tells_nobody: bool = False
    clocks: Sequence[Clock] = ()
    of: type[Stream] = Demand
    grades: GradeScale = FIVE_GRADES
    _by_state: dict[str, dict[str, tuple[Row, ...]]] = field(init=False, repr=False, compare=False)
    _for: dict[tuple[str, str, str], tuple[Row, ...]] = field(init=False, repr=False, compare=False)
    _states: dict[str, State] = field(init=False, repr=False, compare=False)
    _may: dict[tuple[str, type[Fact], str], bool] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for name in ("states", "moves", "clocks"):
            value = getattr(self, name)
            object.__setattr__(self, name, tuple(value) if isinstance(value, Iterable) else (value,))
        parts = (self.name, self.version, self.states, self.moves)
        kept = {name: getattr(self, name) for name in ("tells_nobody", "clocks", "grades", "of")}
        if defects := defects_of(*parts, **kept):
            huge = isinstance(self.version, int) and abs(self.version) > MOST_VERSIONS
            raise InvalidWorkflow(str(self.name) if huge else self.key, defects)
        object.__setattr__(self, "_states", {state.name: state for state in self.states})
        machine = _Table(**ONLY_ASKED, transitions=list(self._lines()))
        by_state: dict[str, dict[str, tuple[Row, ...]]] = {state: {} for state in ("", *self._states)}
        for move, event in machine.events.items():
            for state, lines in event.transitions.items():
                ordered = tuple(sorted((row for row in lines if isinstance(row, Row)), key=lambda row: row.order))
                by_state[state][move] = ordered
        for name, value in (("_by_state", by_state), ("_for", dict(_by_role(by_state))), ("_may", {})):
            object.__setattr__(self, name, value)
        for advice in self.advice:
            warnings.warn(WorkflowAdvice(self.key, advice), stacklevel=3)

    def __repr__(self) -> str:
        return f"<Workflow {self.key}: {len(self.states)} states, {len(self.moves)} moves>"

    @cached_property
    def key(self) -> str:
        """`name@version`, with which demands are stamped."""
        return f"{self.name}@{self.version}"

    @property
    def advice(self) -> tuple[Defect, ...]:
        """What could be better in it."""
        for_clocks = advice_for_clocks(self.states, self.moves, self.clocks)
        return tuple(dict.fromkeys((*advice_for(self.states, self.moves, self.grades), *for_clocks)))

    @cached_property
    def meanings(self) -> tuple[str, ...]:
        """All meanings of its moves: a figure about anything else is n/a."""
        declared = {meaning for move in self.moves for meaning in move.meanings}
        return tuple(meaning for meaning in MEANINGS if meaning in declared)

    @property
    def facts(self) -> tuple[type[Fact], ...]:
        """The fact classes of its moves."""
        return tuple(dict.fromkeys(move.fact for move in self.moves))

    def clock(self, name: str) -> Clock | None:
        """The declared clock of this name; None if there is none."""
        return next((clock for clock in self.clocks if clock.name == name), None)

    def state(self, name: str) -> State:
        """The declared state of this name."""
        return self._states[name]

    def states_owned_by(self, role: str) -> tuple[str, ...]:
        """The states in which it is this role's turn."""
        return tuple(state.name for state in self.states if state.owner == role)

    def states_for_contractors(self) -> tuple[str, ...]:
        """The open states with a move of their own for contractors; all open ones where no move is for contractors."""
        of_their_own = [m for m in self.moves if Role.CONTRACTOR in m.roles and isinstance(m.from_, str | tuple)]
        theirs = {source for move in of_their_own for source in sources(move, self.states)}
        open_names = (state.name for state in self.states if state.ended_as is None)
        return tuple(name for name in open_names if not theirs or name in theirs)

    def moves_from(self, state: str) -> dict[str, tuple[Row, ...]]:
        """The rows that leave a state, by the name of the move."""
        return self._by_state.get(state, {})

    def move_of(self, fact: type[Fact], state: str, role: str | None = None) -> str | None:
        """The name of the move that records such a fact from this state; rather one that the role may make."""
        moves = {name: rows for name, rows in self.moves_from(state).items() if rows[0].move.fact is fact}
        theirs = (name for name, rows in moves.items() if any(role in row.move.roles for row in rows))
        return next(theirs, next(iter(moves), None))

    def may_record(self, state: str, fact: type[Fact], role: str) -> bool:
        """Whether a move from this state records such a fact and is for this role."""
        key = (state, fact, role)
        if key not in self._may:
            rows = (row for lines in self.moves_from(state).values() for row in lines)
            self._may[key] = any(row.move.fact is fact and role in row.move.roles for row in rows)
        return self._may[key]

    def possible(self, demand: Stream, by: Actor | None = None) -> tuple[PossibleMove, ...]:
        """What may happen next, at all or by this actor; a rule may still object to the particular fact.

        Without moves that a rule forbids whatever the fact says, and, unless a policy asks, moves for policies alone.
        """
        possible = []
        for name, lines in self.moves_from(demand.state).items():
            if lines[0].move.fact in OTHER_SIDES:
                continue
            ways = [row for row in lines if not row.move.leads_back or row.dest == demand.came_from]
            ways = [row for row in ways if _is_offered(row.move, by)]
            ways = [row for row in ways if not any(forbidden_anyway(r, demand, name, by) for r in row.move.rules)]
            if ways:
                roles = tuple(dict.fromkeys(role for row in ways for role in row.move.roles))
                roles = roles if by is None else (by.role,)
                possible.append(PossibleMove(name, roles, tuple(dict.fromkeys(row.dest for row in ways))))
        return tuple(possible)

    def table(self) -> str:
        """The workflow as a Markdown table: each state, what it waits for, whose turn it is, and the ways on.

        Clocks have a column if there are any. Moves that are possible while open or anywhere are left out.
        """
        return table(self.states, self.moves, self.clocks)

    def mermaid(self, *, everything: bool = False) -> str:
        """The workflow as a Mermaid state diagram, coloured by the stage that a state waits for.

        In each state: what it waits for, whose turn it is, ⏱ the clocks that run there, ⏸ those that are paused, and ↻
        the moves that stay there. ↩ marks a move that leads back to where the demand came from. Moves that are possible
        while open or anywhere are listed in a box of their own, or drawn from each state if `everything` is wanted.
        """
        return mermaid(self.states, self.moves, self.clocks, everything=everything)

    def row_for(self, demand: Stream, proposal: Proposal[Any]) -> Row:
        """The row that the proposal takes.

        Raises MoveNotAllowed, RoleNotAllowed, or InvalidValue for a fact that is not the move's or a
        grade that is not in the scale.
        """
        state = demand.stamp.state
        theirs = self._for.get((state, proposal.move, proposal.by.role), ())
        if theirs and type(proposal.fact) is not (fact := theirs[0].move.fact):
            problem = f"records {fact.__name__}, not {type(proposal.fact).__name__}"
            raise InvalidValue(f"move {proposal.move!r}", problem)
        for row in theirs:
            if row.when is None or row.when(demand, proposal):
                if row.gives_a_grade:
                    self.grades.check(proposal.fact, self.key)
                return row
        lines = self.moves_from(state).get(proposal.move, ())
        if lines and not theirs:
            allowed = dict.fromkeys(role for row in lines for role in row.move.roles)
            raise RoleNotAllowed(proposal.move, proposal.by.role, tuple(allowed))
        raise MoveNotAllowed(proposal.move, state, self._offered(demand, proposal.by))

    def objections(self, row: Row, demand: Stream, proposal: Proposal[Any]) -> tuple[tuple[str, str], ...]:
        """The objections of a row's rules: the name of each rule and its sentence.

        Raises InvalidWorkflow if one answers anything but a sentence or None.
        """
        objections = []
        for rule in row.move.rules:
            if (objection := rule(demand, proposal)) is not None:
                name = getattr(rule, "__name__", repr(rule))
                if not isinstance(objection, str) or not objection:
                    says = f"rule {name} must return a sentence or None, it returned {brief(objection)}"
                    defect = Defect("rule", says, "mend the rule", moves=(row.move.name,))
                    raise InvalidWorkflow(self.key, (defect,))
                objections.append((name, objection))
        return tuple(objections)

    def _offered(self, demand: Stream, by: Actor) -> tuple[str, ...]:
        """The moves that are possible now, without those that are for this actor's role but forbidden to this actor."""
        theirs = {move.name for move in self.possible(demand, by)}
        return tuple(move.name for move in self.possible(demand) if move.name in theirs or by.role not in move.roles)

    def _lines(self) -> Iterable[dict[str, Any]]:
        """The moves as rows; BACK becomes one row per way in, on condition that the demand came that way."""
        for order, source, dest in rows_of(self.states, self.moves):
            move = self.moves[order]
            when = _came_from(dest, move.when) if move.to is BACK else move.when
            for_the_machine = {"trigger": move.name, "source": source, "dest": dest, "conditions": when}
            yield {**for_the_machine, "move": move, "order": order, "to": self._states[dest]}


def _by_role(
    by_state: Mapping[str, Mapping[str, tuple[Row, ...]]],
) -> Iterator[tuple[tuple[str, str, str], tuple[Row, ...]]]:
    """The rows by state, move and role, which is how they are looked up; in the written order."""
    for state, moves in by_state.items():
        for move, rows in moves.items():
            for role in dict.fromkeys(role for row in rows for role in row.move.roles):
                yield (state, move, str(role)), tuple(row for row in rows if role in row.move.roles)


def _is_offered(move: Move, by: Actor | None) -> bool:
    """Whether the move is for this actor's role; without an actor, whether it is for any people."""
    return any(role != Role.POLICY for role in move.roles) if by is None else by.role in move.roles


def _came_from(state: str, when: Condition | None) -> Condition:
    if when is None:
        return lambda demand, _: demand.came_from == state
    return lambda demand, proposal: demand.came_from == state and when(demand, proposal)

"""Random valid workflows, correct by construction: a way from the start to an end, and what a community adds to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.domain.checks.clocks import advice_for_clocks
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.demand import Demand
from demandflow.domain.fact import Fact
from demandflow.domain.facts import (
    Accepted,
    CallbackMissed,
    ContractedOut,
    Corrected,
    Escalated,
    Evaluated,
    Extended,
    FedBack,
    HandedBack,
    LetGo,
    Merged,
    MovedOver,
    Noted,
    Refused,
    Registered,
    Reopened,
    Reported,
    Stepped,
    Suspended,
    TakenOn,
    TookIn,
    Unmerged,
    Withdrawn,
)
from demandflow.domain.moves import ANYWHERE, BACK, START, STAY, WHILE_OPEN, Move, Proposal, Rule, State
from demandflow.domain.rules.book import (
    nobody_evaluates_their_own_work,
    the_auditor_is_not_the_contractor,
    the_bound_is_reached,
    the_merge_target_is_open,
    times_do_not_run_backwards,
)
from demandflow.domain.values import Stage
from demandflow.domain.workflow import Workflow
from demandflow.testing.strategies import clocks

ROLES = ("clerk", "resident", "auditor", "contractor", "supervisor", "policy")
NAMES = ("received", "checked", "planned", "在办", "visited", "summed up", "shown")
STAGES = (Stage.REGISTRATION, Stage.AUDIT, Stage.CONTRACTING, Stage.FEEDBACK, Stage.EVALUATION)
CLOCKS = ("first clock", "second clock", "钟")
IN_ORDER = (times_do_not_run_backwards,)
SEPARATED: dict[type[Fact], tuple[Rule, ...]] = {
    ContractedOut: (the_auditor_is_not_the_contractor,),
    Evaluated: (nobody_evaluates_their_own_work,),
}
"""What a workflow that is well made adds, so that what is for two people is not done by one."""


class Filed(Registered):
    """A form was handed in."""

    TOPIC: ClassVar[str] = "kit.filed"
    complete: bool


class Weighed(Fact):
    """Something was put on the scales."""

    TOPIC: ClassVar[str] = "kit.weighed"
    kilos: int
    fragile: bool = False


class Inspected(Reported):
    """It was looked at on the spot, and how often."""

    TOPIC: ClassVar[str] = "kit.inspected"
    visits: int | None = None


def it_is_heavy(demand: Demand, proposal: Proposal[Weighed]) -> bool:
    """More than one can carry."""
    return proposal.fact.kilos > 5


def it_is_heavy_again(demand: Demand, proposal: Proposal[Weighed]) -> bool:
    """It was fragile the last time, too."""
    return proposal.fact.fragile and bool(demand.attributes.get("fragile"))


def it_is_resolved(demand: Demand, proposal: Proposal[Evaluated]) -> bool:
    """The resident calls it resolved."""
    return proposal.fact.resolved


def nothing_weighs_less_than_nothing(demand: Demand, proposal: Proposal[Weighed]) -> str | None:
    """Scales show no negative weight."""
    return f"{proposal.fact.kilos} kg is no weight" if proposal.fact.kilos < 0 else None


@dataclass
class Parts:
    """A workflow while it is put together."""

    states: list[State] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    tells_nobody: bool = False
    version: int = 1
    clocks: list[Clock] = field(default_factory=list)

    @property
    def main_states(self) -> tuple[str, ...]:
        """The names of the states on the way from the start to the end."""
        return tuple(name for name in self.open_states if name in NAMES)

    @property
    def open_states(self) -> tuple[str, ...]:
        """The names of the states that have not ended, in their order."""
        return tuple(state.name for state in self.states if state.ended_as is None)

    def ended(self, kind: str) -> str:
        """The state in which demands have ended so; made if it is not there."""
        found = next((state.name for state in self.states if state.ended_as == kind), None)
        if found is None:
            found = f"is {kind}"
            self.states.append(State(found, Stage.ENDED, ended_as=kind))
        return found

    def add(self, name: str, fact: type[Fact], from_: Any, to: Any, by: Any, **more: Any) -> None:
        """One move more."""
        more.setdefault("rules", (*IN_ORDER, *SEPARATED.get(fact, ())))
        self.moves.append(Move(name, fact, from_, to, by, **more))

    def workflow(self, name: str = "random") -> Workflow:
        """The workflow of these parts. Raises InvalidWorkflow."""
        return Workflow(name, self.version, self.states, self.moves, self.tells_nobody, self.clocks)


def workflows() -> SearchStrategy[Workflow]:
    """Valid workflows of many shapes: loops, conditions, rework with a bound, ways back, merges, own facts, clocks."""
    return parts().map(lambda found: found.workflow())


@st.composite
def parts(draw: st.DrawFn) -> Parts:
    """The parts of a valid workflow."""
    found = Parts(version=draw(st.integers(1, 3)))
    feedback = draw(st.sampled_from(("none", "asked", "evaluated", "silent", "nobody")))
    names = NAMES[: draw(st.integers(3 if feedback in ("asked", "evaluated") else 1, len(NAMES)))]
    roles = [draw(st.sampled_from(ROLES)) for _ in names]
    found.states = [
        State(name, STAGES[min(at, len(STAGES) - 1)], owner=role)
        for at, (name, role) in enumerate(zip(names, roles, strict=True))
    ]
    closed = found.ended("closed")
    first, other = draw(st.permutations(STARTS))
    found.add("file", first, START, names[0], ("clerk", "resident"), rules=())
    _way_on(draw, found, names, roles, feedback, closed)
    if draw(st.booleans()):
        found.add("fetch", other, START, names[-1], "clerk", rules=())
    extras: Sequence[Callable[[st.DrawFn, Parts], None]] = draw(st.lists(st.sampled_from(EXTRAS), unique=True))
    for extra in extras:
        extra(draw, found)
    _deadlines(draw, found)
    return found


def _deadlines(draw: st.DrawFn, found: Parts) -> None:
    """No clocks; or a few, and one for the states over which none of them watches: else that would be advised."""
    for name in CLOCKS[: draw(st.integers(0, len(CLOCKS)))]:
        _watch(found, draw(clocks(found.open_states, name)))
    watched = {state for clock in found.clocks for state in (*clock.runs_in, *clock.paused_in)}
    if found.clocks and (others := [state for state in found.open_states if state not in watched]):
        _watch(found, draw(clocks(others, "the others", in_all=True)))


def _watch(found: Parts, clock: Clock) -> None:
    """The clock without restarts, due moments and pauses that no move brings about, or that are another clock's."""
    bare = replace(clock, paused_in=(), restarts=(), extensible=False)
    restarts = tuple(one for one in clock.restarts if not _idle(found, replace(bare, restarts=(one,))))
    others = {state for one in found.clocks if one.extensible for state in one.runs_in}
    extensible = clock.extensible and not others & {*clock.runs_in} and not _idle(found, replace(bare, extensible=True))
    clock = replace(clock, restarts=restarts, extensible=extensible)
    for _ in clock.paused_in:
        idle = _idle(found, clock)
        clock = replace(clock, paused_in=tuple(state for state in clock.paused_in if state not in idle))
    found.clocks.append(clock)


def _idle(found: Parts, clock: Clock) -> set[str]:
    """The states in which it would be idle, or its own name where that is nowhere in particular."""
    told = [one for one in advice_for_clocks(found.states, found.moves, (clock,)) if one.kind == "idle-clock"]
    return {state for one in told for state in one.states or (clock.name,)}


def _way_on(
    draw: st.DrawFn, found: Parts, names: Sequence[str], roles: Sequence[str], feedback: str, closed: str
) -> None:
    """The moves from each state to the next, and from the last to the end; with the feedback that is chosen."""
    last = len(names) - 1
    reports = draw(st.integers(0, max(last - 2, 0) if feedback in ("asked", "evaluated") else last))
    found.tells_nobody = feedback == "nobody"
    for at, (name, role) in enumerate(zip(names, roles, strict=True)):
        goal = names[at + 1] if at < last else closed
        if feedback != "none" and at == reports:
            kind = draw(st.sampled_from((Reported, Inspected)))
            silent = feedback == "silent" and goal == closed
            found.add(f"report {at}", kind, name, goal, role, means="reported", silent=silent)
        elif feedback in ("asked", "evaluated") and at == reports + 1:
            found.add(f"tell {at}", FedBack, name, goal, role, means=("told", "asked"))
        elif feedback == "evaluated" and at == last:
            _evaluation(draw, found, names, name, reports)
        elif at == last:
            found.add("end", Stepped, name, goal, role, silent=feedback == "silent")
        else:
            fact, means = draw(st.sampled_from(STEPS_ON))
            found.add(f"go on {at}", fact, name, goal, role, means=means)


STARTS: tuple[type[Fact], ...] = (Registered, Filed)
STEPS_ON: tuple[tuple[type[Fact], Any], ...] = (
    (Stepped, ()),
    (Accepted, "accepted"),
    (ContractedOut, "contracted_out"),
    (TakenOn, "taken_on"),
    (Weighed, ()),
)


def _evaluation(draw: st.DrawFn, found: Parts, names: Sequence[str], name: str, reports: int) -> None:
    """The resident closes it, or it goes round again, up to a bound."""
    by = next(state.owner for state in found.states if state.name == name)
    again = names[draw(st.integers(0, reports))]
    means = ("evaluated", "reworked")
    bound = the_bound_is_reached(draw(st.integers(1, 3)))
    found.add("evaluate", Evaluated, name, found.ended("closed"), by, when=it_is_resolved, means="evaluated")
    if draw(st.booleans()):
        found.states.append(State("taken over", Stage.CONTRACTING, owner="supervisor"))
        found.add("evaluate", Evaluated, name, "taken over", by, when=bound, means=("evaluated", "taken_over"))
        found.add("settle", Stepped, "taken over", found.ended("closed"), "supervisor")
    else:
        found.add("evaluate", Evaluated, name, found.ended("refused"), by, when=bound, means="evaluated")
    found.add("evaluate", Evaluated, name, again, by, means=means)


def _somewhere(draw: st.DrawFn, found: Parts) -> str:
    # a detour from a detour could come back to itself for ever
    return draw(st.sampled_from(found.main_states))


def _a_rest(draw: st.DrawFn, found: Parts) -> None:
    """Some states lead to a rest, from which a demand comes back to where it stood."""
    places = tuple(draw(st.lists(st.sampled_from(found.main_states), min_size=1, max_size=3, unique=True)))
    found.states.append(State("resting", Stage.FEEDBACK, owner="clerk"))
    found.add("rest", Suspended, places, "resting", "clerk", means="suspended")
    found.add("wake", Stepped, "resting", BACK, ("clerk", "policy"))


def _scales(draw: st.DrawFn, found: Parts) -> None:
    """A step that stays, with a fact and a rule of its own."""
    rules = (*IN_ORDER, nothing_weighs_less_than_nothing)
    found.add("weigh", Weighed, _somewhere(draw, found), STAY, "clerk", rules=rules)


def _a_fork(draw: st.DrawFn, found: Parts) -> None:
    """What is heavy is refused, what was fragile twice starts anew, the rest stays."""
    at = _somewhere(draw, found)
    found.add("sort out", Weighed, at, found.ended("refused"), "auditor", when=it_is_heavy)
    found.add("sort out", Weighed, at, found.open_states[0], "auditor", when=it_is_heavy_again)
    found.add("sort out", Weighed, at, STAY, "auditor")


def _refusal(draw: st.DrawFn, found: Parts) -> None:
    found.add("refuse", Refused, _somewhere(draw, found), found.ended("refused"), "auditor")


def _withdrawal(draw: st.DrawFn, found: Parts) -> None:
    found.add("withdraw", Withdrawn, WHILE_OPEN, found.ended("withdrawn"), "resident")


def _a_loop(draw: st.DrawFn, found: Parts) -> None:
    """Work is given back and given out again, as often as people like."""
    at = _somewhere(draw, found)
    found.states.append(State("given back", Stage.CONTRACTING, owner="clerk"))
    found.add("give back", HandedBack, at, "given back", "contractor", means="handed_back")
    found.add("give out", ContractedOut, "given back", at, "clerk", means="contracted_out")


def _calls(draw: st.DrawFn, found: Parts) -> None:
    found.add("call", CallbackMissed, _somewhere(draw, found), STAY, "clerk", means="callback_missed")


def _longer(draw: st.DrawFn, found: Parts) -> None:
    found.add("extend", Extended, _somewhere(draw, found), STAY, "supervisor", means="extended")


def _reopening(draw: st.DrawFn, found: Parts) -> None:
    goal = _somewhere(draw, found)
    found.add("reopen", Reopened, found.ended("closed"), goal, "resident", means="reopened")


def _an_archive(draw: st.DrawFn, found: Parts) -> None:
    """An end that is kept while a demand moves on."""
    closed = found.ended("closed")
    found.states.append(State("archived", Stage.ENDED, ended_as="closed"))
    found.add("archive", Stepped, closed, "archived", "policy")


def _merging(draw: st.DrawFn, found: Parts) -> None:
    at, by = _somewhere(draw, found), ("auditor", "clerk")
    rules = (*IN_ORDER, the_merge_target_is_open) if draw(st.booleans()) else IN_ORDER
    found.add("merge", Merged, at, found.ended("merged"), by, rules=rules)
    found.add("take in", TookIn, WHILE_OPEN, STAY, by)
    found.add("unmerge", Unmerged, found.ended("merged"), BACK, by, means="unmerged")
    found.add("let go", LetGo, ANYWHERE, STAY, by)


def _everywhere(draw: st.DrawFn, found: Parts) -> None:
    found.add("escalate", Escalated, WHILE_OPEN, STAY, ("supervisor", "policy"), means="escalated")
    found.add("note", Noted, ANYWHERE, STAY, ROLES, rules=())


def _correcting(draw: st.DrawFn, found: Parts) -> None:
    found.add("correct", Corrected, ANYWHERE, STAY, "supervisor", means="corrected", rules=())


def _moving(draw: st.DrawFn, found: Parts) -> None:
    found.add("move over", MovedOver, WHILE_OPEN, STAY, "supervisor")


EXTRAS: tuple[Callable[[st.DrawFn, Parts], None], ...] = (
    _withdrawal,
    _a_rest,
    _refusal,
    _scales,
    _a_fork,
    _a_loop,
    _calls,
    _longer,
    _reopening,
    _an_archive,
    _merging,
    _everywhere,
    _correcting,
    _moving,
)

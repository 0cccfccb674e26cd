"""Workflows with one planted defect each: what the check at build must find, and name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from demandflow.calendars.calendar import Calendar
from demandflow.domain.clocks.clock import Clock, Limit
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Evaluated, FedBack, Noted, Reported, Stepped
from demandflow.domain.moves import BACK, START, STAY, WHILE_OPEN, State
from demandflow.domain.values import Stage
from demandflow.domain.workflow import Workflow
from demandflow.errors import Defect
from tests.laws.workflows import Parts, Weighed, it_is_heavy, it_is_resolved, parts


class Borrowed(Fact):
    """A fact under a prefix that is not a community's."""

    TOPIC: ClassVar[str] = "demand.borrowed"


@dataclass(frozen=True)
class Defective:
    """A workflow with a planted defect: its kind, the names of states and moves concerned, and how to build it."""

    kind: str
    names: tuple[str, ...]
    parts: Parts

    def build(self) -> Workflow:
        """Build it. Raises InvalidWorkflow, if the check finds what was planted."""
        return self.parts.workflow("defective")

    def is_named_by(self, defect: Defect) -> bool:
        """Whether the defect is the planted one: of this kind, with these states and moves."""
        return defect.kind == self.kind and set(self.names) <= {*defect.states, *defect.moves}


def defective_workflows(kind: str | None = None) -> SearchStrategy[Defective]:
    """Workflows of many shapes with one planted defect, of any kind or of one (see DEFECTS)."""
    return _defective(st.sampled_from(sorted(DEFECTS)) if kind is None else st.just(kind))


@st.composite
def _defective(draw: st.DrawFn, kinds: SearchStrategy[str]) -> Defective:
    kind = draw(kinds)
    found = draw(parts())
    # ways out of every open state would be ways out of a trap as well
    found.moves = [
        replace(move, from_=found.open_states) if move.from_ is WHILE_OPEN and move.to is not STAY else move
        for move in found.moves
    ]
    planted = DEFECTS[kind](draw, found)
    return Defective(kind.partition(":")[0], planted, found)


Planter = Callable[[st.DrawFn, Parts], tuple[str, ...]]
"""Plants a defect and says which states and moves it concerns."""


def _unreachable(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.states.append(State("lost", Stage.AUDIT, owner="clerk"))
    found.add("find", Stepped, "lost", found.open_states[0], "clerk")
    return ("lost",)


def _dead_end(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from(found.open_states))
    found.states.append(State("stuck", Stage.AUDIT, owner="clerk"))
    found.add("get stuck", Stepped, at, "stuck", "clerk")
    if draw(st.booleans()):
        found.add("wait", Noted, "stuck", STAY, "clerk")
    return ("stuck",)


def _loop(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from(found.open_states))
    found.states += [State(name, Stage.FEEDBACK, owner="clerk") for name in ("round", "about")]
    found.add("go round", Stepped, (at, "about"), "round", "clerk")
    found.add("go about", Stepped, "round", "about", "clerk")
    return ("round", "about")


def _no_end(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.states += [State(name, Stage.FEEDBACK, owner="clerk") for name in ("doomed", "stuck")]
    found.add("go wrong", Stepped, found.open_states[0], "doomed", "clerk")
    found.add("get stuck", Stepped, "doomed", "stuck", "clerk")
    return ("doomed",)


def _no_owner(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    name = draw(st.sampled_from(found.open_states))
    _change(found, name, owner=draw(st.sampled_from((None, " "))))
    return (name,)


def _nobody(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.integers(0, len(found.moves) - 1))
    found.moves[at] = replace(found.moves[at], by=draw(BY_NOBODY))
    return (found.moves[at].name,)


BY_NOBODY: SearchStrategy[Any] = st.sampled_from(((), "", " ", ("clerk", " ")))


def _way_out(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    ended = found.ended(draw(st.sampled_from(("closed", "refused", "withdrawn"))))
    if not any(move.to == ended for move in found.moves):
        found.add("give up", Stepped, found.open_states[0], ended, "clerk", silent=ended == "is closed")
    found.add("undo", Noted, ended, found.open_states[0], "clerk")
    return (ended, "undo")


def _late_condition(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from(found.open_states))
    found.add("maybe", Weighed, at, STAY, "clerk", when=it_is_heavy)
    return (at, "maybe")


def _early_move(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from(found.open_states))
    found.add("either", Weighed, at, STAY, "clerk")
    found.add("either", Weighed, at, found.open_states[0], ("clerk", "auditor"), when=it_is_heavy)
    found.add("either", Weighed, at, STAY, "auditor")
    return (at, "either")


def _past_feedback(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.tells_nobody = False
    found.states.append(State("reported aside", Stage.FEEDBACK, owner="clerk"))
    found.add("report aside", Reported, found.open_states[0], "reported aside", "clerk", means="reported")
    found.add("close aside", Stepped, "reported aside", found.ended("closed"), "clerk")
    return ("reported aside", "close aside")


def _unbounded(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.tells_nobody = False
    found.states.append(State("judged", Stage.EVALUATION, owner="resident"))
    found.add("show", FedBack, found.open_states[0], "judged", "clerk", means="asked")
    found.add("judge", Evaluated, "judged", found.ended("closed"), "resident", when=it_is_resolved, means="evaluated")
    means: Any = draw(st.sampled_from((("evaluated", "reworked"), "evaluated")))
    found.add("judge", Evaluated, "judged", found.open_states[0], "resident", means=means)
    return ("judged", "judge")


def _end_unsaid(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    name = found.ended("closed")
    _change(found, name, ended_as=None)
    return (name,)


def _misspelt(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from([n for n, move in enumerate(found.moves) if isinstance(move.to, str)]))
    move = found.moves[at]
    wrong = f"{move.to}{draw(st.sampled_from(('e', 'x', ' now')))}"
    found.moves[at] = replace(move, to=wrong)
    return (wrong, move.name)


def _misspelt_source(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from([n for n, move in enumerate(found.moves) if isinstance(move.from_, str)]))
    move = found.moves[at]
    wrong = f"{move.from_}x"
    found.moves[at] = replace(move, from_=wrong)
    return (wrong, move.name)


def _doubled(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    again = draw(st.sampled_from(found.states))
    found.states.append(again)
    return (again.name,)


def _reserved(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    name = draw(st.sampled_from((*(str(one.name) for one in (START, STAY, BACK)), "*", "=")))
    found.states.append(State(name, Stage.AUDIT, owner="clerk"))
    found.add("go astray", Stepped, found.open_states[0], name, "clerk")
    found.add("come back", Noted, name, found.open_states[0], "clerk")
    return (name,)


def _blank(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    name = draw(st.sampled_from((" here", "here ", "he\nre")))
    found.states.append(State(name, Stage.AUDIT, owner="clerk"))
    found.add("go here", Stepped, found.open_states[0], name, "clerk")
    found.add("come back", Noted, name, found.open_states[0], "clerk")
    return (name,)


def _unknown_meaning(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.integers(0, len(found.moves) - 1))
    move = found.moves[at]
    found.moves[at] = replace(move, means=(*move.meanings, draw(st.sampled_from(("acepted", "happy")))))
    return (move.name,)


def _unknown_end(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    name = found.ended("closed")
    _change(found, name, ended_as=draw(st.sampled_from(("close", "finished"))))
    return (name,)


def _two_facts(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from(found.open_states))
    found.add("do", Stepped, at, STAY, "clerk")
    found.add("do", Noted, found.ended("closed"), STAY, "clerk")
    return ("do",)


def _borrowed_prefix(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.add("borrow", Borrowed, draw(st.sampled_from(found.open_states)), STAY, "clerk")
    return ("borrow",)


def _no_start(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.moves = [move for move in found.moves if move.from_ is not START]
    return ()


def _tells_after_all(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.tells_nobody = True
    found.add("tell after all", FedBack, draw(st.sampled_from(found.open_states)), STAY, "clerk", means="told")
    return ("tell after all",)


def _silent_for_nothing(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from([n for n, m in enumerate(found.moves) if m.to not in ("is closed", "archived")]))
    found.moves[at] = replace(found.moves[at], silent=True)
    return (found.moves[at].name,)


def _clock_in_no_state(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    wrong = f"{draw(st.sampled_from(found.open_states))}x"
    found.clocks.append(_a_clock(found, **{draw(st.sampled_from(("runs_in", "paused_in"))): wrong}))
    return (wrong,)


def _clock_after_the_end(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    ended = found.ended("closed")
    found.clocks.append(_a_clock(found, runs_in=(found.open_states[0], ended)))
    return (ended,)


def _clock_runs_and_rests(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    at = draw(st.sampled_from(found.open_states))
    found.clocks.append(_a_clock(found, runs_in=at, paused_in=(at,)))
    return (at,)


def _clock_twice(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.clocks += [_a_clock(found), _a_clock(found)]
    return ()


def _clock_misdeclared(draw: st.DrawFn, found: Parts) -> tuple[str, ...]:
    found.clocks.append(_a_clock(found, **draw(MISDECLARED)))
    return ()


MISDECLARED: SearchStrategy[dict[str, Any]] = st.sampled_from((
    {"runs_in": ()},
    {"limits": ()},
    {"limits": (Limit("1 hour"), Limit("2 hours", urgency="urgent"))},
    {"restarts": "begun"},
    {"extensible": 1},
    {"calendar": None},
    {"name": ""},
))  # fmt: skip


def _a_clock(found: Parts, **fields: Any) -> Clock:
    day = Calendar.of("day", zone="UTC", hours="Mon-Sun 08:00-16:00")
    plain: dict[str, Any] = {"name": "planted", "runs_in": found.open_states[0], "limits": "1 hour", "calendar": day}
    return Clock(**{**plain, **fields})


def _change(found: Parts, name: str, **fields: Any) -> None:
    found.states = [replace(state, **fields) if state.name == name else state for state in found.states]


DEFECTS: dict[str, Planter] = {
    "unreachable": _unreachable,
    "dead-end": _dead_end,
    "loop": _loop,
    "no-end": _no_end,
    "no-owner": _no_owner,
    "nobody": _nobody,
    "way-out": _way_out,
    "order:late": _late_condition,
    "order:early": _early_move,
    "past-feedback": _past_feedback,
    "unbounded": _unbounded,
    "end-unsaid": _end_unsaid,
    "undeclared:to": _misspelt,
    "undeclared:from": _misspelt_source,
    "doubled": _doubled,
    "reserved": _reserved,
    "name": _blank,
    "word:means": _unknown_meaning,
    "word:end": _unknown_end,
    "fact:two": _two_facts,
    "fact:prefix": _borrowed_prefix,
    "start": _no_start,
    "telling": _tells_after_all,
    "silent": _silent_for_nothing,
    "clock:state": _clock_in_no_state,
    "clock:end": _clock_after_the_end,
    "clock:both": _clock_runs_and_rests,
    "clock:twice": _clock_twice,
    "clock:parts": _clock_misdeclared,
}
"""The kinds of defects that can be planted, by name; what follows a colon tells apart those of one kind."""

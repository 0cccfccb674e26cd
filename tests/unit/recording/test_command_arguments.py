"""What a caller gives with a command: what is wrong is named as the caller wrote it, before anything is loaded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

import pytest

from demandflow import CLOSED_LOOP, Actor, Channel, DemandFlow, InvalidValue, MoveNotAllowed, Place, Role, closed_loop
from demandflow.domain.decide import decide
from demandflow.domain.demand import Demand
from demandflow.domain.evolve import evolve
from demandflow.domain.merging import other_side
from demandflow.domain.moves import Proposal
from demandflow.facts import LetGo, Merged, Noted, Registered, TookIn
from demandflow.inputs.arguments import each_of, whole_number, word_among, yes_or_no, zone_of
from demandflow.inputs.moments import EARLIEST, LATEST, moment
from demandflow.inputs.texts import LONGEST_TEXT, text_of
from demandflow.inputs.words import _fraction, local_moment
from demandflow.recording.command import command
from tests.stories import T0

LI = Actor("Li", Role.GRID_ADMINISTRATOR)
DEMAND, OTHER = UUID(int=1), UUID(int=2)


def said(**how: Any) -> tuple[str, str]:
    """What is wrong, and how it is said, of a command with these arguments."""
    given = {"demand": DEMAND, "move": "note", "fact": Noted(text="x"), "by": LI, **how}
    with pytest.raises(InvalidValue) as caught:
        command(given.pop("demand"), given.pop("move"), given.pop("fact"), **given)
    return caught.value.what, caught.value.problem


@pytest.mark.parametrize(
    ("how", "what", "problem"),
    [
        ({"by": "Li"}, "by", "must be an Actor, for instance Actor('li', Role.AUDITOR), got 'Li'"),
        ({"move": " "}, "move", "' ' is empty or has blanks at its ends"),
        ({"command_id": " "}, "command_id", "' ' is empty or has blanks at its ends"),
        ({"correlation": ""}, "correlation", "'' is empty or has blanks at its ends"),
        ({"causation": ""}, "causation", "'' is empty or has blanks at its ends"),
        ({"seen": 0}, "seen", "must be a Demand as the caller saw it, or its version, got 0"),
        ({"seen": True}, "seen", "must be a Demand as the caller saw it, or its version, got True"),
        ({"seen": "1"}, "seen", "must be a Demand as the caller saw it, or its version, got '1'"),
        ({"seen": Demand(OTHER)}, "seen", f"is demand {OTHER}, not {DEMAND}"),
        (
            {"command_id": "dispatch: x", "by": Actor("dispatch", Role.POLICY)},
            "command_id",
            "'dispatch: x' is kept for what policies do; give one that begins otherwise",
        ),
        ({"fact": TookIn(demand=OTHER)}, "TookIn", "is the other side of Merged and is recorded with it"),
        ({"fact": LetGo(demand=OTHER)}, "LetGo", "is the other side of Unmerged and is recorded with it"),
    ],
)
def test_what_is_wrong_is_named(how: dict[str, Any], what: str, problem: str) -> None:
    assert said(**how) == (what, problem)


def test_all_that_is_given_is_kept() -> None:
    kept = command(DEMAND, "note", Noted(text="x"), by=LI, command_id="c", seen=3, correlation="a", causation="b")
    assert (kept.demand, kept.move, kept.by, kept.at) == (DEMAND, "note", LI, None)
    assert (kept.command_id, kept.seen, kept.correlation, kept.causation) == ("c", 3, "a", "b")
    assert command(DEMAND, "note", Noted(text="x"), by=LI, seen=Demand(DEMAND)).seen == Demand(DEMAND)
    assert (
        command(DEMAND, "note", Noted(text="x"), by=Actor("Li", Role.AUDITOR), command_id="Li: c").command_id == "Li: c"
    )


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda: whole_number("limit", 0, 1, 9), "limit: must be a whole number from 1 to 9, got 0"),
        (lambda: whole_number("limit", True, 0, 9), "limit: must be a whole number from 0 to 9, got True"),
        (lambda: yes_or_no("total", 1), "total: must be True or False, got 1"),
        (lambda: word_among("sort", "x", ("due", "place")), "sort: 'x' is none (possible: due, place)"),
        (lambda: each_of("items", "ab", "[1]"), "items: must be several, for instance [1], got 'ab'"),
        (
            lambda: zone_of("Mars", "zone"),
            "zone: 'Mars' is no time zone of this system (such as Asia/Shanghai; or install tzdata)",
        ),
        (lambda: moment("now", "at"), "at: must be a datetime, got 'now'"),
        (
            lambda: moment(EARLIEST.replace(tzinfo=None), "at"),
            "at: 1900-01-01T00:00:00 has no time zone; give it one (for instance tzinfo=UTC)",
        ),
        (lambda: moment(LATEST, "at"), "at: 2200-01-01T00:00:00+00:00 lies outside 1900–2199"),
        (
            lambda: text_of("x" * (LONGEST_TEXT + 1), "words"),
            f"words: has {LONGEST_TEXT + 1:,} characters (possible: up to {LONGEST_TEXT:,})",
        ),
        (lambda: local_moment("soon", None), "time: 'soon' is no time, for instance 2026-03-05 09:30"),
        (lambda: _fraction("a"), "word: 'a' is no number"),
        (lambda: Channel(""), "channel: '' is empty or has blanks at its ends"),
    ],
)
def test_each_argument_is_named_as_it_was_given(ask: Any, says: str) -> None:
    with pytest.raises(InvalidValue) as caught:
        ask()
    assert f"{caught.value.what}: {caught.value.problem}" == says


def test_the_ends_of_what_is_possible_are_possible() -> None:
    assert whole_number("limit", 1, 1, 9) == 1
    assert whole_number("limit", 9, 1, 9) == 9
    assert moment(EARLIEST) == EARLIEST
    assert len(text_of("x" * LONGEST_TEXT, "words")) == LONGEST_TEXT


class Own(Registered):
    TOPIC: ClassVar[str] = "own.registered"


ASKED = Registered(text="dark", channel=Channel.COUNTER, place=Place("fufeng"))
MISTAKES: dict[str, tuple[Callable[[DemandFlow], Any], str, str]] = {
    "an id that is none": (
        lambda flow: flow.demand("7"),  # type: ignore[arg-type]
        "demand_id",
        "'7' is not the id of a demand (a UUID)",
    ),
    "a demand for its id": (
        lambda flow: flow.history(Demand(DEMAND)),  # type: ignore[arg-type]
        "demand_id",
        f"got a demand; give its id: {DEMAND}",
    ),
    "a keyword that there is not": (
        lambda flow: flow.note(DEMAND, "x", by=LI, colour="red"),  # type: ignore[call-arg]
        "note",
        "has no keyword colour (possible besides its own: by, at, command_id, correlation, causation, seen)",
    ),
    "nobody": (
        lambda flow: flow.note(DEMAND, "x"),  # type: ignore[call-arg]
        "by",
        "must say who does this: by=Actor('li', Role.AUDITOR)",
    ),
    "a fact that is none": (
        lambda flow: flow.act(DEMAND, "note", "x", by=LI),  # type: ignore[arg-type]
        "fact",
        "must be a fact, for instance Noted(text=…), got 'x'",
    ),
    "what starts no demand": (
        lambda flow: flow.start(Noted(text="x"), by=LI),
        "fact",
        "a demand starts with Registered or a subclass, got Noted",
    ),
    "what starts none on this workflow": (
        lambda flow: flow.start(Own(**ASKED.__dict__), by=LI),
        "fact",
        "a demand on closed-loop@2 starts with Registered, not Own",
    ),
    "an id that the caller made of something else": (
        lambda flow: flow.start(ASKED, by=LI),
        "new_id",
        "must make UUIDs, made 5",
    ),
    "a workflow that has no name": (
        lambda flow: flow.start(ASKED, by=LI, workflow=5),  # type: ignore[arg-type]
        "workflow",
        "must be given as name@version, got 5",
    ),
    "half of a reference": (
        lambda flow: flow.start(Registered(**{**ASKED.__dict__, "source": "12345"}), by=LI),
        "reference",
        "source and reference go together; give both or neither",
    ),
    "one rule for several": (
        lambda flow: closed_loop("ours", without=5),  # type: ignore[arg-type]
        "without",
        "must be several rules, for instance (rules.…,), got 5",
    ),
    "a rule that is none": (
        lambda flow: closed_loop("ours", without=[5]),  # type: ignore[list-item]
        "without",
        "5 is no rule of the closed loop",
    ),
    "a demand merged into itself": (
        lambda flow: other_side(Demand(DEMAND), Merged(into=DEMAND)),
        "into",
        "a demand cannot be merged into itself",
    ),
    "words that a form does not have": (
        lambda flow: Noted.from_words({"text": "x", "colour": "red"}),
        "Noted",
        "'colour': there is no such field (possible: text)",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_of_what_it_is_about(mistake: str) -> None:
    make, what, problem = MISTAKES[mistake]
    with DemandFlow.open("memory:", new_id=lambda: 5) as flow:  # type: ignore[arg-type, return-value]
        with pytest.raises(InvalidValue) as caught:
            make(flow)
        assert (caught.value.what, caught.value.problem) == (what, problem)
        assert not tuple(flow.all_events())


def test_what_is_offered_instead_leaves_out_what_is_forbidden_to_whoever_asks() -> None:
    own = Demand(DEMAND, workflow=CLOSED_LOOP.key)
    asked = evolve(
        own, decide(CLOSED_LOOP, own, Proposal("register", ASKED.model_copy(update={"resident": "Anna"}), LI, T0))
    )

    def offered(by: Actor) -> set[str]:
        with pytest.raises(MoveNotAllowed) as caught:
            decide(CLOSED_LOOP, asked, Proposal("evaluate", Noted(text="x"), by, T0))
        return set(caught.value.possible)

    everything = offered(LI)
    assert {"accept", "refuse", "withdraw", "note"} <= everything
    assert everything - offered(Actor("Anna", Role.AUDITOR)) == {"accept", "refuse"}

"""What a caller gives with a command: what is wrong is named as the caller wrote it, before anything is loaded."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from demandflow import Actor, Channel, InvalidValue, Role
from demandflow.domain.demand import Demand
from demandflow.facts import LetGo, Noted, TookIn
from demandflow.inputs.arguments import each_of, whole_number, word_among, yes_or_no, zone_of
from demandflow.inputs.moments import EARLIEST, LATEST, moment
from demandflow.inputs.texts import LONGEST_TEXT, text_of
from demandflow.inputs.words import _fraction, local_moment
from demandflow.recording.command import command

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

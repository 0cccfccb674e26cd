"""Facts: checked when made, checked again when recorded, and made from words."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from demandflow import Action, Actor, Channel, DemandFlow, InvalidValue, Place, Registration, Rejected
from demandflow.domain.values import Moment, Text
from demandflow.facts import ContractedOut, Evaluated, Extended, Fact, Merged, Noted, Registered, Reported
from demandflow.testing import facts

LI = Actor("Li", "grid_administrator")
WANG = Actor("Wang", "auditor")
ASKED = Registered(text="路灯坏了", channel=Channel("hotline"), place=Place("fufeng/c1"))

# past their constructor: what a copy was given, and what was never checked
CHANGED: list[dict[str, Any]] = [
    {"category": 7},
    {"category": "a//b"},
    {"place": ""},
    {"place": None},
    {"channel": " "},
    {"text": ""},
    {"text": "a\x00"},
    {"resident": ["li"]},
    {"shared_with": ["li", 3]},
    {"shared_with": "li"},
    {"urgency": "at\nonce"},
    {"due": datetime(2026, 1, 1)},  # noqa: DTZ001
    {"due": "2026"},
    {"source": "x", "reference": b"7"},
    {"no_such_field": 1},
    {"text": {1}},
]
TRICKS: dict[str, Callable[[dict[str, Any]], Registered]] = {
    "model_copy": lambda update: ASKED.model_copy(update=update),
    "model_construct": lambda update: Registered.model_construct(**{**ASKED.__dict__, **update}),
}


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("update", CHANGED, ids=[f"{next(iter(update))}{n}" for n, update in enumerate(CHANGED)])
def test_a_fact_is_checked_when_it_is_recorded(flow: DemandFlow, trick: str, update: dict[str, Any]) -> None:
    fact = TRICKS[trick](update)
    if "no_such_field" in update and "no_such_field" not in fact.__dict__:
        return  # pydantic left it out by itself
    doors: list[Callable[[], object]] = [
        lambda: flow.start(fact, by=LI),
        lambda: flow.start(fact, by=LI, command_id="1"),
    ]
    for door in doors:
        with pytest.raises(InvalidValue, match="Registered: "):
            door()
    (answer,) = flow.register_many([Registration(fact=fact, by=LI)])
    assert isinstance(answer, Rejected)
    assert flow.figures().identity.startswith("0 received")
    flow.rebuild()
    assert list(flow.all_events()) == []


def test_what_a_copy_says_is_kept_as_its_class_keeps_it(flow: DemandFlow) -> None:
    changed = ASKED.model_copy(update={"place": "Poznan\u0301/c1", "shared_with": ["li"], "text": " x\r\n"})
    kept = flow.events(flow.start(changed, by=LI).id)[0].fact
    assert kept == Registered(text="x", channel=Channel("hotline"), place=Place("Pozna\u0144/c1"), shared_with=("li",))
    assert type(kept.place) is Place


def test_so_is_every_fact_of_a_move(flow: DemandFlow) -> None:
    demand = flow.start(ASKED, by=LI).id
    for fact in (Noted(text="x").model_copy(update={"text": 3}), Noted.model_construct()):
        with pytest.raises(InvalidValue, match="Noted: text"):
            flow.act(demand, "note", fact, by=LI)
        (answer,) = flow.act_many([Action(demand=demand, move="note", fact=fact, by=LI)])
        assert isinstance(answer, Rejected)
    assert flow.demand(demand).version == 1


def test_a_callers_json_is_checked_and_what_is_stored_is_believed() -> None:
    for wrong in ('"channel": " "', '"place": "a//b"', '"resident": "~x"', '"text": "\\u0000"', '"text": " "'):
        stored = f'{{"text": "x", "channel": "c", "place": "p", {wrong}}}'
        with pytest.raises(ValidationError):
            Registered.model_validate_json(stored)
    kept = Registered.model_validate_json('{"text": " dark ", "channel": "c", "place": "p"}')
    assert (kept.text, kept.channel, kept.place) == ("dark", "c", "p")


class Surveyed(Fact):
    """A community's own fact, with a field of every kind."""

    TOPIC: ClassVar[str] = "words.surveyed"
    remark: Text
    metres: float
    rooms: int
    safe: bool
    seen: Moment | None = None
    other: UUID | None = None
    names: tuple[str, ...] = ()
    visits: tuple[Moment, ...] = ()


SURVEY = {"remark": "x", "metres": "2.5", "rooms": "3", "safe": "yes"}


def test_a_fact_is_made_from_words() -> None:
    words = {
        **SURVEY,
        "seen": "2026-03-05 09:30",
        "other": "00000000-0000-0000-0000-000000000007",
        "names": "李, 王、赵",
        "visits": "2026-03-05 09:30; 2026-03-06 09:30",
    }
    assert Surveyed.from_words(words, zone="Asia/Shanghai") == Surveyed(
        remark="x",
        metres=2.5,
        rooms=3,
        safe=True,
        seen=datetime(2026, 3, 5, 1, 30, tzinfo=UTC),
        other=UUID(int=7),
        names=("李", "王", "赵"),
        visits=(datetime(2026, 3, 5, 1, 30, tzinfo=UTC), datetime(2026, 3, 6, 1, 30, tzinfo=UTC)),
    )
    assert Registered.from_words(
        {"text": "x", "channel": "hotline", "place": "f/c", "urgency": "urgent", "resident": " ", "due": ""}
    ) == Registered(text="x", channel=Channel("hotline"), place=Place("f/c"), urgency="urgent")  # type: ignore[arg-type]
    assert ContractedOut.from_words({"contractor": "repair team", "co_handlers": "a;b"}).co_handlers == ("a", "b")
    assert Merged.from_words({"into": UUID(int=7)}).into == UUID(int=7), "what is no text is taken as it is"


@pytest.mark.parametrize(
    ("words", "said"),
    [(("yes", "TRUE", "1", "是", " y "), True), (("no", "False", "0", "否"), False)],
)
def test_yes_and_no_are_read_as_people_write_them(words: tuple[str, ...], said: bool) -> None:
    for word in words:
        assert Reported.from_words({"resolved": word, "words": "done"}).resolved is said


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(InvalidValue) as caught:
        Registered.from_words({"text": " ", "channel": "c", "place": "a//b", "due": "soon", "wish": "x"})
    assert str(caught.value) == (
        "Registered: due: 'soon' is no time, for instance 2026-03-05 09:30; 'wish': there is no such field (possible: "
        "text, channel, place, resident, representative, shared_with, category, urgency, source, reference, due); "
        "text: field required; place: '' is empty or has blanks at its ends"
    )
    wrong = {"remark": "x", "metres": "1,5", "rooms": "9" * 20, "safe": "maybe", "other": "7", "seen": "2026-03-05"}
    with pytest.raises(InvalidValue) as said:
        Surveyed.from_words(wrong)
    assert [part.partition(":")[0] for part in said.value.problem.split("; ")[:5]] == [
        *("metres", "rooms", "safe", "other", "seen"),
    ]


@pytest.mark.parametrize(
    ("time", "zone", "says"),
    [
        ("2025-03-30 02:30", "Europe/Berlin", "skipped by the clocks"),
        ("2025-03-30 02:30", None, "name the zone"),
        ("2025-03-30 02:30", "Middle/Earth", "no time zone"),
        ("9999-12-31 23:59", "America/New_York", "no time|outside 1900"),
        ("1700-01-01 00:00", "Asia/Shanghai", "outside 1900"),
    ],
)
def test_a_time_that_never_was_is_refused(time: str, zone: str | None, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        Extended.from_words({"due": time}, zone=zone)


def test_an_offset_in_a_time_counts_more_than_the_zone() -> None:
    due = datetime(2026, 3, 5, 1, 30, tzinfo=UTC)
    for time in ("2026-03-05T09:30+08:00", "2026-03-05 01:30Z"):
        assert Extended.from_words({"due": time}, zone="America/New_York").due == due
    assert Extended.from_words({"due": "2025-10-26 02:30"}, zone="Europe/Berlin").due == datetime(
        2025, 10, 26, 0, 30, tzinfo=UTC
    ), "an hour that comes twice is the first of the two"


@given(st.data())
def test_what_a_fact_says_can_be_said_in_words(data: st.DataObject) -> None:
    kinds: list[type[Fact]] = [Registered, Evaluated, Reported, ContractedOut, Extended, Noted, Merged]
    kind = data.draw(st.sampled_from(kinds))
    fact = data.draw(facts(kind))
    words = {name: _said(value) for name, value in fact.__dict__.items() if not isinstance(value, tuple)}
    rest = {name: value for name, value in fact.__dict__.items() if isinstance(value, tuple)}
    assert kind.from_words({**words, **rest}) == fact


def _said(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.isoformat() if isinstance(value, datetime) else None if value is None else str(value)

"""One rule of what a text may be: what is accepted is stored, found and asked about by every question."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from unicodedata import normalize
from uuid import UUID, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import (
    CLOSED_LOOP,
    STAY,
    Actor,
    Category,
    Channel,
    DemandFlow,
    InvalidValue,
    InvalidWorkflow,
    Move,
    Place,
    Workflow,
)
from demandflow.facts import Fact, Noted, Registered
from demandflow.inputs import texts
from demandflow.inputs.texts import (
    DEEPEST_PATH,
    LONGEST_NAME,
    LONGEST_PATH,
    LONGEST_TEXT,
    is_name,
    name_of,
    path_of,
    text_of,
)
from demandflow.recording.ids import derived_id
from demandflow.testing import FrozenClock

LI = Actor("Li", "grid_administrator")
WANG, ZHAO = Actor("Wang", "auditor"), Actor("Zhao", "dispatcher")
ACCEPTED = (
    "张\u3000三",
    "a\u00a0b",
    "نمی\u200cدانم",
    "👩\u200d🚒",
    "a\u200bb",
    "a\ufeff",
    "\ue001",
    "½ № 9",
    "a" * 200,
)
"""Names that earlier came in, and then could not be asked about, or that look as if something were wrong."""
INVISIBLE = ("\u3164", "\u2800", "\u115f", "\ufe0f", "\u034f", "\u200b", "\u200b\u200d", "\u2800\u3000\u2800")
REFUSED = {
    "": "is empty",
    " a": "blanks at its ends",
    "a\u3000": "blanks at its ends",
    "a\nb": "control character",
    "a\tb": "control character",
    "a\x85b": "control character",
    "a\u2028b": "control character",
    "a\x00": "control character",
    "\ud800": "control character",
    "a\uffff": "control character",
    "a\u202eb": "turns the direction",
    "\u200fa": "turns the direction",
    "~a": "kept for what is erased",
    "a" * 201: "up to 200",
    **dict.fromkeys(INVISIBLE[:-1], "nothing that can be seen"),
}
names = st.text(
    st.characters() | st.sampled_from("\u3000\u00a0\u200d\u200b\u2800~\u202e\x00\ud800"), min_size=1, max_size=12
)


pieces = st.lists(
    st.sampled_from(
        (*"abé路~/ %.-\n\t\u3000\u0301\u3099\u200b\u3164\u2800\ufe0f\xad。，", "%2F", "//", " /", "/ ", "/~")
    ),
    max_size=8,
)


@given(pieces.map("".join) | names | st.integers(0, 300).map("a/b".__mul__))
def test_what_is_known_to_be_right_at_once_is_what_the_whole_rule_accepts(text: str) -> None:
    def said() -> list[object]:
        answers: list[object] = []
        for check in (name_of, text_of, lambda value: path_of(value, "place")):
            try:
                answers.append(check(text))
            except InvalidValue as wrong:
                answers.append(str(wrong))
        return answers

    at_once = said()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(texts, "_surely_right", lambda text: False)
        assert at_once == said()


@given(names)
def test_what_is_accepted_as_a_name_is_recorded_and_every_question_finds_it(text: str) -> None:
    if not is_name(normalize("NFC", text)):
        for make in (Channel, Place, Category, name_of):
            with pytest.raises(InvalidValue):
                Place.of(text) if make is Place else make(text)
        return
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        place, category = Place.of("fufeng", text), Category.of(text)
        demand = flow.register(
            "x",
            channel=text,
            place=place,
            category=category,
            resident=text,
            source=text,
            reference=text,
            by=LI,
        ).id
        flow.accept(demand, by=WANG, command_id=text)
        flow.contract_out(demand, text, by=ZHAO)
        for asked in ({"channel": text}, {"place": place}, {"category": category}):
            assert [row.demand for row in flow.board(**asked).rows] == [demand]
            assert flow.figures(**asked).count("received") == 1
            assert [line.demand for line in flow.counted("received", **asked)] == [demand]
            assert flow.durations(**asked, ended_as=None).n == 0
        for row in (flow.board(resident=text), flow.board(contractor=text), flow.board(lead=text)):
            assert [line.demand for line in row.rows] == [demand]
        for dimension in ("place", "category", "channel"):
            assert flow.figures_by(dimension, level=2).total.count("received") == 1
        assert flow.id_of(text, text) == demand
        again = flow.accept(demand, by=WANG, command_id=normalize("NFD", text))
        assert again.version == 2, "a command id is one in every spelling"


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_name_may_have_letters_and_blanks_of_every_script(text: str) -> None:
    assert name_of(text) == text
    assert Channel(text) == text
    assert Actor(text, text, text).id == text


@pytest.mark.parametrize(("text", "says"), REFUSED.items(), ids=[ascii(text).replace("\\", "") for text in REFUSED])
def test_what_cannot_be_told_from_another_on_a_line_is_no_name(text: str, says: str) -> None:
    fact: dict[str, Any] = {"text": "x", "channel": "x", "place": "x"}
    how: dict[str, Any] = {"by": LI}
    with DemandFlow.open("memory:") as flow:
        demand = flow.register(**fact, **how).id
        tries: list[Callable[[], object]] = [
            lambda: Channel(text),
            lambda: Place(f"fufeng/{text}"),
            lambda: Category(text),
            lambda: Actor(text, "auditor"),
            lambda: Actor("li", text),
            lambda: Actor("li", "auditor", text),
            *(lambda field=field: Registered(**{**fact, field: text}) for field in ("resident", "source", "reference")),
            lambda: flow.note(demand, "x", **how, command_id=text),
            lambda: flow.note(demand, "x", **how, correlation=text),
            lambda: flow.note(demand, "x", **how, causation=text),
            lambda: DemandFlow.open("memory:", tenant=text),
        ]
        for attempt in tries:
            with pytest.raises(InvalidValue, match=says):
                attempt()
        assert flow.demand(demand).version == 1
    with pytest.raises(InvalidWorkflow, match="name"):
        Workflow(text, 1, CLOSED_LOOP.states, CLOSED_LOOP.moves)
    assert not is_name(text)


def test_a_free_text_may_have_lines_and_is_stripped() -> None:
    assert text_of(" a\r\nb\rc\td\n") == "a\nb\nc\td"
    assert Noted(text="\u3000路灯坏了 ").text == "路灯坏了"
    assert Noted(text="~ \u202emirrored").text == "~ \u202emirrored"
    for wrong in (*INVISIBLE, "", " \n", "a\x00b", "a\x0bb", "a\x9fb", "\ud800", "a" * (LONGEST_TEXT + 1), 3, None):
        with pytest.raises(InvalidValue):
            Noted(text=wrong)  # type: ignore[arg-type]
    assert len(Noted(text="字" * LONGEST_TEXT).text) == LONGEST_TEXT


def test_a_path_has_a_bounded_depth_and_size() -> None:
    deepest = "/".join(["a"] * DEEPEST_PATH)
    assert Place(deepest).depth == DEEPEST_PATH
    with pytest.raises(InvalidValue, match=r"has 17 levels \(possible: up to 16\)"):
        Place(f"{deepest}/a")
    with pytest.raises(InvalidValue, match=r"has 30,001 levels"):
        Place("a/" * 30_000 + "a")
    widest = "/".join(["字" * 100, "字" * 100, "字" * 100, "字" * 32])
    assert len(Place(widest).encode()) == LONGEST_PATH - 1
    with pytest.raises(InvalidValue, match=r"has 1,002 bytes in UTF-8 \(possible: up to 1,000\)"):
        Place(f"{widest}字")
    with pytest.raises(InvalidValue, match="up to 200"):
        Place("a/" + "b" * (LONGEST_NAME + 1))


def test_what_an_earlier_rule_let_pass_is_read_and_can_be_asked(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    odd = {
        "place": "f/~x/" + "/".join("a" * 20),
        "channel": "a\u2028\u202e",
        "resident": "\u3164",
        "category": "\u200b",
    }
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        demand = flow.register("x", channel="c", place="p", resident="r", category="k", by=LI, command_id="1").id
    with closing(sqlite3.connect(path)) as connection:
        (state,) = connection.execute("SELECT state FROM stored_events").fetchone()
        body = json.loads(state)
        body["fact"] |= odd
        connection.execute("UPDATE stored_events SET state = ?", (json.dumps(body).encode(),))
        connection.commit()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        flow.rebuild()
        status = flow.demand(demand)
        assert {name: getattr(status, name) for name in odd} == odd
        for name, value in odd.items():
            assert [row.demand for row in flow.board(**{name: value}).rows] == [demand]  # type: ignore[arg-type]
            if name != "resident":
                assert flow.figures(**{name: value}).count("received") == 1  # type: ignore[arg-type]
                assert list(flow.figures_by(name, level=30)) == [value]
        assert flow.accept(demand, by=WANG).state == "accepted"


@pytest.mark.parametrize("given", ["Poznan\u0301", "Pozna\u0144"])
def test_a_command_id_is_one_in_every_spelling(given: str) -> None:
    how: dict[str, Any] = {"channel": "c", "place": "p", "by": LI}
    with DemandFlow.open("memory:", clock=FrozenClock()) as flow:
        first = flow.register("x", **how, command_id="Pozna\u0144").id
        assert flow.register("x", **how, command_id=given).id == first
        assert flow.figures().count("received") == 1


def test_a_command_id_kept_as_it_was_given_by_an_earlier_version_is_known(tmp_path: Path) -> None:
    path, given = tmp_path / "old.db", "Poznan\u0301"
    how: dict[str, Any] = {"channel": "c", "place": "p", "by": LI}
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        first = flow.register("x", **how, command_id="1").id
    with closing(sqlite3.connect(path)) as connection:
        (state,) = connection.execute("SELECT state FROM stored_events").fetchone()
        body = json.loads(state)
        body["meta"]["command_id"] = given
        for table in ("demandflow_marks", "demandflow_cursors"):  # which know the row as it was
            connection.execute(f"DELETE FROM {table}")
        connection.execute(
            "UPDATE stored_events SET state = ?, originator_id = ?",
            (json.dumps(body, ensure_ascii=False).encode(), _id_of_command(given).hex),
        )
        connection.commit()
    with DemandFlow.open(f"sqlite:///{path}") as flow:
        assert flow.register("x", **how, command_id=given).id == _id_of_command(given) != first
        assert flow.figures().count("received") == 1


def _id_of_command(given: str) -> UUID:
    """The id that an earlier version gave a demand by its command."""
    return uuid5(derived_id(None), f"command {given}")


class Told(Fact):
    """A community's own fact, with a text that nobody checks but the log."""

    TOPIC = "texts.told"
    words: str
    more: tuple[str, ...] = ()


def test_no_text_of_a_communitys_own_facts_has_control_characters() -> None:
    tell = Move("tell", Told, "registered", STAY, by="auditor")
    own = Workflow("own", 1, CLOSED_LOOP.states, (*CLOSED_LOOP.moves, tell))
    with DemandFlow.open("memory:", workflows=[own]) as flow:
        demand = flow.register("x", channel="c", place="p", by=LI).id
        for wrong in ("a\x00b", "\x1b[2J", "\x7f", "a\x9f", "\r", "\\\x00", "\ud800"):
            for fact in (Told(words=wrong), Told(words="x", more=("y", wrong))):
                with pytest.raises(InvalidValue, match="Told"):
                    flow.act(demand, "tell", fact, by=WANG)
        flow.act(demand, "tell", Told(words="C:\\x\\u0000 is a text\n\tin lines, 字"), by=WANG)
        assert flow.demand(demand).version == 2

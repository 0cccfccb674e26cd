"""A workflow in a file is the same as in Python; a file that says something else is refused, with every mistake."""

from __future__ import annotations

import json
import pickle
import re
import tomllib
from collections.abc import Callable
from dataclasses import fields, replace
from datetime import date
from functools import cache, wraps
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from demandflow import (
    BACK,
    CLOSED_LOOP,
    START,
    Calendar,
    Clock,
    Days,
    Demand,
    InvalidValue,
    InvalidWorkflow,
    Limit,
    Move,
    Proposal,
    Stage,
    State,
    Workflow,
    closed_loop,
    rules,
    standard_clocks,
)
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.rules import book, separations, supporting
from demandflow.domain.rules.parameters import numbered
from demandflow.facts import Fact, Registered, Stepped
from demandflow.inputs.documents import as_toml
from demandflow.inputs.texts import is_name
from demandflow.testing.strategies import clocks
from demandflow.workflow_files import (
    STANDARD_VOCABULARY,
    InvalidFile,
    Vocabulary,
    dump,
    dumps,
    load,
    loads,
    schema,
)
from tests.paths import ROOT
from tests.unit.calendars.test_calendars import calendars

RULE_BOOK = (book.__name__, separations.__name__, supporting.__name__)
DOCS = ROOT / "docs"
STRICTER = closed_loop("stricter-loop", bound=2, reopening_days=60)
FORMS = ("toml", "json")

GOOD = """
name = "small"
version = 1
tells_nobody = true

[[states]]
name = "open"
waits_for = "audit"
owner = "clerk"

[[states]]
name = "done"
waits_for = "ended"
ended_as = "closed"

[[moves]]
name = "file"
fact = "Registered"
from = "START"
to = "open"
by = "clerk"

[[moves]]
name = "finish"
fact = "Stepped"
from = "open"
to = "done"
by = ["clerk"]
rules = ["times_do_not_run_backwards"]
"""
SMALL = Workflow(
    "small",
    1,
    (State("open", Stage.AUDIT, owner="clerk"), State("done", Stage.ENDED, ended_as="closed")),
    (
        Move("file", Registered, START, "open", by="clerk"),
        Move("finish", Stepped, "open", "done", by=("clerk",), rules=(rules.times_do_not_run_backwards,)),
    ),
    tells_nobody=True,
)
TIMES = """
[[clocks]]
name = "answer"
runs_in = "open"
limits = [
    { span = "4 working hours", category = "noise", urgency = "urgent" },
    "3 working days",
]
calendar = "office"
paused_in = []

[[clocks]]
name = "finish"
runs_in = ["open"]
limits = { span = "8 hours", urgency = "urgent" }
calendar = "always"
extensible = true

[calendars.office]
zone = "Asia/Shanghai"
hours = "Mon-Fri 09:00-12:00 14:00-18:00"

[[calendars.office.days]]
years = [2026]
closed = [2026-01-01, "2026-01-02"]
working = ["2026-01-04"]

[calendars.always]
name = "around the clock"
zone = "UTC"
hours = { Mon-Sun = "00:00-24:00" }
"""
DAYS_OFF = Days([2026], [date(2026, 1, 1), date(2026, 1, 2)], [date(2026, 1, 4)])
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00", days=DAYS_OFF)
ALWAYS = Calendar.of("around the clock", zone="UTC", hours="Mon-Sun 00:00-24:00")
TIMED = replace(
    SMALL,
    clocks=(
        Clock("answer", "open", (Limit("4 working hours", "noise", "urgent"), "3 working days"), OFFICE),
        Clock("finish", "open", Limit("8 hours", urgency="urgent"), ALWAYS, extensible=True),
    ),
)
IN_TIME = closed_loop("timed-loop", clocks=standard_clocks(OFFICE, evaluate=Limit("15 calendar days", "noise")))


class Weighed(Fact):
    """A community weighed what it collected."""

    TOPIC: ClassVar[str] = "ours.weighed"
    kilos: int


def the_lorry_is_here(demand: Demand, proposal: Proposal[Any]) -> str | None:
    """The rule of a community's own."""
    return None


def it_is_heavy(demand: Demand, proposal: Proposal[Weighed]) -> bool:
    """The condition of a community's own."""
    return proposal.fact.kilos > 100


@numbered
def the_lorry_was_called(times: int, days: int = 1) -> Any:
    """Made from two numbers."""

    def the_lorry_was_called(demand: Demand, proposal: Proposal[Any]) -> str | None:
        return f"call it {times} times in {days} days"

    return the_lorry_was_called


OURS = STANDARD_VOCABULARY.with_(
    facts=[Weighed], rules=[the_lorry_is_here, the_lorry_was_called], conditions={"heavy": it_is_heavy}
)
WEIGHING = replace(
    SMALL,
    moves=(
        *SMALL.moves,
        Move("weigh", Weighed, "open", "done", by="clerk", when=it_is_heavy, rules=(the_lorry_is_here,)),
        Move("weigh", Weighed, "open", "open", by="clerk", rules=(the_lorry_was_called(2),)),
    ),
)


def mistakes(text: str, form: str = "toml") -> tuple[str, ...]:
    with pytest.raises(InvalidFile) as caught:
        loads(text, form)
    return caught.value.mistakes


@cache
def validator() -> Any:
    """Checks documents against the schema."""
    jsonschema: Any = pytest.importorskip("jsonschema")
    return jsonschema.Draft202012Validator(schema())


# what is written reads back


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("workflow", [CLOSED_LOOP, STRICTER, IN_TIME, TIMED, SMALL], ids=repr)
def test_a_workflow_that_was_written_reads_back_as_the_same(workflow: Workflow, form: str, tmp_path: Path) -> None:
    path = tmp_path / f"workflow.{form}"
    dump(workflow, path)
    assert load(path) == workflow
    assert dumps(load(path), form) == path.read_text(encoding="utf-8") == dumps(workflow, form)


def test_a_file_says_the_same_as_python() -> None:
    assert loads(GOOD) == SMALL
    assert loads(json.dumps(tomllib.loads(GOOD)), "json") == SMALL
    assert loads(GOOD + TIMES) == TIMED
    assert loads(json.dumps(tomllib.loads(GOOD + TIMES), default=str), "json") == TIMED


words = st.text(min_size=1).filter(is_name)
texts = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    names=st.lists(words, min_size=4, max_size=4, unique=True),
    roles=st.lists(words, min_size=1, max_size=3, unique=True),
    numbers=st.tuples(st.integers(1, 10_000), st.integers(1, 10_000)),
    form=st.sampled_from(FORMS),
)
@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
def test_any_names_roles_and_numbers_read_back(
    names: list[str], roles: list[str], numbers: tuple[int, int], form: str
) -> None:
    opened, ended, file, finish = names
    workflow = replace(
        SMALL,
        name=f"环 {opened}".replace("@", "at"),
        states=(
            State(f"{opened}1", Stage.AUDIT, owner=roles[0]),
            State(f"{ended}2", Stage.ENDED, ended_as="refused"),
        ),
        moves=(
            Move(file, Registered, START, f"{opened}1", by=tuple(roles)),
            Move(finish, Stepped, (f"{opened}1",), f"{ended}2", roles[0], when=rules.the_bound_is_reached(numbers[0])),
            Move(
                finish,
                Stepped,
                f"{opened}1",
                f"{opened}1",
                roles[0],
                means=("escalated",),
                rules=(rules.the_reopening_window_is_open(numbers[1]),),
            ),
        ),
    )
    assert loads(dumps(workflow, form), form) == workflow


@st.composite
def timed(draw: st.DrawFn) -> Workflow:
    """The small workflow and another state, with clocks by one calendar or by several of one name."""
    states = (*SMALL.states, State("waiting", Stage.CONTRACTING, owner="clerk"))
    moves = (*SMALL.moves, Move("wait", Stepped, "open", "waiting", "clerk"))
    moves += (Move("end", Stepped, "waiting", "done", "clerk"),)
    names = draw(st.lists(words, max_size=3, unique=True))
    office = st.sampled_from(draw(st.lists(calendars(), min_size=1, max_size=2)))
    found = []
    for one in [draw(clocks(["open", "waiting"], name)) for name in names]:
        said: dict[str, Any] = {field.name: getattr(one, field.name) for field in fields(one)}
        found.append(Clock(**{**said, "calendar": draw(office)}))
    return replace(SMALL, states=states, moves=moves, clocks=found)


@given(workflow=timed(), form=st.sampled_from(FORMS), known=st.booleans())
@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
def test_any_clocks_and_calendars_read_back(workflow: Workflow, form: str, known: bool) -> None:
    used = {"registered": workflow.clocks[0].calendar} if known and workflow.clocks else {}
    vocabulary = STANDARD_VOCABULARY.with_(calendars=used)
    text = dumps(workflow, form, vocabulary)
    assert loads(text, form, vocabulary) == workflow
    assert ("registered" in text) == bool(used)


plain = st.recursive(
    st.booleans() | st.integers() | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=8,
)


@given(st.dictionaries(texts, plain | st.lists(st.dictionaries(texts, plain, max_size=4), max_size=3), max_size=5))
def test_whatever_is_written_as_toml_reads_back_as_the_same(document: dict[str, Any]) -> None:
    assert tomllib.loads(as_toml(document)) == document


def test_the_published_closed_loop_is_the_one_in_python() -> None:
    assert load(DOCS / "closed-loop.toml") == CLOSED_LOOP
    assert (DOCS / "closed-loop.toml").read_text(encoding="utf-8") == dumps(CLOSED_LOOP)


# names for functions


def test_the_vocabulary_has_the_whole_rule_book_and_all_facts() -> None:
    written = {name for name, value in vars(rules).items() if getattr(value, "__module__", "") in RULE_BOOK}
    named = {*STANDARD_VOCABULARY.rules, *STANDARD_VOCABULARY.conditions}
    assert named == {name for name in written if not name.startswith("_")}
    assert set(STANDARD_VOCABULARY.facts.values()) == set(STANDARD_FACTS)
    assert {"it_hangs_on_the_wall", "the_bound_is_reached"} <= set(STANDARD_VOCABULARY.conditions)


@given(st.integers(1, 10_000), st.integers(1, 10_000))
def test_the_same_number_makes_the_same_rule_and_another_makes_another(one: int, other: int) -> None:
    make = rules.the_reopening_window_is_open
    assert (make(one) is make(other)) == (one == other)
    assert make(days=one) is make(one)
    assert make.__doc__
    assert closed_loop(reopening_days=one) == closed_loop(reopening_days=one)


@pytest.mark.parametrize("number", [0, -1, True, 1.0, "3", None, 10_001, []])
def test_a_rule_is_made_from_a_whole_number(number: Any) -> None:
    with pytest.raises(InvalidValue, match="the_bound_is_reached: rounds must be a whole number from 1 to 10000"):
        rules.the_bound_is_reached(number)


@pytest.mark.parametrize("name", ["rule", "condition"])
def test_a_number_has_no_name_that_means_something_else_in_a_file(name: str) -> None:
    names: dict[str, Any] = {}
    exec(f"def it_is_time({name}): return lambda demand, proposal: None", names)
    with pytest.raises(InvalidValue, match=f"it_is_time: its number cannot be named '{name}'"):
        numbered(names["it_is_time"])


def test_a_rule_is_made_from_its_own_numbers() -> None:
    with pytest.raises(InvalidValue, match="the_bound_is_reached: missing a required argument: 'rounds'"):
        rules.the_bound_is_reached()  # type: ignore[call-arg]


@pytest.mark.parametrize("form", FORMS)
def test_a_community_has_words_of_its_own(form: str) -> None:
    text = dumps(WEIGHING, form, OURS)
    assert "heavy" in text
    assert loads(text, form, OURS) == WEIGHING
    with pytest.raises(InvalidFile, match="'Weighed': is not known"):
        loads(text, form)


def test_a_calendar_is_registered_or_written_in_the_file() -> None:
    office = STANDARD_VOCABULARY.with_(calendars=[OFFICE, OFFICE])
    assert office.calendars == {"office": OFFICE}
    assert office != STANDARD_VOCABULARY
    text = dumps(TIMED, "toml", office)
    assert re.findall(r"^\[+calendars.*", text, re.MULTILINE) == [
        '[calendars."around the clock"]',
        '[calendars."around the clock".hours]',
    ]
    assert loads(text, "toml", office) == TIMED
    with pytest.raises(
        InvalidFile, match=r"'answer'\): calendar 'office': is not known \(possible: around the clock\)"
    ):
        loads(text)
    assert loads(GOOD + TIMES, "toml", office) == TIMED, "who says the same again says nothing else"
    other = STANDARD_VOCABULARY.with_(calendars={"office": ALWAYS})
    with pytest.raises(InvalidFile, match="calendars 'office': this name means another calendar already; give it"):
        loads(GOOD + TIMES, "toml", other)
    assert '[calendars."office 2"]' in dumps(TIMED, "toml", other)
    assert loads(dumps(TIMED, "toml", other), "toml", other) == TIMED


def test_a_vocabulary_is_a_value() -> None:
    own: dict[str, Callable[..., Any]] = {
        "the_lorry_is_here": the_lorry_is_here,
        "the_lorry_was_called": the_lorry_was_called,
    }
    again = STANDARD_VOCABULARY.with_(facts={"Weighed": Weighed}, rules=own, conditions={"heavy": it_is_heavy})
    assert again == OURS != STANDARD_VOCABULARY
    assert hash(again) == hash(OURS)
    assert OURS.with_(facts=[Weighed]) == OURS
    with pytest.raises(TypeError):
        OURS.facts["Own"] = Weighed  # type: ignore[index]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ({"facts": [int]}, "int.* is no class of facts"),
        ({"facts": Weighed}, "must be several or a mapping"),
        ({"rules": "it"}, "must be several or a mapping"),
        ({"rules": {"it": 3}}, "3 is no function"),
        ({"rules": [lambda demand, proposal: None]}, "needs a printable name"),
        ({"rules": {"": the_lorry_is_here}}, "needs a printable name"),
        ({"calendars": {"office": the_lorry_is_here}}, "the_lorry_is_here.* is no Calendar"),
        ({"calendars": OFFICE}, "must be several or a mapping"),
        ({"calendars": {"": OFFICE}}, "needs a printable name"),
        ({"calendars": [OFFICE, replace(ALWAYS, name="office")]}, "two of them are named 'office'"),
        ({"rules": {"it_passed_the_audit": the_lorry_is_here}}, "means .* already; give it another name"),
        (
            {"conditions": [it_is_heavy, wraps(it_is_heavy)(lambda demand, proposal: True)]},
            "two of them are named 'it_is_heavy'",
        ),
    ],
)
def test_a_word_that_means_nothing_or_something_else_is_refused(words: Any, says: str) -> None:
    with pytest.raises(InvalidValue, match=says):
        STANDARD_VOCABULARY.with_(**words)


def test_a_workflow_of_another_kind_is_not_written() -> None:
    with pytest.raises(InvalidValue, match="a file cannot say what a workflow is for other than demands yet"):
        dumps(DIRECTORY)


def test_what_is_not_registered_is_listed_and_nothing_is_written(tmp_path: Path) -> None:
    path = tmp_path / "weighing.toml"
    path.write_text("what was there before")
    with pytest.raises(InvalidValue) as caught:
        dump(WEIGHING, path)
    listed = "fact Weighed, rule the_lorry_is_here, condition it_is_heavy, rule the_lorry_was_called; name them"
    assert listed in str(caught.value)
    assert path.read_text() == "what was there before"
    with pytest.raises(InvalidValue, match="not registered: fact Registered, fact Stepped, rule times_do_not"):
        dumps(SMALL, vocabulary=Vocabulary())


# mistakes


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        ('name = "small"', 'nmae = "small"', "unknown key 'nmae' (possible: name, version, tells_nobody, states,"),
        ('name = "small"', "name = 3", "name must be a text, got 3"),
        ("version = 1\n", "", "needs 'version'"),
        ("version = 1\n", "version = true\n", "version must be a whole number, got True"),
        ("version = 1\n", "version = 2025-01-01\n", "version must be a whole number, got datetime.date(2025, 1, 1)"),
        ("tells_nobody = true", "tells_nobody = 1", "tells_nobody must be true or false, got 1"),
        ('waits_for = "audit"', 'waits_for = "audti"', "states 1 ('open'): waits_for 'audti' is not known"),
        ('waits_for = "audit"', 'waits_for = "audti"', "did you mean 'audit'?"),
        (
            'waits_for = "audit"',
            "waits_for = []",
            "states 1 ('open'): waits_for [] is not known (possible: registration, audit",
        ),
        ('owner = "clerk"', 'onwer = "clerk"', "states 1 ('open'): unknown key 'onwer' (possible: name, waits_for,"),
        ('fact = "Stepped"', 'fact = "Steped"', "moves 2 ('finish'): fact 'Steped': is not known (possible: Registere"),
        ('fact = "Stepped"', 'fact = "Steped"', "did you mean 'Stepped'?"),
        ('fact = "Stepped"', "fact = 3", "moves 2 ('finish'): fact: must be named by a text, got 3"),
        (
            'from = "open"',
            'form = "open"',
            "moves 2 ('finish'): unknown key 'form' (possible: name, fact, from, to,",
        ),
        ('from = "open"', 'form = "open"', "did you mean 'from'?"),
        ('from = "open"', "", "moves 2 ('finish'): needs 'from'"),
        (
            'from = "open"',
            'from = ["open", "START"]',
            "moves 2 ('finish'): from: START must stand alone, not in a list",
        ),
        ('from = "open"', "from = {}", "moves 2 ('finish'): from must be a text or a list, got {}"),
        ('to = "done"', "to = []", "moves 2 ('finish'): to must be a text, got []"),
        ('by = ["clerk"]', "by = [3]", "moves 2 ('finish'): by 1 must be a text, got 3"),
        ('by = ["clerk"]', 'by = ["x"]\nsilent = "no"', "moves 2 ('finish'): silent must be true or false, got 'no'"),
        (
            'by = ["clerk"]',
            'by = ["x"]\nmeans = 3',
            "('finish'): means must be a text or a list, got 3",
        ),
        (
            "times_do",
            "time_do",
            "rule 'time_do_not_run_backwards': is not known (possible: times_do_not_run_",
        ),
        ("times_do", "time_do", "did you mean 'times_do_not_run_backwards'?"),
        ('["times_do_not_run_backwards"]', '"x"', "moves 2 ('finish'): rules must be a list, got 'x'"),
        (
            '["times_do_not_run_backwards"]',
            "[3]",
            "rules 1: rule: must be a name, or a table of a name and numbers, got 3",
        ),
        (
            '["times_do_not_run_backwards"]',
            '["the_notice_period_is_over"]',
            "rule 'the_notice_period_is_over': takes days, got none; write {rule = \"the_notice_period_is_over\", ",
        ),
        (
            '["times_do_not_run_backwards"]',
            '[{rule = "times_do_not_run_backwards", days = 3}]',
            "rule 'times_do_not_run_backwards': takes no number, got days; write its name only",
        ),
        (
            '["times_do_not_run_backwards"]',
            '[{rule = "the_notice_period_is_over", days = 0}]',
            "moves 2 ('finish'): rules 1: the_notice_period_is_over: days must be a whole number from 1 to 10000",
        ),
        ('["times_do_not_run_backwards"]', "[{days = 3}]", "rule: {'days': 3} says no rule (rule = …)"),
        ("rules =", 'when = "it_hngs_on_the_wall"\nrules =', "did you mean 'it_hangs_on_the_wall'?"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_what_is_possible(right: str, wrong: str, says: str) -> None:
    assert GOOD.count(right)
    here = GOOD.rindex(right) if not right.startswith(("name", "waits", "owner")) else GOOD.index(right)
    text = GOOD[:here] + wrong + GOOD[here + len(right) :]
    [told] = mistakes(text)
    assert says in told


@pytest.mark.parametrize(
    ("right", "wrong", "says"),
    [
        (
            'runs_in = "open"',
            'rnus_in = "open"',
            "clocks 1 ('answer'): unknown key 'rnus_in' (possible: name, runs_in,",
        ),
        ('runs_in = "open"', "runs_in = 3", "clocks 1 ('answer'): runs_in must be a text or a list, got 3"),
        (
            '"3 working days"',
            '"3 wrking days"',
            "clocks 1 ('answer'): limits 2: span: '3 wrking days' is none; write a",
        ),
        (
            '"3 working days"',
            "3",
            "clocks 1 ('answer'): limits 2 must be a text or a table, got 3",
        ),
        ('"8 hours"', '"-8 hours"', "clocks 2 ('finish'): limits: span: '-8 hours' is none; write a number and one of"),
        ('span = "8 hours", ', "", "clocks 2 ('finish'): limits: needs 'span'"),
        (
            'span = "8 hours", ',
            'spn = "8 hours", ',
            "limits: unknown key 'spn' (possible: span, category, urgency); did",
        ),
        ('"noise"', '"/noise"', "clocks 1 ('answer'): limits 1: category: "),
        ('category = "noise"', "category = 3", "clocks 1 ('answer'): limits 1: category must be a text, got 3"),
        (
            'category = "noise"',
            'catgory = "noise"',
            "limits 1: unknown key 'catgory' (possible: span, category, urgency); did you mean 'category'?",
        ),
        ('urgency = "urgent" },', "urgency = 3 },", "clocks 1 ('answer'): limits 1: urgency must be a text, got 3"),
        (
            'calendar = "office"',
            'calendar = "ofice"',
            "calendar 'ofice': is not known (possible: office, always); did you",
        ),
        ('calendar = "office"', "calendar = 3", "clocks 1 ('answer'): calendar must be a text, got 3"),
        ("extensible = true", 'extensible = "yes"', "clocks 2 ('finish'): extensible must be true or false, got 'yes'"),
        ('zone = "UTC"', 'zone = "UCT+1"', "calendars 'always': zone: 'UCT+1' is no time zone of this system"),
        ('zone = "UTC"\n', "", "calendars 'always': needs 'zone'"),
        ("Mon-Sun =", "Mon-Mun =", "calendars 'always': hours: 'Mon-Mun' names no weekdays (possible: Mon, Tue,"),
        (
            "working = [",
            "workng = [",
            "calendars 'office': days 1: unknown key 'workng' (possible: years, closed, ",
        ),
        (
            "[calendars.always]",
            "[calendars]\nalways = 3\n[more]",
            "calendars 'always' must be a table, got 3",
        ),
    ],
)
def test_a_mistake_about_clocks_is_told_with_its_place_and_what_is_possible(right: str, wrong: str, says: str) -> None:
    assert TIMES.count(right) == 1
    told = mistakes(GOOD + TIMES.replace(right, wrong))
    assert says in told[0] or says in told[-1]
    assert len(told) == 1 + ("[more]" in wrong)


def test_calendars_are_a_table() -> None:
    assert mistakes("calendars = []\n" + GOOD) == ("calendars must be a table, got []",)
    [unprintable] = mistakes(
        GOOD + TIMES.replace("calendars.always]", 'calendars."\\u0007"]').replace('"always"', '"office"')
    )
    assert unprintable == "calendars '\\x07': name: '\\x07' is no printable name; give the calendar another"


def test_misspelt_states_of_clocks_are_defects_of_the_workflow() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        loads(GOOD + TIMES.replace('runs_in = "open"', 'runs_in = "opne"'))
    [says] = (f"{defect.says}; {defect.remedy}" for defect in caught.value.defects)
    assert says == "clock 'answer': runs_in names a state 'opne' that is not declared; name some that are " + (
        "(possible: open); did you mean 'open'?"
    )


def test_all_mistakes_of_a_file_are_told_at_once() -> None:
    text = GOOD.replace('"audit"', '"audti"').replace("from", "form").replace("version = 1", "version = '1'")
    assert [told.split(" (possible")[0] for told in mistakes(text)] == [
        "version must be a whole number, got '1'",
        "states 1 ('open'): waits_for 'audti' is not known",
        "moves 1 ('file'): unknown key 'form'",
        "moves 2 ('finish'): unknown key 'form'",
    ]


@pytest.mark.parametrize(
    ("text", "form", "says"),
    [
        (
            "name = 'x'\nversion\n",
            "toml",
            "workflow: is no TOML: Expected '=' after a key in a key/value pair",
        ),
        ("name = 'x'\nname = 'y'\n", "toml", "workflow: is no TOML: Cannot overwrite a value (at line 2"),
        ("name = ", "toml", "workflow: is no TOML: Invalid value (at end of document)"),
        ('{"name": "x",\n "version": }', "json", "workflow: is no JSON: Expecting value: line 2 column 13"),
        ('{"name": "x", "name": "y"}', "json", "workflow: says the key 'name' twice in one table"),
        ("[" * 100_000, "json", "workflow: is nested too deeply"),
        (
            "[]",
            "json",
            "workflow: must be a table with name, version, tells_nobody, states, moves, clocks, calendars, got []",
        ),
        (
            '{"name": "\\ud800", "version": 1, "states": [], "moves": []}',
            "json",
            "workflow: has half of a character ('\\ud800'); take it out",
        ),
        ('{"name": "x", "version": 1, "states": 3, "moves": []}', "json", "states must be a list, got 3"),
        ('{"name": "x", "version": 1, "states": [3], "moves": []}', "json", "states 1 must be a table, got 3"),
    ],
)
def test_what_is_no_toml_or_json_of_ours_says_where(text: str, form: str, says: str) -> None:
    with pytest.raises(InvalidFile, match=re.escape(says)):
        loads(text, form)


@pytest.mark.parametrize("word", ["BACK", "STAY"])
def test_a_word_in_the_wrong_place_is_a_defect_of_the_workflow(word: str) -> None:
    with pytest.raises(InvalidWorkflow, match=f"leads from {word}; give states, START"):
        loads(GOOD.replace('from = "open"', f'from = "{word}"'))
    assert BACK not in {move.to for move in SMALL.moves}


def test_the_defects_of_a_workflow_come_through() -> None:
    with pytest.raises(InvalidWorkflow) as caught:
        loads(GOOD.replace('to = "done"', 'to = "open"'))
    assert [defect.kind for defect in caught.value.defects] == ["unreachable", "dead-end"]


def places(document: Any) -> list[tuple[Any, Any]]:
    """Each table and list of a document with each of its keys or positions."""
    keys = list(document) if isinstance(document, dict) else range(len(document)) if isinstance(document, list) else ()
    return [place for key in keys for place in ((document, key), *places(document[key]))]


@st.composite
def spoilt(draw: st.DrawFn) -> dict[str, Any]:
    """A good file in which some values are others, gone, or under another key."""
    document: dict[str, Any] = json.loads(json.dumps(tomllib.loads(GOOD + TIMES), default=str))
    for _ in range(draw(st.integers(1, 3))):
        inside, key = draw(st.sampled_from(places(document)))
        if draw(st.booleans()):
            inside[key] = draw(plain | st.none())
        elif isinstance(inside, dict) and draw(st.booleans()):
            inside[draw(texts | st.sampled_from(["name", "span", "days", "str", "LimitTable"]))] = inside.pop(key)
        else:
            del inside[key]
        if not document:
            break
    return document


@given(spoilt())
@settings(max_examples=300)
@pytest.mark.filterwarnings("ignore::demandflow.errors.WorkflowAdvice")
def test_whatever_a_file_says_it_is_loaded_or_refused_with_its_mistakes(document: dict[str, Any]) -> None:
    try:
        workflow = loads(json.dumps(document), "json")
    except InvalidFile as refused:
        assert refused.mistakes
        assert all(mistake and str(mistake) for mistake in refused.mistakes)
    except InvalidWorkflow as refused:
        assert refused.defects
    else:
        assert validator().is_valid(document)
        assert loads(dumps(workflow)) == workflow


def test_a_file_that_cannot_be_read_or_written_says_why(tmp_path: Path) -> None:
    for name, says in [("a.yaml", "neither .toml nor .json"), ("none.toml", "No such file"), ("a\0.toml", "cannot be")]:
        with pytest.raises(InvalidFile, match=says):
            load(tmp_path / name)
    (tmp_path / "latin.toml").write_bytes(b'name = "x"\nowner = "\xe9"')
    with pytest.raises(InvalidFile, match=r"latin\.toml: is not written in UTF-8 \(at line 2\)"):
        load(tmp_path / "latin.toml")
    with pytest.raises(InvalidValue, match=r"cannot be written: No such file"):
        dump(SMALL, tmp_path / "none" / "small.toml")
    (tmp_path / "marked.TOML").write_bytes(b"\xef\xbb\xbf" + GOOD.replace("\n", "\r\n").encode())
    assert load(str(tmp_path / "marked.TOML")) == SMALL


def test_a_caller_s_mistakes_are_told() -> None:
    wrongly: Any = (loads, dumps, load, dump, schema, OURS.fact, OURS.rule)
    for call, arguments, says in [
        (loads, (3,), "text: must be a text"),
        (loads, (GOOD, "yaml"), "form: must be toml or json, got 'yaml'"),
        (loads, (GOOD, "toml", {}), "must be a Vocabulary"),
        (loads, (GOOD, []), r"form: must be toml or json, got \[\]"),
        (dumps, (SMALL, []), r"form: must be toml or json, got \[\]"),
        (dumps, (SMALL, "toml", 5), "vocabulary: must be a Vocabulary, got 5"),
        (schema, (5,), "vocabulary: must be a Vocabulary, got 5"),
        (load, ("",), "'': is neither"),
        (OURS.fact, ([],), r"fact: must be named by a text, got \[\]"),
        (OURS.rule, (5,), "rule: must be a name, or a table of a name and numbers, got 5"),
        (dumps, ("small",), "workflow: must be a Workflow"),
        (load, (3,), "path: must be a path"),
    ]:
        assert call in wrongly
        with pytest.raises(InvalidValue, match=says):
            call(*arguments)  # type: ignore[operator]


def test_mistakes_can_be_sent_to_another_process() -> None:
    error = InvalidFile("x.toml", ("one", "another"))
    again = pickle.loads(pickle.dumps(error))
    assert (again.what, again.mistakes, str(again)) == ("x.toml", error.mistakes, "x.toml: \n  - one\n  - another")


# the schema


def test_the_published_schema_is_the_one_in_python() -> None:
    text = json.dumps(schema(), ensure_ascii=False, indent=2) + "\n"
    assert (DOCS / "workflow.schema.json").read_text(encoding="utf-8") == text


def test_a_community_has_a_schema_of_its_own() -> None:
    move = schema(OURS)["$defs"]["MoveTable"]["properties"]
    assert "Weighed" in move["fact"]["enum"]
    assert "heavy" in move["when"]["anyOf"][0]["anyOf"][0]["enum"]
    assert {"times", "days"} <= set(move["rules"]["items"]["anyOf"][-1]["required"])
    ours = schema(STANDARD_VOCABULARY.with_(calendars=[OFFICE]))["$defs"]["ClockTable"]["properties"]["calendar"]
    assert ours["description"].endswith("(registered: office)")


def test_the_schema_accepts_the_closed_loop_and_refuses_mistakes() -> None:
    validator().check_schema(schema())
    for workflow in (CLOSED_LOOP, STRICTER, SMALL, IN_TIME, TIMED):
        validator().validate(json.loads(dumps(workflow, "json")))
    validator().validate(json.loads(json.dumps(tomllib.loads(GOOD + TIMES), default=str)))
    for right, other in [
        ("limits = {", "limit = {"),
        ('zone = "UTC"\n', ""),
        ('urgency = "urgent" }\n', 'urgency = "" }\n'),
    ]:
        assert right in TIMES
        assert not validator().is_valid(
            json.loads(json.dumps(tomllib.loads(GOOD + TIMES.replace(right, other)), default=str))
        )
    wrong = {**json.loads(dumps(SMALL, "json")), "verison": 1}
    assert not validator().is_valid(wrong)

"""The service menu: what is ordered, by whom and with which answers, and how it is published."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from demandflow import CLOSED_LOOP, Actor, Calendar, Days, DemandFlow, Place, Role
from demandflow.county.services.answers import FORMATS, check_answers
from demandflow.county.services.ordering import handlers, menu, order
from demandflow.county.services.publishing import as_markdown, as_open311, definition_in_open311
from demandflow.domain.county.services import forms
from demandflow.domain.county.services.items import EDITOR, MENU_ITEM, Drafted, Item, Published, Retired, Revised
from demandflow.domain.county.services.orders import ORDER, Ordered
from demandflow.domain.fact import Fact
from demandflow.errors import InvalidValue, RuleBroken
from demandflow.policies import Dispatch
from demandflow.testing import FrozenClock
from tests.stories import AUDITOR

WRITER, WU = Actor("qian", EDITOR), Actor("wu", Role.RESIDENT)
MOVES: dict[type[Fact], str] = {Published: "publish", Revised: "revise", Retired: "retire"}
FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "people": {"type": "integer", "minimum": 1, "title": "How many live there"},
        "since": {"type": "string", "format": "date"},
        "fuel": {"enum": ["coal", "gas"], "title": "What they heat with", "description": "the main one"},
        "weak": {"type": "boolean"},
        "days": {"type": "array", "items": {"enum": ["Mon", "Tue"]}},
        "other": {"type": "object"},
    },
    "required": ["people"],
    "additionalProperties": False,
}
WANTS_FUEL = forms.form_text({"type": "object", "required": ["fuel"]})
CALENDAR = Calendar.of("town", zone="Asia/Shanghai", hours="Mon-Fri 09:00-17:00", days=Days([2025]))


class Town:
    """An open log with a menu."""

    def __init__(self, url: str = "memory:", **more: Any) -> None:
        self.clock = FrozenClock()
        workflows = (CLOSED_LOOP, ORDER, MENU_ITEM)
        self.flow = DemandFlow.open(url, workflows=workflows, clock=self.clock, zone="Asia/Shanghai", **more)

    def draft(self, item: str, department: str = "civil affairs", days: int = 5, **more: Any) -> None:
        fact = Drafted(item=item, department=department, name=f"Aid with {item}", days=days, **more)
        self.flow.start(fact, of=Item, by=WRITER)

    def tell(self, item: str, fact: Fact) -> None:
        self.flow.act(self.flow.id_of_stream(Item, item), MOVES[type(fact)], fact, of=Item, by=WRITER)

    def order(self, item: str = "heating", answers: Any = None, **more: Any) -> Any:
        answers = {"people": 3} if answers is None else answers
        how = {"resident": "wu", "place": "f/c/g1", "channel": "counter", "by": WU, **more}
        return order(self.flow, item, answers, **how)


@pytest.fixture
def town(log_url: str) -> Iterator[Town]:
    policies = (Dispatch(fallback="hall"),)
    town = Town(log_url, policies=policies)
    steps = ("Bring your *card*.", "We call you.")
    town.draft("heating", form=FORM, contractor="heating team", steps=steps, may_order=["elderly", "disabled"])
    town.draft("dancing", "culture", 1)
    for item in ("heating", "dancing"):
        town.tell(item, Published())
    yield town
    town.flow.close()


def test_ordering_registers_a_demand_with_what_the_item_says(town: Town) -> None:
    demand = town.order(kinds=["elderly"], calendar=CALENDAR, answers={"people": 3, "fuel": "gas", "days": ["Mon"]})
    assert (demand.workflow, demand.category, demand.text) == (ORDER.key, "civil affairs/heating", "Aid with heating")
    assert (demand.resident, demand.place) == ("wu", Place("f/c/g1"))
    assert demand.due == datetime(2025, 3, 10, 1, tzinfo=UTC)  # five working days from a Saturday: Monday at nine
    fact = town.flow.events(demand.id)[0].fact
    assert isinstance(fact, Ordered)
    assert (fact.item, fact.item_version) == ("heating", 1)
    assert fact.answers == {"people": 3, "fuel": "gas", "days": ("Mon",)}
    assert town.flow.figures_by("workflow")[ORDER.key].count("received") == 1


def test_a_resident_sees_the_menu_as_it_was_when_they_ordered(town: Town) -> None:
    revised = Revised(department="housing", name="Heating", days=9, form=WANTS_FUEL)
    town.tell("heating", revised)
    assert [(item.item, item.number) for item in menu(town.flow)] == [("heating", 1), ("dancing", 1)]
    town.clock.advance(days=1)
    town.tell("heating", Published())
    assert [(item.item, item.number) for item in menu(town.flow)] == [("dancing", 1), ("heating", 2)]
    assert [(item.item, item.number) for item in menu(town.flow, "2025-03-01")] == [("heating", 1), ("dancing", 1)]
    with pytest.raises(InvalidValue, match="'fuel' is a required property"):
        town.order()
    assert town.flow.events(town.order(answers={"fuel": 1}).id)[0].fact.item_version == 2  # type: ignore[attr-defined]
    before = town.order(at=town.clock.now.replace(day=1), kinds=["elderly"])
    assert town.flow.events(before.id)[0].fact.item_version == 1  # type: ignore[attr-defined]
    town.tell("heating", Retired())
    assert [item.item for item in menu(town.flow)] == ["dancing"]
    with pytest.raises(InvalidValue, match=r"item: 'heating' is not on the menu \(possible: dancing\)"):
        town.order()


def test_who_may_not_order_is_told_who_may(town: Town) -> None:
    for kinds, who in (((), "others"), (("student",), "student")):
        with pytest.raises(RuleBroken, match=f"heating is for elderly, disabled, not for {who}"):
            town.order(kinds=kinds)
    town.order("dancing", {})


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        ({"people": 0}, "people: 0 is less than the minimum of 1"),
        ({}, "'people' is a required property"),
        ({"people": 1, "since": "in May"}, "since: 'in May' is not a 'date'"),
        ({"people": 1, "fuel": "wood"}, "fuel: 'wood' is not one of"),
        ({"people": 1, "peolpe": 2}, "peolpe"),
        ({"people": "x", "weak": 3}, "people: 'x' is not of type 'integer'; weak: 3 is not of type 'boolean'"),
        ({"people": {1, 2}}, "answers: must be plain values"),
        ({"people": float("nan")}, "answers: must be plain values"),
        ([1], "is not of type 'object'"),
    ],
)
def test_answers_are_checked_and_nothing_is_recorded(answers: Any, problem: str) -> None:
    town = Town()
    with town.flow as flow:
        town.draft("heating", form=FORM)
        with pytest.raises(InvalidValue, match="item: 'heating' is not on the menu"):
            town.order()  # a draft is not shown
        town.tell("heating", Published())
        with pytest.raises(InvalidValue) as refusal:
            town.order(answers=answers)
        assert problem in str(refusal.value)
        assert flow.figures().count("received") == 0


def test_an_item_without_a_form_takes_no_answers(town: Town) -> None:
    with pytest.raises(InvalidValue, match="people"):
        town.order("dancing")


def test_the_contractor_of_an_item_gets_its_orders(town: Town) -> None:
    assert [(one.name, one.categories) for one in handlers(menu(town.flow))] == [
        ("heating team", ("civil affairs/heating",))
    ]
    policies = (Dispatch(handlers(menu(town.flow)), fallback="hall"),)
    other = Town(policies=policies)
    with other.flow as flow:
        for item, department in (("heating", "civil affairs"), ("dancing", "culture")):
            other.draft(item, department)
            other.tell(item, Published())
        orders = [other.order(item, {}).id for item in ("heating", "dancing")]
        for demand in orders:
            flow.accept(demand, by=AUDITOR)
        flow.run_policies()
        assert [flow.demand(demand).contractor for demand in orders] == ["heating team", "hall"]


SCHEMAS = st.fixed_dictionaries(
    {"type": st.just("object")},
    optional={
        "properties": st.dictionaries(
            st.sampled_from("ab"),
            st.fixed_dictionaries(
                {},
                optional={
                    "type": st.sampled_from(["string", "integer", "array", "boolean"]),
                    "enum": st.lists(st.integers(0, 2) | st.sampled_from("xy"), min_size=1, max_size=2),
                    "minimum": st.integers(0, 2),
                },
            ),
        ),
        "required": st.lists(st.sampled_from("ab"), unique=True),
        "additionalProperties": st.booleans(),
    },
)
ANSWERS = st.dictionaries(
    st.sampled_from("abc"), st.integers(0, 3) | st.sampled_from("xy") | st.booleans() | st.just([1])
)


@given(SCHEMAS, ANSWERS)
def test_answers_are_what_the_library_takes(form: dict[str, Any], answers: dict[str, Any]) -> None:
    if Draft202012Validator(form).is_valid(answers):
        check_answers(form, answers)
    else:
        with pytest.raises(InvalidValue):
            check_answers(form, answers)


@pytest.mark.parametrize(
    ("name", "right", "wrong"),
    [
        ("date", ["2025-02-28"], ["2025-02-29", "20250228", "2025-W01-1", ""]),
        ("date-time", ["2025-02-28T09:00:00Z", "2025-02-28T09:00:00.5+08:00"], ["2025-02-28T09:00:00", "2025-02-28"]),
        ("email", ["wu@example.org"], ["wu", "@", "a b@c"]),
        ("time", ["09:00:00Z"], ["09:00", "25:00:00Z", "٠٩:00:00Z"]),
        ("uuid", ["00000000-0000-0000-0000-000000000001"], ["1", "0" * 32]),
    ],
)
def test_formats_are_checked(name: str, right: list[str], wrong: list[str]) -> None:
    form = {"type": "object", "properties": {"x": {"format": name}}}
    for text in (*right, 3):
        check_answers(form, {"x": text})
    for text in wrong:
        with pytest.raises(InvalidValue, match=f"is not a '{name}'"):
            check_answers(form, {"x": text})


def test_every_format_of_a_form_is_checked() -> None:
    assert {*FORMATS} == {*forms.FORMATS}


def test_the_menu_is_published_as_markdown(town: Town) -> None:
    assert as_markdown(menu(town.flow)) == (
        "# Service menu\n\n## civil affairs\n\n### Aid with heating (heating)\n\n"
        "* For: elderly, disabled\n* Done within 5 working days by heating team\n"
        "* Needed: How many live there\n* Needed: since, if known\n"
        "* Needed: What they heat with (coal, gas): the main one, if known\n* Needed: weak (true, false), if known\n"
        "* Needed: days (Mon, Tue), if known\n* Needed: other, if known\n"
        "1. Bring your \\*card\\*.\n2. We call you.\n\n"
        "## culture\n\n### Aid with dancing (dancing)\n\n* For: everybody\n* Done within 1 working day\n"
    )


def test_the_menu_is_published_as_services_of_open311(town: Town) -> None:
    heating, dancing = as_open311(menu(town.flow))
    assert heating == {
        "service_code": "heating",
        "service_name": "Aid with heating",
        "description": "Bring your *card*.\nWe call you.",
        "metadata": True,
        "type": "realtime",
        "keywords": "",
        "group": "civil affairs",
    }
    assert (dancing["metadata"], dancing["group"]) == (False, "culture")
    definition = definition_in_open311(menu(town.flow)[0])
    attributes = {field["code"]: field for field in definition["attributes"]}
    assert attributes["fuel"] == {
        "variable": True,
        "code": "fuel",
        "datatype": "singlevaluelist",
        "required": False,
        "datatype_description": "the main one",
        "order": 3,
        "description": "What they heat with",
        "values": [{"key": "coal", "name": "coal"}, {"key": "gas", "name": "gas"}],
    }
    assert {name: field["datatype"] for name, field in attributes.items()} == {
        "people": "number",
        "since": "datetime",
        "fuel": "singlevaluelist",
        "weak": "singlevaluelist",
        "days": "multivaluelist",
        "other": "text",
    }
    assert attributes["people"]["required"] is True

"""The laws for the county's kinds of streams, each with its naive twin in the model."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demandflow import Event, Place, Workflow
from demandflow.domain.county.grid.directory import Directory
from demandflow.domain.county.grid.directory_rules import DIRECTORY
from demandflow.domain.county.grid.places import Founded
from demandflow.domain.county.grid.rounds import ROUND, Round
from demandflow.domain.county.people.activities import ACTIVITY, Activity
from demandflow.domain.county.people.home_reports import HOME_REPORT, HomeReport
from demandflow.domain.county.people.teams import TEAM, Team
from demandflow.domain.county.people.volunteers import VOLUNTEERING, Volunteer
from demandflow.domain.county.services.items import MENU_ITEM, Item
from demandflow.domain.stream import Change
from demandflow.testing import LawBroken, check
from demandflow.testing.model.kinds import KINDS, stream_of
from tests.laws.county_workflows import FACTS
from tests.profiles import examples
from tests.stories import T0
from tests.unit.county.test_directory import AHEAD, Model, Told, facts

pytestmark = pytest.mark.long

KINDS_OF_THE_COUNTY = (
    (ACTIVITY, Activity),
    (VOLUNTEERING, Volunteer),
    (TEAM, Team),
    (MENU_ITEM, Item),
    (ROUND, Round),
    (DIRECTORY, Directory),
    (HOME_REPORT, HomeReport),
)


def checked(workflow: Workflow, number: int) -> Any:
    return check(workflow, max_examples=number, facts=FACTS.get(workflow))


@pytest.mark.parametrize(("workflow", "kind"), KINDS_OF_THE_COUNTY, ids=str)
def test_the_laws_hold_for_the_countys_kinds(workflow: Workflow, kind: type) -> None:
    assert kind in KINDS
    assert checked(workflow, examples(30)).tally.accepted.total() > examples(30)


def later(changes: Callable[[Any, Event, Change], None]) -> Callable[[Any, Event, Change], None]:
    """What an event changes, but for the second of all and every third after it."""

    def changed(self: Any, event: Event, change: Change) -> None:
        if event.version % 3 != 2:
            changes(self, event, change)

    return changed


@pytest.mark.usefixtures("as_found")
@pytest.mark.parametrize(
    ("workflow", "kind"), [pair for pair in KINDS_OF_THE_COUNTY if pair[0] is not HOME_REPORT], ids=str
)
def test_a_change_that_is_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch, workflow: Workflow, kind: Any) -> None:
    monkeypatch.setattr(kind, "changes", later(kind.changes))
    with pytest.raises(LawBroken):
        checked(workflow, 100)


@given(st.data())
def test_a_directory_is_what_its_pages_say(data: st.DataObject) -> None:
    told, model = Told().tell(Founded(county=Place("f"))), Model()
    model.record(told.events[0].fact, T0)
    for number in range(data.draw(st.integers(0, 25))):
        there = sorted(model.pictures[-1][1])
        fact = AHEAD[number] if number < len(AHEAD) else data.draw(facts(there))
        if model.accepts(fact):
            told.tell(fact, days=data.draw(st.sampled_from([0, 0, 1])))
            model.record(fact, told.at)
    pages = stream_of(told.events, Directory)
    assert (pages.county, pages.places) == (told.directory.county, told.directory.places)

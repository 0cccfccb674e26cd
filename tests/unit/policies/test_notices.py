"""A notice says what it is about: the place, the text and the reference of its demand, as it stood then."""

from __future__ import annotations

from typing import Any

from demandflow import Actor, Channel, DemandFlow, Place
from demandflow.automation.notices import notices_after
from demandflow.facts import Notified, Registered, Sorted

CLERK, SUPERVISOR, AUDITOR = (Actor("Li", role) for role in ("grid_administrator", "supervisor", "auditor"))
LAMP = Registered(text="a lamp is out", channel=Channel("desk"), place=Place("f/c1"), source="desk", reference="7")
WAITS = Notified(to="contractor", kind="waiting", what="it waits", whom="town office")


def noticed(flow: DemandFlow) -> Any:
    lamp = flow.start(LAMP, by=CLERK).id
    flow.act(lamp, "notify", WAITS, by=SUPERVISOR)
    return lamp


def test_a_notice_carries_what_its_demand_is_about(flow: DemandFlow) -> None:
    noticed(flow)
    ((_, notice),) = flow.notices()
    assert (notice.place, notice.text, notice.reference) == ("f/c1", "a lamp is out", "7")
    assert str(notice) == "to town office: it waits (7, f/c1, a lamp is out)"


def test_a_notice_that_is_given_again_says_the_same_as_the_first_time(flow: DemandFlow) -> None:
    lamp = noticed(flow)
    ((_, first),) = flow.notices()
    flow.act(lamp, "sort", Sorted(place=Place("f/c2")), by=AUDITOR)
    flow.act(lamp, "notify", WAITS, by=SUPERVISOR)
    again, second = (notice for _, notice in flow.notices())
    assert again == first
    assert second.place == "f/c2"


def test_a_notice_of_a_demand_that_cannot_be_read_is_given_all_the_same(flow: DemandFlow) -> None:
    from demandflow.errors import StorageError

    noticed(flow)

    class Unreadable:
        def page(self, after: int, limit: int) -> Any:
            return flow._log.page(after, limit)

        def events(self, *_: Any, **__: Any) -> Any:
            raise StorageError("a row cannot be read")

    (notice,) = (notice for _, notice in notices_after(Unreadable(), 0) if notice is not None)
    assert (notice.what, notice.place, notice.text, notice.reference) == ("it waits", None, None, None)
    assert str(notice) == "to town office: it waits"

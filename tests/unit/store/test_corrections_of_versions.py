"""Corrections of own fields, recorded before the class of their fact got a version: what they say is not lost."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from tempfile import TemporaryDirectory
from typing import Any, ClassVar

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from demandflow import START, STAY, DemandFlow, Move, Workflow
from demandflow.analysis.verifying import verify
from demandflow.domain.corrections import with_corrections
from demandflow.errors import UnreadableEvent
from demandflow.facts import Corrected, Fact, Registered
from tests.profiles import examples
from tests.unit.store.test_storage import MARKET
from tests.unit.store.test_versions_of_facts import CLERK, PLACED

Before = Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]]


class Sold(Fact):
    """So many boxes, of so many kilos."""

    TOPIC: ClassVar[str] = "market.sold"
    boxes: int
    kilos: int
    whom: str | None = None
    note: str | None = None


class SoldInGrams(Fact):
    """What was Sold before, in grams of all boxes; nobody notes anything any more."""

    TOPIC: ClassVar[str] = "market.sold"
    VERSION: ClassVar[int] = 2
    DIMENSIONS: ClassVar[tuple[str, ...]] = ("grams",)
    EARLIER: ClassVar[Before] = {
        "market.sold": lambda was: {**was, "grams": was.pop("kilos") * was.pop("boxes") * 1000},
    }
    grams: int
    whom: str | None = None


def market(version: int, kind: type[Fact]) -> Workflow:
    moves = (
        Move("file", Registered, START, "open", by="clerk"),
        Move("sell", kind, "open", STAY, by="clerk"),
        Move("close", kind, "open", "done", by="clerk"),
        Move("correct", Corrected, "open", STAY, by="clerk", means="corrected"),
    )
    return Workflow("market", version, MARKET.states, moves)


def sold(flow: DemandFlow, *corrections: Mapping[str, Any], **fields: Any) -> Any:
    demand = flow.register("plums", **PLACED).id
    flow.act(demand, "sell", Sold(**fields), by=CLERK)
    for own in corrections:
        flow.correct(demand, 2, "misread", own=own, by=CLERK)
    return demand


NUMBERS = st.integers(1, 99)
OWN = st.fixed_dictionaries(
    {}, optional={"boxes": NUMBERS, "kilos": NUMBERS, "whom": st.sampled_from(["Li", "Wu"]), "note": st.just("x")}
).filter(bool)


@settings(max_examples=examples(20))
@given(boxes=NUMBERS, kilos=NUMBERS, corrections=st.lists(OWN, max_size=4), later=st.none() | NUMBERS)
@example(boxes=1, kilos=3, corrections=[{"kilos": 4}], later=None)
@example(boxes=2, kilos=3, corrections=[{"kilos": 4}, {"boxes": 5}, {"note": "x"}], later=None)
@example(boxes=2, kilos=3, corrections=[{"kilos": 4}], later=7)
def test_what_a_correction_said_of_fields_of_before_is_said_in_todays(
    boxes: int, kilos: int, corrections: list[dict[str, Any]], later: int | None
) -> None:
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/a.db"
        with DemandFlow.open(url, workflows=[market(1, Sold)]) as flow:
            demand = sold(flow, *corrections, boxes=boxes, kilos=kilos)
            assert flow.figures().count("open") == 1
        said: dict[str, Any] = {"boxes": boxes, "kilos": kilos}
        for own in corrections:
            said |= own
        grams = said["boxes"] * said["kilos"] * 1000
        with DemandFlow.open(url, workflows=[market(2, SoldInGrams), market(1, SoldInGrams)]) as flow:
            if later is not None:
                flow.correct(demand, 2, "misread again", own={"grams": (grams := later)}, by=CLERK)
            want = {"grams": grams} | {name: said[name] for name in ("whom",) if name in said}
            assert dict(flow.demand(demand).attributes) == want
            assert dict(flow.board().rows[0].own) == want
            assert flow.figures_by("grams")[str(grams)].count("received") == 1
            assert with_corrections(flow._log.events(demand))[1].fact == SoldInGrams(**want)
            assert not flow.parked_events()
            assert verify(flow).ok


@pytest.mark.parametrize(
    ("earlier", "why"),
    [
        (
            lambda was: {"grams": was["kilos"] if was["kilos"] == 3 else was["none"]},
            r"Wrong cannot say kilos .KeyError: \"'none'\".",
        ),
        (
            lambda was: {"grams": "many" if was["kilos"] == 4 else 3000},
            r"ValidationError: '1 validation error for Wrong'",
        ),
        (
            lambda was: {"grams": 3000} if was["kilos"] == 3 else (_ for _ in ()).throw(KeyError()),
            r"cannot say kilos .KeyError: ''.",
        ),
        (lambda was: {"grams": 3000}, None),
        (lambda was: {"grams": 3000, "whom": was.get("whom")}, r"makes nothing of note"),
    ],
)
def test_what_cannot_be_said_in_todays_is_parked_with_the_reason(kept_url: str, earlier: Any, why: str | None) -> None:
    class Wrong(SoldInGrams):
        VERSION: ClassVar[int] = 2
        EARLIER: ClassVar[Before] = {"market.sold": earlier}

    own = {"note": "x"} if why is not None and "note" in why else {"kilos": 4}
    with DemandFlow.open(kept_url, workflows=[market(1, Sold)]) as flow:
        demand = sold(flow, own, boxes=1, kilos=3)
    with DemandFlow.open(kept_url, workflows=[market(2, Wrong)]) as flow:
        assert flow.figures().count("received") == 1
        if why is None:
            assert not flow.parked_events(), "what was stored, and is dropped, is no longer said"
            return
        (parked,) = flow.parked_events()
        assert "Wrong cannot say" in parked.reason
        with pytest.raises(UnreadableEvent, match=why):
            flow.demand(demand)
    with DemandFlow.open(kept_url, workflows=[market(2, SoldInGrams)]) as flow:
        flow.retry_parked_events()
        assert flow.demand(demand).attributes["grams"] == (3000 if "note" in own else 4000)
        assert not flow.parked_events()

"""Orders handed to other agencies: a request waits for the child orders that were made of it (City of Chicago, 311).

Usage: python examples/child_orders.py requests.json

Each child order is a demand of its own, on a workflow of its own; the parent keeps the list of those it waits for, and
one rule does not let it be closed before. Creating or closing a child is one save with the parent's link.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from demandflow import (
    START,
    STAY,
    Actor,
    Channel,
    DemandFlow,
    DemandFlowError,
    Move,
    Place,
    Proposal,
    RuleBroken,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.errors import listed
from demandflow.facts import ContractedOut, Fact, Noted, Registered

CITY, SOURCE = Actor("City of Chicago", "city"), "chicago 311"


class Opened(Registered):
    """A request, or a child order of one."""

    TOPIC: ClassVar[str] = "chicago.opened"
    service: str | None = None
    child_of: str | None = None


class Linked(Fact):
    """A child order was created for another agency; the request now waits for these."""

    TOPIC: ClassVar[str] = "chicago.linked"
    order: str
    waits_for: tuple[str, ...]


class Released(Fact):
    """A child order was closed; the request still waits for these."""

    TOPIC: ClassVar[str] = "chicago.released"
    order: str
    waits_for: tuple[str, ...]


class Closed(Fact):
    """It was closed."""

    TOPIC: ClassVar[str] = "chicago.closed"
    words: str | None = None


def a_parent_waits_for_its_children(demand: Any, proposal: Proposal[Closed]) -> str | None:
    """A request is not closed over an open child order."""
    waits_for = demand.attributes.get("waits_for", ())
    return f"it waits for {listed(waits_for)}" if waits_for else None


def only_its_own_children_are_released(demand: Any, proposal: Proposal[Released]) -> str | None:
    """A child order that was never created for this request cannot be closed on it."""
    known = demand.attributes.get("waits_for", ())
    return None if proposal.fact.order in known else f"order {proposal.fact.order} was never created for it"


def the_list_of_children_is_kept(demand: Any, proposal: Proposal[Linked | Released]) -> str | None:
    """The list afterwards is the list before, with just this order more or less."""
    before, order = demand.attributes.get("waits_for", ()), proposal.fact.order
    after = (*before, order) if isinstance(proposal.fact, Linked) else tuple(one for one in before if one != order)
    return None if proposal.fact.waits_for == after else f"it would wait for {listed(after)}"


def request(*closing: Any) -> Workflow:
    """The workflow of a request, with what guards its closing."""
    in_order, kept = rules.times_do_not_run_backwards, the_list_of_children_is_kept
    its_own_child = only_its_own_children_are_released
    return Workflow(
        "request",
        version=1,
        states=[State("open", Stage.FEEDBACK, owner="city"), State("closed", Stage.ENDED, ended_as="closed")],
        moves=[
            Move("open", Opened, START, "open", by="city"),
            Move("assign", ContractedOut, "open", STAY, by="city", means="contracted_out", rules=(in_order,)),
            Move("note", Noted, "open", STAY, by="city", rules=(in_order,)),
            Move("link", Linked, "open", STAY, by="city", rules=(in_order, kept)),
            Move("release", Released, "open", STAY, by="city", rules=(in_order, its_own_child, kept)),
            Move("close", Closed, "open", "closed", by="city", rules=(in_order, *closing)),
        ],
    )


ORDER = Workflow("order", version=1, states=request().states, moves=request().moves)


@dataclass
class Told:
    """What was found while the notes were replayed."""

    notes: Counter[str] = field(default_factory=Counter)
    orphans: list[str] = field(default_factory=list)
    too_early: list[str] = field(default_factory=list)


def moment(note: dict[str, Any]) -> datetime:
    """When it was noted."""
    return datetime.fromisoformat(note["datetime"])


def opened(service: str, number: str, child_of: str | None = None) -> Opened:
    """The fact that opens a request or an order."""
    where: Any = {"channel": Channel("open311"), "place": Place("Chicago"), "source": SOURCE, "reference": number}
    return Opened(text=service, service=service, child_of=child_of, **where)


def replay(flow: DemandFlow, requests: list[dict[str, Any]]) -> Told:
    """Record every note of every request, in order; what a rule refuses is listed."""
    told = Told()
    for one in requests:
        number, notes = one["service_request_id"], one["notes"]
        opening = next(note for note in notes if note["type"] == "opened")
        fact = opened(one["service_name"], number)
        demand = flow.start(fact, by=CITY, at=moment(opening), workflow="request@1").id
        agency = ContractedOut(contractor=one["agency_responsible"])
        flow.act(demand, "assign", agency, by=CITY, at=moment(opening))
        for note in notes:
            told.notes[note["type"]] += 1
            if note["type"] not in ("opened", "submitted"):
                take(flow, demand, note, number, told)
    return told


def take(flow: DemandFlow, demand: Any, note: dict[str, Any], number: str, told: Told) -> None:
    """Record one note of a request."""
    at, child = moment(note), note.get("extended_attributes", {})
    order, waits_for = child.get("service_request_id", ""), flow.demand(demand).attributes.get("waits_for", ())
    try:
        with flow.batch() as batch:
            match note["type"]:
                case "follow_on_created":
                    fact = opened(child["service_name"], order, number)
                    made = batch.start(fact, by=CITY, at=at, workflow="order@1").id
                    agency = ContractedOut(contractor=child["agency_responsible"])
                    batch.act(made, "assign", agency, by=CITY, at=at)
                    link = Linked(order=order, waits_for=(*waits_for, order))
                    batch.act(demand, "link", link, by=CITY, at=at)
                case "follow_on_closed":
                    left = tuple(one for one in waits_for if one != order)
                    batch.act(demand, "release", Released(order=order, waits_for=left), by=CITY, at=at)
                    batch.act(batch.id_of(SOURCE, order), "close", Closed(), by=CITY, at=at)
                case "closed":
                    batch.act(demand, "close", Closed(words=note["summary"]), by=CITY, at=at)
                case _:
                    batch.act(demand, "note", Noted(text=note["summary"]), by=CITY, at=at)
    except RuleBroken as objection:
        (told.too_early if note["type"] == "closed" else told.orphans).append(f"{number}: {objection}")


def run(requests: list[dict[str, Any]], *closing: Any) -> tuple[DemandFlow, Told]:
    """A flow in memory into which all was replayed; whoever asks for it closes it."""
    workflows = (request(*closing), ORDER)
    flow = DemandFlow.open("memory:", workflows=workflows, zone="America/Chicago", backdating=CITY.role)
    try:
        return flow, replay(flow, requests)
    except DemandFlowError:
        flow.close()
        raise


def main(file: str) -> None:
    """Replay the file, without the rule as the city did, and with it."""
    requests = json.loads(Path(file).read_text(encoding="utf-8"))
    for title, closing in (("as it was", ()), ("with the rule", (a_parent_waits_for_its_children,))):
        flow, told = run(requests, *closing)
        with flow:
            parts = flow.figures_by("workflow")
            print(f"\n{title}: {told.notes.total()} notes: {dict(told.notes)}")
            for key, figures in parts.items():
                print(f"{key}: {figures.identity}; {flow.durations(workflow=key).times}")
            for agency, figures in flow.figures_by("lead", workflow="order@1").items():
                print(f"  orders to {agency}: {figures.count('received')}")
            for one in told.orphans:
                print(f"orphan: {one}")
            for row in flow.board(workflow="order@1", open=True).rows:
                print(f"never closed: {flow.demand(row.demand).reference}, {row.text}, since {row.received:%Y-%m-%d}")
            for one in told.too_early:
                print(f"refused: {one}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(sys.argv[1])

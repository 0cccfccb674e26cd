"""Bring real service requests in: the City of Boston's 311, 2013–2015, on a workflow of its own.

Usage: python examples/import_boston_311.py FILE.csv[.gz] [DATABASE] [REFUSED.csv] [--ends]

A row becomes one demand: opened, given to a department with the city's own deadline, and maybe closed. A row that
cannot be true is refused, reported and kept in a file. The city's on-time verdict is not read: it is computed.
With --ends, a "Duplicate Case" ends as merged and an "Invalid" one as refused.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rich.console import Console

from demandflow import (
    ANYWHERE,
    START,
    STAY,
    Actor,
    Category,
    Channel,
    Demand,
    DemandFlow,
    Figures,
    Move,
    Place,
    Proposal,
    Stage,
    State,
    Workflow,
    importing,
    rules,
)
from demandflow.facts import ContractedOut, Corrected, Fact, Registered
from demandflow.figures import Durations
from demandflow.importing import Column, Made, PathOf, Progress, Report, RowStep, Timestamp, import_file

ZONE = ZoneInfo("America/New_York")
CITY = Actor("City of Boston", "city")
BLANK = {"": "(blank)", " ": "(one blank)"}
"""Two ways of saying nothing, which the data keep apart."""
NO_TARGET = "not in the file"


class Opened(Registered):
    """A request as the city filed it."""

    TOPIC: ClassVar[str] = "boston.opened"
    queue: str | None = None


class Closed(Fact):
    """The city closed it, and says how; of a duplicate the file does not say of which."""

    TOPIC: ClassVar[str] = "boston.closed"
    closure_kind: str | None = None
    duplicate_of: str | None = None


def it_is_a_duplicate(demand: Demand, proposal: Proposal[Closed]) -> bool:
    """Whether the city closed it as a duplicate."""
    return proposal.fact.closure_kind == "Duplicate Case"


def it_is_invalid(demand: Demand, proposal: Proposal[Closed]) -> bool:
    """Whether the city closed it as none of its business."""
    return proposal.fact.closure_kind == "Invalid"


def duplicate_of(row: importing.Row) -> str | None:
    """Of which request it is a duplicate: the file does not say, and that is said."""
    return NO_TARGET if row["closure_kind"] == "Duplicate Case" else None


IN_ORDER = (rules.times_do_not_run_backwards,)
OPEN = State("open", waits_for=Stage.CONTRACTING, owner="city")
CLOSED = State("closed", Stage.ENDED, ended_as="closed")
DUPLICATE = State("duplicate", Stage.ENDED, ended_as="merged")
INVALID = State("invalid", Stage.ENDED, ended_as="refused")
FIRST = [
    Move("open", Opened, START, "open", by="city"),
    Move("assign", ContractedOut, "open", STAY, by="city", means="contracted_out", rules=IN_ORDER),
    Move("correct", Corrected, ANYWHERE, STAY, by="city", means="corrected"),
]
CLOSE = Move("close", Closed, "open", "closed", by="city", rules=IN_ORDER)
BOSTON = Workflow("boston-311", version=1, states=[OPEN, CLOSED], moves=[*FIRST, CLOSE])
ENDS = Workflow(
    "boston-311-ends",
    version=1,
    states=[OPEN, CLOSED, DUPLICATE, INVALID],
    moves=[
        *FIRST,
        Move("close", Closed, "open", "duplicate", by="city", when=it_is_a_duplicate, rules=IN_ORDER),
        Move("close", Closed, "open", "invalid", by="city", when=it_is_invalid, rules=IN_ORDER),
        CLOSE,
    ],
)
MAPPING = importing.RowMapping(
    source="boston 311",
    reference="case_enquiry_id",
    by=CITY,
    zone=ZONE.key,
    formats=("%Y-%m-%d %H:%M:%S",),
    start=RowStep(
        "open",
        Opened,
        Timestamp("open_local"),
        {
            "text": Column("case_title"),
            "channel": Made(("source",), lambda row: Channel(row["source"])),
            "place": PathOf(Place, ("Boston", Column("neighborhood", choices=BLANK))),
            "category": PathOf(Category, (Column("subject"), Column("reason"), Column("type"))),
            "queue": Column("queue"),
        },
    ),
    steps=(
        RowStep(
            "assign",
            ContractedOut,
            Timestamp("open_local"),
            {"contractor": Column("department"), "due": Timestamp("sla_target_local")},
        ),
        RowStep(
            "close",
            Closed,
            Timestamp("closed_local"),
            {
                "closure_kind": Column("closure_kind"),
                "duplicate_of": Made(("closure_kind",), duplicate_of),
            },
        ),
    ),
)


def counts(figures: Figures) -> dict[str, int | None]:
    """What the city counts, in its words."""
    names = {"rows": "received", "closed": "closed", "open": "open", "closed_on_time": "met", "closed_late": "missed"}
    found = {name: figures.count(ours) for name, ours in names.items()}
    with_target = sum(figures.count(clock) or 0 for clock in ("running", "met", "missed", "stopped"))
    return {**found, "with_target": with_target, "open_with_target": figures.count("running")}


def by_wall_clock(flow: DemandFlow, **of: Any) -> Durations:
    """How long it took by the clocks on the wall, which is an hour off where they were changed in between."""
    rows = flow.board(ended_as="closed", limit=2**31, **of).rows
    spans = [tuple(at.astimezone(ZONE).replace(tzinfo=None) for at in (r.received, r.ended) if at) for r in rows]
    return Durations.of("by the clocks on the wall", spans)  # type: ignore[arg-type]


def closing_kinds(flow: DemandFlow) -> Counter[str]:
    """How the city says that it closed what it closed, from the attributes of the demands."""
    ended = [one.demand for count in ("closed", "refused", "merged") for one in flow.counted(count)]
    return Counter(flow.demand(demand).attributes.get("closure_kind", "(blank)") for demand in ended)


def tables(flow: DemandFlow) -> Iterator[tuple[str, Mapping[str, Figures]]]:
    """The figures overall, and along each dimension."""
    yield "all", {"all": flow.figures()}
    yield "by department", flow.figures_by("lead")
    yield "by source", flow.figures_by("channel")
    yield "by neighbourhood", flow.figures_by("place", level=2)
    yield "by type", flow.figures_by("category", level=3)
    yield "by year", flow.figures_by("received", every="year")


def bring_in(flow: DemandFlow, file: str, kept: str) -> Report:
    """Record every row that can be, saying how far it is."""
    console = Console(stderr=True)
    with console.status("requests") as status:

        def tell(progress: Progress) -> None:
            status.update(f"requests: {progress}")

        return import_file(flow, file, MAPPING, refused=kept, progress=tell)


def main(file: str, database: str = "out/boston_311.db", kept: str = "out/boston_311_refused.csv", *more: str) -> None:
    """Bring the file in and print what it came to."""
    for path in (database, kept):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    workflow = ENDS if "--ends" in more else BOSTON
    with DemandFlow.open(f"sqlite:///{database}", workflows=(workflow,), zone=ZONE.key) as flow:
        report = bring_in(flow, file, kept)
        print(report)
        for row in report.refused:
            print(f"refused {row.reason}")
        print(f"the refused rows are kept in {kept}")
        for title, parts in tables(flow):
            print(f"\n{title:<46}" + "".join(f"{name.replace('_', ' '):>17}" for name in counts(flow.figures())))
            for name, figures in ((name, part) for name, part in parts.items() if part.count("received")):
                label = Place(name).names[-1] if name else "(none)"
                print(f"{label:<46}" + "".join(f"{number:>17}" for number in counts(figures).values()))
        figures = flow.figures()
        print(f"\n{figures.identity}")
        print(f"on time, of the due {figures.on_time}; of the ended {figures.on_time_of_the_ended}")
        print(f"resolved {figures.resolution()} (the city does not ask)")
        print(by_wall_clock(flow))
        print(f"elapsed, {flow.durations()}")
        print(f"closed as: {', '.join(f'{kind} {number}' for kind, number in closing_kinds(flow).most_common())}")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    plain = [word for word in sys.argv[1:] if word != "--ends"]
    defaults = ["", "out/boston_311.db", "out/boston_311_refused.csv"]
    main(*plain, *defaults[len(plain) :], *(word for word in sys.argv[1:] if word == "--ends"))

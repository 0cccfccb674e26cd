"""Bring in real service requests: the City of Boston's 311, 2013–2015, on a workflow of its own.

Usage: python examples/import_boston_311.py FILE.csv[.gz] [DATABASE] [REFUSED.csv]

A row becomes one demand: opened, given to a department with the city's own deadline, and maybe closed. A row that
cannot be true is refused, reported and kept in a file. The city's on-time verdict is not read: it is computed.
"""

from __future__ import annotations

import csv
import gzip
import sys
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from rich.progress import track

from demandflow import (
    START,
    STAY,
    Actor,
    Category,
    Channel,
    ContractedOut,
    DemandFlow,
    DemandFlowError,
    Fact,
    Figures,
    Move,
    Place,
    Registered,
    Stage,
    State,
    Workflow,
    rules,
)

ZONE = ZoneInfo("America/New_York")
CITY = Actor("City of Boston", "city")
BLANK = {"": "(blank)", " ": "(one blank)"}
"""Two ways of saying nothing, which the data keep apart."""


class Opened(Registered):
    """A request as the city filed it."""

    TOPIC: ClassVar[str] = "boston.opened"
    queue: str | None = None


class Closed(Fact):
    """The city closed it, and says how."""

    TOPIC: ClassVar[str] = "boston.closed"
    closure_kind: str | None = None


IN_ORDER = (rules.times_do_not_run_backwards,)
BOSTON = Workflow(
    "boston-311",
    version=1,
    states=[State("open", waits_for=Stage.CONTRACTING, owner="city"), State("closed", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("open", Opened, START, "open", by="city"),
        Move(
            "assign",
            ContractedOut,
            "open",
            STAY,
            by="city",
            means="contracted_out",
            rules=IN_ORDER,
        ),
        Move("close", Closed, "open", "closed", by="city", rules=IN_ORDER),
    ],
)


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file, packed or not."""
    opener: Any = gzip.open if file.suffix == ".gz" else open
    with opener(file, "rt", encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def local(text: str) -> datetime | None:
    """The wall-clock time of the city as a moment."""
    return datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=ZONE) if text else None


def record(flow: DemandFlow, row: dict[str, str]) -> None:
    """All facts of a row in one save; the same row again changes nothing."""
    number, opened, closed = row["case_enquiry_id"], local(row["open_local"]), local(row["closed_local"])
    neighbourhood = BLANK.get(row["neighborhood"], row["neighborhood"])
    fact = Opened(
        text=row["case_title"],
        channel=Channel(row["source"]),
        place=Place.of("Boston", neighbourhood),
        category=Category.of(row["subject"], row["reason"], row["type"]),
        source="boston 311",
        reference=number,
        queue=row["queue"],
    )
    work = ContractedOut(contractor=row["department"], due=local(row["sla_target_local"]))
    with flow.batch() as batch:
        demand = batch.start(fact, by=CITY, at=opened).id
        batch.act(demand, "assign", work, by=CITY, at=opened, command_id="assign")
        if closed is not None:
            kind = row["closure_kind"] or None
            batch.act(demand, "close", Closed(closure_kind=kind), by=CITY, at=closed, command_id="close")


def bring_in(flow: DemandFlow, rows: list[dict[str, str]]) -> list[dict[str, str]]:
    """Record every row that can be; returns those that were refused, each with the reason."""
    refused = []
    for row in track(rows, description="requests"):
        try:
            record(flow, row)
        except KeyError as missing:
            refused.append({**row, "reason refused": f"there is no column {missing}"})
        except (DemandFlowError, ValueError) as reason:
            refused.append({**row, "reason refused": str(reason)})
    return refused


def counts(figures: Figures) -> dict[str, int | None]:
    """What the city counts, in its words."""
    names = {"rows": "received", "closed": "closed", "open": "open", "closed_on_time": "met", "closed_late": "missed"}
    found = {name: figures.count(ours) for name, ours in names.items()}
    with_target = sum(figures.count(clock) or 0 for clock in ("running", "met", "missed", "stopped"))
    return {**found, "with_target": with_target, "open_with_target": figures.count("running")}


def tables(flow: DemandFlow) -> Iterator[tuple[str, Mapping[str, Figures]]]:
    """The figures overall, and along each dimension."""
    yield "all", {"all": flow.figures()}
    yield "by department", flow.figures_by("contractor")
    yield "by source", flow.figures_by("channel")
    yield "by neighbourhood", flow.figures_by("place", level=2)


def main(file: str, database: str = "out/boston_311.db", kept: str = "out/boston_311_refused.csv") -> None:
    """Bring the file in and print what it came to."""
    for path in (database, kept):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    rows = rows_of(Path(file))
    with DemandFlow.open(f"sqlite:///{database}", workflows=(BOSTON,), zone=ZONE.key) as flow:
        refused = bring_in(flow, rows)
        for row in refused:
            print(f"refused {row.get('case_enquiry_id', '(no number)')}: {row['reason refused']}")
        if refused:
            with Path(kept).open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, refused[0])
                writer.writeheader()
                writer.writerows(refused)
            print(f"the refused rows are kept in {kept}")
        for title, parts in tables(flow):
            print(f"\n{title:<46}" + "".join(f"{name.replace('_', ' '):>17}" for name in counts(flow.figures())))
            for name, figures in parts.items():
                label = Place(name).names[-1] if name else "(none)"
                print(f"{label:<46}" + "".join(f"{number:>17}" for number in counts(figures).values()))
        received = flow.figures().count("received")
        print(f"\nrecorded {received} + refused {len(refused)} = rows {len(rows)}")
        print(f"on time {flow.figures().on_time}; resolved {flow.figures().resolution()} (the city does not ask)")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:4])

"""Bring a folder of files in, clean and damaged, and say what became of every row.

Usage: python examples/import_a_folder.py FOLDER [DATABASE] [FOLDER_FOR_REFUSED_ROWS] [--correct]
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import ClassVar

from demandflow import (
    ANYWHERE,
    START,
    STAY,
    Actor,
    Category,
    Channel,
    DemandFlow,
    Move,
    Place,
    Stage,
    State,
    Workflow,
    rules,
)
from demandflow.facts import ContractedOut, Corrected, Fact, Registered
from demandflow.importing import Column, Made, PathOf, Report, RowMapping, RowStep, Timestamp, Value, import_files

CITY = Actor("City of Boston", "city")


class Closed(Fact):
    """The city closed it, and says why."""

    TOPIC: ClassVar[str] = "boston.case_closed"
    reason: str | None = None


WORKFLOW = Workflow(
    "boston-requests",
    version=1,
    states=[State("open", Stage.CONTRACTING, owner="city"), State("closed", Stage.ENDED, ended_as="closed")],
    moves=[
        Move("open", Registered, START, "open", by="city"),
        Move("assign", ContractedOut, "open", STAY, by="city", means="contracted_out"),
        Move("close", Closed, "open", "closed", by="city", rules=(rules.times_do_not_run_backwards,)),
        Move("correct", Corrected, ANYWHERE, STAY, by="city", means="corrected"),
    ],
)
CASE: dict[str, Value] = {
    "text": Column("case_title"),
    "channel": Made(("source",), lambda row: Channel(row["source"])),
    "place": PathOf(Place, ("Boston", Column("neighborhood"), Column("location"))),
    "category": PathOf(Category, (Column("subject"), Column("reason"), Column("type"))),
}
WORK: dict[str, Value] = {"contractor": Column("department"), "due": Timestamp("target_dt")}
MAPPING = RowMapping(
    source="boston 311",
    reference="case_enquiry_id",
    by=CITY,
    zone="America/New_York",
    formats=("%Y-%m-%d %H:%M:%S", "%d/%m/%Y %H:%M:%S"),
    start=RowStep("open", Registered, Timestamp("open_dt"), CASE),
    steps=(
        RowStep("assign", ContractedOut, Timestamp("open_dt"), WORK),
        RowStep("close", Closed, Timestamp("closed_dt"), {"reason": Column("closure_reason")}),
    ),
)


def main(folder: str, database: str = "", kept: str | None = None, *more: str) -> tuple[Report, ...]:
    """Bring every file of the folder in, and print the reports."""
    if kept is not None:
        Path(kept).mkdir(parents=True, exist_ok=True)
    url = f"sqlite:///{database}" if database else "memory:"
    with DemandFlow.open(url, workflows=(WORKFLOW,), zone=MAPPING.zone) as flow:
        reports = import_files(flow, [folder], MAPPING, refused=kept, correct="--correct" in more)
        for report in reports:
            print(report)
            for refused in report.refused:
                print(f"  refused: {refused.reason}")
            for changed in report.changed:
                print(f"  changed: {changed.reference}: {'; '.join(map(str, changed.differences))}")
        print(flow.figures().identity)
    return reports


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    flags = [word for word in sys.argv[1:] if word == "--correct"]
    words = [word for word in sys.argv[1:] if word != "--correct"]
    main(*words, *["", "out/refused"][len(words) - 1 :], *flags)

"""A county's year: 146 demands from six communities, each round its loop, and the figures that come of it.

Usage: python examples/county_year.py [DATABASE] [YEAR.csv]

What happened stands in county_year.csv, a line a demand; every figure below is computed from the events.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from demandflow import Actor, DemandFlow, FeedbackMethod, Figures, Grade, Place, Role, Urgency

HERE, ZONE, DAY = Path(__file__).parent, ZoneInfo("Asia/Shanghai"), timedelta(days=1)
CLERK, AUDITOR = Actor("Li", Role.GRID_ADMINISTRATOR), Actor("Wang", Role.AUDITOR)
DISPATCHER, SUPERVISOR = Actor("Zhao", Role.DISPATCHER), Actor("Sun", Role.SUPERVISOR)
YEAR_END = datetime(2026, 1, 5, 9, tzinfo=ZONE)

WORK = "contract_out take_on report feed_back"
STORIES = {
    "resolved": f"sort accept {WORK} evaluate",
    "answered": "answer feed_back evaluate",
    "details": f"ask_details give_details accept {WORK} evaluate",
    "handed_back": "accept contract_out hand_back contract_out take_on report feed_back evaluate",
    "extended": "accept contract_out take_on ask_extension extend report feed_back evaluate",
    "suspended": "accept contract_out take_on suspend resume report feed_back evaluate",
    "reworked": f"accept {WORK} complain {WORK} evaluate",
    "taken_over": f"accept {WORK} complain {WORK} complain {WORK} complain see_to_it feed_back evaluate",
    "reopened": f"accept {WORK} evaluate reopen {WORK} evaluate",
    "escalated": "accept contract_out escalate take_on report feed_back evaluate",
    "silent": f"accept {WORK} miss_callback miss_callback miss_callback",
    "silent_by_notice": "accept contract_out take_on report notify end_notice",
    "refused": "sort refuse",
    "withdrawn": "accept contract_out withdraw",
    "merged": "merge",
    "open_registered": "",
    "open_details_asked": "ask_details",
    "open_accepted": "sort accept",
    "open_contracted_out": "accept contract_out",
    "open_in_hand": "accept contract_out take_on",
    "open_suspended": "accept contract_out take_on suspend",
}
WAITS = {"resume": 12 * DAY, "end_notice": 8 * DAY, "reopen": 5 * DAY}
"""How long a step waits, if not a day."""

Row = dict[str, str]
Step = Callable[[DemandFlow, Any, Row, Any], object]
STEPS: dict[str, Step] = {
    "sort": lambda flow, it, row, how: flow.sort(it, urgency=Urgency.ROUTINE, by=AUDITOR, **how),
    "ask_details": lambda flow, it, row, how: flow.ask_details(it, "Where exactly?", by=CLERK, **how),
    "give_details": lambda flow, it, row, how: flow.give_details(it, "At entrance 2.", by=resident(row), **how),
    "accept": lambda flow, it, row, how: flow.accept(it, by=AUDITOR, **how),
    "refuse": lambda flow, it, row, how: flow.refuse(it, "not_ours", "That is the railway's.", by=AUDITOR, **how),
    "answer": lambda flow, it, row, how: flow.answer(it, "Settled at the counter.", by=CLERK, **how),
    "contract_out": lambda flow, it, row, how: flow.contract_out(
        it, row["contractor"], due=how["at"] + 15 * DAY, by=DISPATCHER, **how
    ),
    "take_on": lambda flow, it, row, how: flow.take_on(it, by=worker(row), **how),
    "hand_back": lambda flow, it, row, how: flow.hand_back(it, "Not ours.", by=worker(row), **how),
    "ask_extension": lambda flow, it, row, how: flow.ask_extension(
        it, how["at"] + 30 * DAY, "The parts are late.", by=worker(row), **how
    ),
    "extend": lambda flow, it, row, how: flow.extend(it, how["at"] + 30 * DAY, by=DISPATCHER, **how),
    "suspend": lambda flow, it, row, how: flow.suspend(
        it, "Frost.", review=how["at"] + 14 * DAY, by=worker(row), **how
    ),
    "resume": lambda flow, it, row, how: flow.resume(it, by=worker(row), **how),
    "report": lambda flow, it, row, how: flow.report(it, "Done.", by=worker(row), **how),
    "see_to_it": lambda flow, it, row, how: flow.report(it, "I went there myself.", by=SUPERVISOR, **how),
    "feed_back": lambda flow, it, row, how: flow.feed_back(it, FeedbackMethod.CALL, by=CLERK, **how),
    "notify": lambda flow, it, row, how: flow.feed_back(it, FeedbackMethod.PUBLIC_NOTICE, by=CLERK, **how),
    "evaluate": lambda flow, it, row, how: flow.evaluate(
        it, resolved=True, grade=Grade(row["grade"]), by=resident(row), **how
    ),
    "complain": lambda flow, it, row, how: flow.evaluate(
        it, resolved=False, grade=Grade.DISSATISFIED, by=resident(row), **how
    ),
    "miss_callback": lambda flow, it, row, how: flow.miss_callback(it, by=CLERK, **how),
    "end_notice": lambda flow, it, row, how: flow.end_notice(it, by=CLERK, **how),
    "withdraw": lambda flow, it, row, how: flow.withdraw(it, by=resident(row), **how),
    "reopen": lambda flow, it, row, how: flow.reopen(it, "It came back.", by=resident(row), **how),
    "escalate": lambda flow, it, row, how: flow.escalate(it, "Nobody begins.", by=SUPERVISOR, **how),
}


def resident(row: Row) -> Actor:
    """Who asked for it."""
    return Actor(row["resident"], Role.RESIDENT)


def worker(row: Row) -> Actor:
    """Somebody of the unit that has the work."""
    return Actor("Chen", Role.CONTRACTOR, unit=row["contractor"])


def record(flow: DemandFlow, year: Path) -> dict[str, Any]:
    """Record the year in the order in which it happened; doing it again records nothing. Returns the ids."""
    steps = []
    for row in csv.DictReader(year.read_text(encoding="utf-8").splitlines()):
        at = datetime.strptime(row["received"], "%Y-%m-%d %H:%M").replace(tzinfo=ZONE)
        for number, step in enumerate(["register", *STORIES[row["story"]].split()]):
            at += WAITS.get(step, DAY) if number else timedelta(0)
            steps.append((at, int(row["number"]), number, step, row))
    ids: dict[str, Any] = {}
    for at, _, number, step, row in sorted(steps, key=lambda one: one[:3]):
        how: Any = {"at": at, "command_id": f"step {number}"}
        if step == "register":
            ids[row["number"]] = flow.register(
                row["text"],
                channel=row["channel"],
                place=Place.of("fufeng", "chengguan", row["community"], row["grid"]),
                category=row["department"],
                resident=row["resident"] or None,
                source="county register",
                reference=row["number"],
                by=CLERK,
                at=at,
            ).id
        elif step == "merge":
            flow.merge(ids[row["number"]], into=ids[row["into"]], by=AUDITOR, **how)
        else:
            STEPS[step](flow, ids[row["number"]], row, how)
        if step == "hand_back":
            row["contractor"] = "volunteer team"
    return ids


def table_of(title: str, parts: Mapping[str, Figures], whole: Figures) -> Table:
    """Counts, rates and a bar for each part, and for the whole."""
    table = Table(title=title, title_justify="left", title_style="bold", box=None, pad_edge=False)
    table.add_column(title.split()[-1], no_wrap=True)
    for column in ("received", "open", "resolved", "", "satisfied"):
        table.add_column(column, justify="right", no_wrap=True, min_width=len(column))
    table.add_column("")
    for name, one in [*parts.items(), ("all", whole)]:
        rate = one.resolution()
        numbers = [str(one.count(count)) for count in ("received", "open", "resolved")]
        bar = "█" * round(7 * float(rate.value or 0))
        words = name.rpartition("/")[2].replace("_", " ")
        table.add_row(words, *numbers, rate.percent, one.satisfaction().percent, f"[green]{bar}[/]")
    return table


def main(database: str = "out/county_year.db", year: str = str(HERE / "county_year.csv")) -> None:
    """Record the year and print what it came to."""
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    console = Console()
    backdating = tuple(Role)  # the year is entered when it is over
    with DemandFlow.open(f"sqlite:///{database}", clock=lambda: YEAR_END, zone=ZONE.key, backdating=backdating) as flow:
        report(flow, record(flow, Path(year)), console)
        print(f"Events and figures are in {database}; run this again and nothing changes.")


def report(flow: DemandFlow, ids: Mapping[str, Any], console: Console) -> None:
    """Print what the demands of the closed loop came to, whatever else is in the log."""
    loop = "closed-loop@2"
    whole = flow.figures(workflow=loop)
    console.print(table_of("Figures by community", flow.figures_by("place", level=3, workflow=loop), whole))
    print()
    console.print(table_of("Figures by department", flow.figures_by("category", workflow=loop), whole))
    print()
    told = [number for number, it in ids.items() if "taken_over" in {line.state for line in flow.history(it)}]
    for number in told[:1]:
        console.print(f"[bold]The story of demand {number}[/]: {flow.demand(ids[number]).text}")
        for line in flow.history(ids[number]):
            print(line)
    least, most = whole.satisfaction_interval()
    lines = {
        "resolved, of received": whole.resolution(),
        "resolved, of accountable": whole.resolution("accountable"),
        "satisfied, strict": whole.satisfaction(),
        "satisfied, lenient": whole.satisfaction("lenient"),
        "satisfied, of all closed": f"between {least} and {most}",
        "evaluated, of those asked": whole.participation,
    }
    console.print("\n[bold]The year[/]")
    for name, value in lines.items():
        print(f"  {name:<26} {value}")
    print(f"  {whole.identity}")


if __name__ == "__main__":
    main(*sys.argv[1:3])

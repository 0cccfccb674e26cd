"""A county's whole year in one log: the grid, demands, the menu, volunteers, commitments, and what each did.

Usage: python examples/whole_county.py [DATABASE]

Nothing is typed in below: every number is computed from the events, 14,371 of them.
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

# the two scripts beside this one
sys.path.insert(0, str(Path(__file__).parent))

import county_services as services
import county_year
from rich.console import Console

from demandflow import DemandFlow, Figures, Role
from demandflow.county import coverage, kept, menu, public_homes, report_home, reproduced, volunteers
from demandflow.county.grid import Directory, Round
from demandflow.county.people import Activity, AttendanceCorrected, Team, Volunteer

YEAR_END, HOME, QUARTER = county_year.YEAR_END, "branch 1", "2025-Q2"
ROLES = (*Role, "registrar", "menu_editor", "organiser")
"""Those who enter the year when it is over."""


def main(database: str = "out/whole_county.db") -> None:
    """Record the year, if it is not there yet, and print what it came to."""
    Path(database).parent.mkdir(parents=True, exist_ok=True)
    url, console = f"sqlite:///{database}", Console()
    with DemandFlow.open(
        url, workflows=services.WORKFLOWS, clock=lambda: YEAR_END, zone="Asia/Shanghai", backdating=ROLES
    ) as flow:
        if not flow.last_position():
            for _ in services.record(flow):
                pass
        ids = county_year.record(flow, county_year.HERE / "county_year.csv")
        grid(flow, console)
        console.print("\n[bold]Demands: registered, audited, contracted out, fed back, evaluated[/]")
        county_year.report(flow, ids, console)
        served(flow, console)
        promised(flow, console)
        fed_back(flow, console)
        print(f"\n{flow.last_position()} events are in {database}; run this again and nothing changes.")


def line(what: str, number: object) -> None:
    """A line of the report."""
    print(f"  {what:<52} {number}")


def grid(flow: DemandFlow, console: Console) -> None:
    """The grid: its places and who is responsible, and what was found on rounds."""
    (directory,) = flow.streams(Directory)
    at = YEAR_END
    console.print("[bold]The grid[/]")
    types = Counter(str(entry.type) for entry in directory.places if entry.kind == "community")
    of_types = ", ".join(f"{number} of the {name} type" for name, number in types.most_common())
    line("towns", len(directory.standing("town", at)))
    line("urban communities", f"{sum(types.values())} ({of_types})")
    line("party branches", directory.total("community", "branches", at).number)
    line("party members", directory.total("community", "members", at).number)
    line("residential quarters", directory.total("grid", "quarters", at).number)
    grids = directory.standing("grid", at)
    line("grids", len(grids))
    line("grid administrators", len({who for path in grids for who in directory.responsible(path, at)}))
    patrols = flow.figures(workflow="patrol@1")
    covered = coverage(flow, "2025-01-01", "2025-12-31")
    line("rounds walked", sum(one.rounds for one in covered))
    line("grids walked in the year", f"{sum(one.rounds > 0 for one in covered)} of {len(covered)}")
    line("disputes and hazards found, and settled", f"{patrols.count('received')}, {patrols.count('closed')}")
    line("found, by the lists of the rounds", sum(one.found for one in flow.streams(Round)))


def rates(figures: Figures) -> str:
    """What the demands of a workflow came to."""
    return f"{figures.count('received')}; resolved {figures.resolution()}; satisfied {figures.satisfaction()}"


def served(flow: DemandFlow, console: Console) -> None:
    """The service menu, and the volunteers'."""
    console.print("\n[bold]The service menu, and the volunteers'[/]")
    items = menu(flow)
    line("departments on the menu", len({item.department for item in items}))
    line("orders", rates(flow.figures(workflow="order@1")))
    line("members and volunteers who say what they can do", sum(one.verified for one in volunteers(flow)))
    line("requests to volunteers", rates(flow.figures(workflow="volunteer-request@1")))
    open_to_all = [one for one in flow.streams(Activity) if one.team is None and one.state == "held"]
    line("activities", len(open_to_all))
    line("participations", sum(came.minutes > 0 for one in open_to_all for came in one.attended))


def promised(flow: DemandFlow, console: Console) -> None:
    """Commitments: kept of those that were due."""
    console.print("\n[bold]Commitments[/]")
    ends = kept(flow, "2025")["all"]
    line("kept, of those that were due", ends)
    line(
        "late, broken, open and overdue; withdrawn beside",
        f"{ends.late}, {ends.broken}, {ends.overdue}; {ends.withdrawn}",
    )


def fed_back(flow: DemandFlow, console: Console) -> None:
    """What everybody did, reported back to their home organisation, and made again after a correction."""
    console.print("\n[bold]Quantitative feedback[/]")
    everybody, teams = flow.streams(Volunteer), flow.streams(Team)
    line("members who reported in to a community", sum(bool(one.reported_in) for one in everybody))
    line("teams of volunteers", len(teams))
    line("activities of teams", sum(one.team is not None and one.state == "held" for one in flow.streams(Activity)))
    line("practical things done", sum(team.done for team in teams))
    report = report_home(flow, HOME, QUARTER, by=services.AUDITOR)
    held = next(one for one in flow.streams(Activity) if one.attendance("volunteer 0"))
    if (came := held.attendance("volunteer 0")) is not None and came.minutes != 90:
        wrong = AttendanceCorrected(who="volunteer 0", minutes=90, reason="left early")
        flow.act(held.id, "correct_attendance", wrong, of=Activity, by=services.SUPERVISOR)
    again = reproduced(flow, HOME, QUARTER)
    line(f"report to {HOME}, {QUARTER}", f"{len(report.amounts)} people, {report.digest[:16]}")
    line("made again after a correction", "the same, byte for byte" if again == report else "another")
    print("\nParticipations by home organisation, for everybody to see:\n")
    print(public_homes(flow, "2025", under=10).as_markdown())


if __name__ == "__main__":
    main(*sys.argv[1:2])

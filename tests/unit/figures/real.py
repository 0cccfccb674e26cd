"""Figures of real data, ours beside those of references that were computed independently. `make real` prints the table.

Durations are exact here and floating point there; they are equal if they agree to 12 significant digits.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from math import isclose
from pathlib import Path
from types import ModuleType
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from demandflow import DemandFlow, Figures
from demandflow.figures import Durations
from demandflow.importing import import_file
from tests.paths import DATA, ROOT

DAY, HOUR, SECOND = 86_400, 3_600, 1


@dataclass(frozen=True)
class Compared:
    """One figure: its name, ours, and the reference's."""

    name: str
    ours: Any
    theirs: Any

    @property
    def equal(self) -> bool:
        """To the last digit; of floating point numbers, to the last that they can be trusted in."""
        if isinstance(self.theirs, float) and isinstance(self.ours, Fraction | float | int):
            return isclose(float(self.ours), self.theirs, rel_tol=1e-12, abs_tol=1e-12)
        return bool(self.ours == self.theirs)


def example(name: str) -> ModuleType:
    """An example script, loaded."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "examples" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # a dataclass looks itself up there
    spec.loader.exec_module(module)
    return module


def reference(folder: Path) -> dict[str, Any]:
    """What was computed independently."""
    found: dict[str, Any] = json.loads((folder / "reference.json").read_text(encoding="utf-8"))
    return found


def in_unit(durations: Durations, theirs: Mapping[str, Any], unit: int, of: str = "") -> Iterator[Compared]:
    """Those of n, shortest, median, mean, 90th percentile and longest that the reference has, in its unit."""
    at = {"min": 0, "median": 50, "p90": 90, "max": 100}
    total = sum(Fraction(one.days * DAY + one.seconds) + Fraction(one.microseconds, 10**6) for one in durations.values)
    for name, value in theirs.items():
        what = name.split("_")[0]
        if what in at:
            seconds = durations.seconds(at[what])
            yield Compared(f"{of}{name}", None if seconds is None else seconds / unit, value)
        elif what == "mean":
            yield Compared(f"{of}{name}", Fraction(total, durations.n) / unit, value)
        elif name == "n":
            yield Compared(f"{of}n", durations.n, value)


def each(of: str, ours: Mapping[Any, Any], theirs: Mapping[str, Any]) -> Iterator[Compared]:
    """Every entry of a table, ours and theirs; an entry that only one of them has counts as nothing there."""
    for key in dict.fromkeys((*theirs, *map(str, ours))):
        yield Compared(f"{of}{key}", ours.get(key), theirs.get(key))


def boston(folder: Path) -> Iterator[Compared]:
    """Boston's 311: counts, deadlines, durations, overall and along five dimensions."""
    module, wanted = example("import_boston_311"), reference(folder)
    zone = module.ZONE.key
    with DemandFlow.open("memory:", workflows=(module.BOSTON,), zone=zone) as flow:
        report = import_file(flow, folder / "boston311_2013_2015.csv.gz", module.MAPPING)
        yield Compared("all rows read", report.read, wanted["all_rows"]["rows"])
        impossible = [line.raw.split(",")[0] for line in report.refused]
        yield Compared("impossible rows", impossible, wanted["impossible_rows"])
        wanted = wanted["without_impossible"]
        back = {blank: name for name, blank in module.BLANK.items()}
        places = {module.Place(key).names[-1]: (key, one) for key, one in flow.figures_by("place", level=2).items()}
        types = {module.Place(key).names[-1]: (key, one) for key, one in flow.figures_by("category", level=3).items()}
        years = flow.figures_by("received", every="year")
        yield from boston_slice("all: ", flow.figures(), module.by_wall_clock(flow), wanted["all"])
        for title, dimension, parts in (
            ("by_department", "lead", {key: (key, one) for key, one in flow.figures_by("lead").items()}),
            ("by_source", "channel", {key: (key, one) for key, one in flow.figures_by("channel").items()}),
            ("by_neighborhood", "place", {back.get(name, name): part for name, part in places.items()}),
            ("by_type", "category", types),
            ("by_year", "received", {key: (key, one) for key, one in years.items()}),
        ):
            here = sorted(name for name, (_, part) in parts.items() if part.count("received"))
            yield Compared(f"{title}: parts", here, sorted(wanted[title]))
            for name, theirs in wanted[title].items():
                key, figures = parts[name]
                yield from boston_slice(
                    f"{title} {name}: ", figures, module.by_wall_clock(flow, **{dimension: key}), theirs
                )


def boston_slice(of: str, figures: Figures, durations: Durations, theirs: Mapping[str, Any]) -> Iterator[Compared]:
    """The figures of one slice that the engine can know; the city's own flags are not read."""
    counts: dict[str, Any] = example_counts(figures)
    for name, value in theirs.items():
        if name in counts:
            yield Compared(of + name, counts[name], value)
    hours = {name: value for name, value in theirs.items() if name.endswith("hours_to_close")}
    yield from in_unit(durations, hours, HOUR, of)


def example_counts(figures: Figures) -> dict[str, Any]:
    """What the city counts, in its words."""
    count: Callable[[str], int] = lambda name: figures.count(name) or 0  # noqa: E731
    with_target = sum(map(count, ("running", "met", "missed", "stopped")))
    return {
        **{name: count(name) for name in ("closed", "open")},
        **{"rows": count("received"), "closed_on_time": count("met"), "closed_late": count("missed")},
        **{"with_target": with_target, "closed_with_target": count("met") + count("missed")},
        **{"open_with_target": count("running"), "closed_share": Fraction(count("closed"), count("received"))},
    }


def receipt(folder: Path) -> Iterator[Compared]:
    """A Dutch municipality's permits: activities, variants, ends, deadlines, durations, and what is odd."""
    module, wanted = example("replay_receipt"), reference(folder)
    cases = module.cases_of(folder / "receipt.csv")
    workflow = module.workflow_of(case.activities for case in cases)
    open_ = {"workflows": (workflow,), "zone": "Europe/Amsterdam", "backdating": module.STAFF}
    with DemandFlow.open("memory:", **open_) as flow:
        module.replay(flow, cases)
        told, figures = module.Told.by(flow), flow.figures()
        steps = [event for events in told.histories.values() for event in events]
        yield Compared("cases", figures.count("received"), wanted["cases"])
        yield Compared("events", len(steps), wanted["events"])
        yield Compared("resources", len({event.meta.actor.id for event in steps}), wanted["resources"])
        yield Compared("org_groups", len({event.meta.actor.unit for event in steps}), wanted["org_groups"])
        yield Compared("activities", len(told.activities()), wanted["activities"])
        yield from each("events: ", told.activities(), wanted["events_per_activity"])
        firsts = Counter(name(events[0]) for events in told.histories.values())
        lasts = Counter(name(events[-1]) for events in told.histories.values())
        yield from each("first: ", firsts, wanted["pm4py_start_activities"])
        yield from each("last: ", lasts, wanted["pm4py_end_activities"])
        yield Compared("variants", len(told.variants()), wanted["pm4py_variants"])
        top = [[list(variant), number] for variant, number in told.variants().most_common(5)]
        yield Compared("most frequent variants", top, wanted["pm4py_top5_variants"])
        yield from in_unit(told.first_to_last(), wanted["pm4py_case_duration_seconds"], SECOND, "first to last, s: ")
        zero = sum(not one for one in told.first_to_last().values)
        yield Compared("cases of no duration", zero, wanted["pandas_case_duration_seconds"]["zero_duration_cases"])
        yield Compared("closed", figures.count("closed"), wanted["status"]["closed (enddate present)"])
        yield Compared("open", figures.count("open"), wanted["status"]["open (enddate absent)"])
        yield Compared("closed share", Fraction(figures.count("closed") or 0, len(cases)), wanted["resolution_rate"])
        yield from in_unit(told.start_to_end(), wanted["time_to_close_start_to_enddate"], DAY, "start to end: ")
        last = max(event.meta.happened for event in steps)
        yield Compared("last event", last, datetime.fromisoformat(wanted["as_of"]))
        due, deadline = flow.deadlines(last), wanted["deadline"]
        yield Compared("on time", figures.count("met"), deadline["closed_on_time(end<=deadline)"])
        yield Compared("late", figures.count("missed"), deadline["closed_late"])
        yield Compared("open and overdue", due.overdue, deadline["open_and_overdue_at_as_of"])
        yield Compared("open, not yet due", due.not_yet_due, deadline["open_not_due_at_as_of"])
        for title, dimension, level in (
            ("department", "lead", 1),
            ("channel", "channel", 1),
            ("group", "place", 2),
        ):
            parts = flow.figures_by(dimension, level=level)
            yield from receipt_parts(title, parts, told, flow, wanted[f"by_{title}"])
        yield from receipt_oddities(told, flow, wanted)


def receipt_parts(title: str, parts: Any, told: Any, flow: DemandFlow, wanted: Mapping[str, Any]) -> Iterator[Compared]:
    """The figures of each department, channel or group."""
    rows = flow.board(limit=2**31).rows
    where = {row.demand: {"department": row.lead, "channel": row.channel, "group": row.place}[title] for row in rows}
    # where a case has only been, its entry in retrospect is counted; here it is no part
    here = {key: part for key, part in parts.items() if part.count("received")}
    found = {key.rpartition("/")[2].replace("municipality", "<missing>"): (key, part) for key, part in here.items()}
    yield Compared(f"by {title}: parts", sorted(found), sorted(wanted))
    for name, theirs in wanted.items():
        key, part = found[name]
        these = [demand for demand, one in where.items() if one == key]
        closed, received = part.count("closed"), part.count("received")
        ours = {"cases": received, "closed": closed, "late": part.count("missed")}
        ours |= {"resolution_rate": Fraction(closed, received)}
        ours |= {"events": sum(len(told.histories[demand]) for demand in these)}
        yield from each(f"by {title} {name}: ", ours, {one: theirs[one] for one in ours})
        days = {one: value for one, value in theirs.items() if one.endswith("days_to_close")}
        yield from in_unit(told.start_to_end(these), days, DAY, f"by {title} {name}: ")


def receipt_oddities(told: Any, flow: DemandFlow, wanted: Mapping[str, Any]) -> Iterator[Compared]:
    """Steps after the end, repeated activities, external advice, and times that cannot be."""
    late = told.after_the_end()
    yield Compared("steps after the end", sum(late.values()), wanted["reopened_like"]["events_after_enddate"])
    yield Compared("cases with such", len(late), wanted["reopened_like"]["cases_with_an_event_after_enddate"])
    repeated = {demand: len(events) - len({*map(name, events)}) for demand, events in told.histories.items()}
    yield Compared("repeated steps", sum(repeated.values()), wanted["rework"]["repeated_events"])
    yield Compared(
        "cases with such", sum(map(bool, repeated.values())), wanted["rework"]["cases_repeating_an_activity"]
    )
    advice = {demand: [*map(name, events)] for demand, events in told.histories.items()}
    sent = {demand: [one[:3] for one in names if one.startswith(("T08", "T09"))] for demand, names in advice.items()}
    theirs = wanted["contracting_out_like"]
    yield Compared("advice sent", sum(one.count("T08") for one in sent.values()), theirs["T08_sent"])
    yield Compared("advice received", sum(one.count("T09") for one in sent.values()), theirs["T09_received"])
    yield Compared("cases with advice", sum(map(bool, sent.values())), theirs["cases_with_T08_or_T09_external_advice"])
    impossible, odd = told.impossible(), wanted["anomalies"]
    yield Compared("end before start", impossible["end before start"], odd["enddate_before_startdate"])
    yield Compared("first before start", impossible["first step before start"], odd["first_event_before_startdate"])
    facts: list[Any] = [flow.events(demand)[0].fact for demand in told.histories]
    apart = [abs((fact.due - fact.planned).total_seconds()) for fact in facts if fact.planned is not None]
    yield Compared("deadline ≠ planned", sum(map(bool, apart)), odd["deadline_differs_from_enddate_planned"])
    yield Compared("at most, s", max(apart), odd["max_abs_seconds_deadline_vs_planned"])


def name(event: Any) -> str:
    """The activity of a step."""
    activity: str = event.stamp.move.removeprefix("do ")
    return activity


def taidi(folder: Path) -> Iterator[Compared]:
    """Letters to a mayor's mailbox: how many, by whom, when, and how long until the reply."""
    module, wanted = example("import_letters"), reference(folder)
    with DemandFlow.open("memory:", workflows=(module.LETTERS,), zone="Asia/Shanghai") as flow:
        report, _ = module.bring_in(flow, folder / "letters.csv.gz", folder / "categories.csv")
        rows = flow.board(limit=2**31).rows
        authors = Counter(row.resident for row in rows)
        yield Compared("rows", report.read, wanted["rows"])
        yield Compared("letters", flow.figures().count("received"), wanted["unique_ids"])
        yield Compared("authors", len(authors), wanted["users"])
        yield Compared("authors with several", sum(one > 1 for one in authors.values()), wanted["repeat_users_top"])
        there = ZoneInfo("Asia/Shanghai")
        first, last = min(row.received for row in rows), max(row.ended for row in rows if row.ended)
        for title, ours in (("first_message", first), ("last_reply", last)):
            yield Compared(title, f"{ours.astimezone(there):%Y-%m-%d %H:%M:%S}", wanted[title])
        yield from in_unit(flow.durations(), wanted["elapsed_days"], DAY, "letter to reply: ")
        years = {year: one.count("received") for year, one in flow.figures_by("received", every="year").items()}
        yield from each("letters of ", years, wanted["by_message_year"])


def chicago(folder: Path) -> Iterator[Compared]:
    """Orders handed to other agencies: requests, notes, child orders, and how long both took."""
    module, wanted = example("child_orders"), reference(folder)
    requests = json.loads((folder / "requests.json").read_text(encoding="utf-8"))
    flow, told = module.run(requests)
    with flow:
        parts = flow.figures_by("workflow")
        parents, orders = parts["request@1"], parts["order@1"]
        yield Compared("requests", parents.count("received"), wanted["requests"])
        status = {"closed": parents.count("closed"), "open": parents.count("open")}
        yield from each("status ", status, wanted["status"])
        yield Compared("notes", told.notes.total(), wanted["notes"])
        yield from each("notes: ", told.notes, wanted["note_types"])
        whole = flow.durations(workflow="request@1")
        yield from in_unit(whole, wanted["days_opened_to_closed"], DAY, "opened to closed: ")
        yield Compared("child orders", orders.count("received"), wanted["child_orders_created"])
        yield Compared("paired", orders.count("closed"), wanted["child_orders_paired"])
        for title, workflow in (("child_orders_by_agency", "order@1"), ("by_agency", "request@1")):
            by_agency = flow.figures_by("lead", workflow=workflow)
            agencies = {name: part for name, part in by_agency.items() if part.count("received")}
            yield from each(f"{title}: ", {key: one.count("received") for key, one in agencies.items()}, wanted[title])
        children = flow.durations(workflow="order@1")
        yield from in_unit(children, wanted["days_child_created_to_closed"], DAY, "child order: ")
        services = Counter(row.text for row in flow.board(workflow="request@1", limit=2**31).rows)
        yield from each("by_service: ", services, wanted["by_service"])
        linked = {one.demand for one in flow.counted("received", workflow="request@1")}
        moves = {demand: [event.stamp.move for event in flow.events(demand)] for demand in linked}
        with_children = sum("link" in made for made in moves.values())
        yield Compared("requests with child orders", with_children, wanted["requests_with_child_orders"])


SETS: dict[str, tuple[str, Callable[[Path], Iterator[Compared]]]] = {
    "receipt": ("receipt", receipt),
    "boston": ("boston311", boston),
    "letters": ("taidi", taidi),
    "chicago": ("chicago_open311", chicago),
}
"""The sets that have a reference: their folder, and what compares them."""


def main() -> int:
    """Print every figure that was compared; how many differ is the exit code."""
    if not DATA.is_dir():
        sys.exit("no real data here; point DEMANDFLOW_DATA at the folder that has it")
    console, different = Console(), 0
    for title, (folder, compare) in SETS.items():
        table = Table("figure", "ours", "reference", "", title=title, title_justify="left", box=None)
        found = list(compare(DATA / folder))
        for one in found:
            table.add_row(
                one.name, short(one.ours), short(one.theirs), "" if one.equal else "≠", style="" if one.equal else "red"
            )
        console.print(table)
        unequal = sum(not one.equal for one in found)
        console.print(f"{title}: {len(found)} figures compared, {unequal} different\n")
        different += unequal
    return different


def short(value: Any) -> str:
    """A value as it stands in the table."""
    if isinstance(value, Fraction):
        value = float(value)
    text = str(value)
    return text if len(text) <= 40 else f"{text[:37]}…"


if __name__ == "__main__":
    sys.exit(main())

"""The figures once more, written apart from the engine: dictionaries over the stored JSON, nothing shared with it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

from demandflow import DemandFlow

HAPPENED = {
    *("accepted", "contracted_out", "handed_back", "extended", "suspended", "evaluated", "reworked", "taken_over"),
    *("reopened", "escalated", "callback_missed", "unmerged", "corrected"),
}
ONE_ROUND = ("asked", "evaluation", "report")


def stored(flow: DemandFlow) -> list[dict[str, Any]]:
    """The log as it lies in the storage, without other kinds of streams."""
    rows = flow._log._recorder.select_notifications(1, 100_000)  # type: ignore[attr-defined]
    events: list[dict[str, Any]] = [
        {"demand": str(row.originator_id), "kind": row.topic, "version": row.originator_version} | json.loads(row.state)
        for row in rows
    ]
    return [event for event in events if "kind" not in event["stamp"]]


def expected(
    events: Iterable[dict[str, Any]],
    *,
    known_on: str = "9999",
    as_of: str = "9999",
    received: str = "",
    closed: str = "",
    clocks: Iterable[str] = (),
    now: datetime,
) -> dict[tuple[str, str], Counter[str]]:
    """All counts and happenings by (dimension, key); the place and the category by their first two levels.

    Of what was recorded by a day, as of a day (both ISO, in UTC), of what was received or closed in a
    month, year or day. `clocks` are those of which it is said too where they never ran. What is overdue is so at the
    end of the day, but not later than `now`.
    """
    moment = min([now, *(_moment(day) + timedelta(days=1) for day in (known_on, as_of) if len(day) > 4)])
    histories: dict[str, list[dict[str, Any]]] = {}
    recorded: dict[str, str] = {}
    for event in events:
        at = recorded[event["demand"]] = max(recorded.get(event["demand"], ""), event["meta"]["recorded"][:10])
        if at <= known_on:
            histories.setdefault(event["demand"], []).append(deepcopy(event))
    found: dict[tuple[str, str], Counter[str]] = {}
    for history in histories.values():
        for event in history:  # first mend what was corrected, then read it as if it had been right
            if event["kind"] == "demand.corrected":
                wrong = history[event["fact"]["event"] - 1]["fact"]
                wrong |= {name: value for name, value in event["fact"].items() if name not in ("event", "reason")}
        demand: dict[str, Any] = {"round": 0, "clocks": dict.fromkeys(clocks, "none"), "dues": {}}
        of_this: dict[tuple[str, str], Counter[str]] = {}
        if not history[0]["meta"]["happened"].startswith(received):
            continue
        for event in history:
            if max(demand.get("last", ""), event["meta"]["happened"])[:10] > as_of:
                break
            happened = _read(demand, event)
            for where in _slices(demand):
                of_this.setdefault(where, Counter()).update(f"{one} (happened)" for one in happened)
        if "last" not in demand or (closed and not (demand["end"] == "closed" and demand["ended"].startswith(closed))):
            continue
        for where in _slices(demand):
            of_this.setdefault(where, Counter()).update(_counts(demand, moment))
        for where, counts in of_this.items():
            found.setdefault(where, Counter()).update(counts)
    return found


def _read(now: dict[str, Any], event: dict[str, Any]) -> set[str]:
    fact, stamp, kind = event["fact"], event["stamp"], event["kind"].removeprefix("demand.")
    means = set(stamp.get("means", ()))
    before = now.get("end")
    now |= {"end": stamp.get("ended_as"), "due": stamp.get("due"), "workflow": event["meta"]["workflow"]}
    at = max(now.get("last", ""), event["meta"]["happened"].ljust(27, "0"))
    if not before or now["end"] != before:
        now["ended"] = at
    now["last"] = at
    if kind in ("registered", "sorted"):
        now |= {name: fact[name] for name in ("place", "category", "channel") if fact.get(name)}
    if kind == "contracted_out":
        now["lead"] = fact["contractor"]
    if kind == "reported":
        now["report"] = fact["resolved"]
    if kind == "evaluated":
        now["evaluation"] = fact
    if means & {"asked", "evaluated"}:
        now["asked"] = True
    for tick in stamp.get("clocks", ()):
        name, status, due = tick["clock"], tick["stands"], tick.get("due")
        goes_on = status in ("running", "paused")
        now["clocks"][name] = ("running" if due else "undated") if goes_on else status
        # what rests before it is due does not become overdue
        counts = due and (status == "running" or (status == "paused" and _moment(due) <= _moment(at)))
        now["dues"][name] = due if counts else None
    if stamp["round"] != now["round"]:
        now["round"] = stamp["round"]
        for name in ONE_ROUND:
            now.pop(name, None)
    late = {"in_retrospect"} if event["meta"].get("retrospect") else set()
    return means & HAPPENED | late


def _counts(now: dict[str, Any], moment: datetime) -> Iterable[str]:
    evaluation, end = now.get("evaluation"), now["end"]
    yield "received"
    yield end or "open"
    yield from (["asked"] if now.get("asked") else [])
    if evaluation:
        yield from ("evaluated", "graded", evaluation["grade"])
        yield from (["graded_satisfied"] if evaluation["grade"] in ("very_satisfied", "satisfied") else [])
        yield from (["partly_satisfied"] if evaluation["grade"] == "basically_satisfied" else [])
    if end == "closed":
        yield from (["resolved"] if evaluation and evaluation["resolved"] else [])
        yield from (["silent"] if not evaluation else [])
        yield from (["reported_resolved"] if now.get("report") else [])
        yield from (["closed_and_asked"] if now.get("asked") else [])
    yield from (f"{clock} {status}" for clock, status in now["clocks"].items())
    yield from (f"{clock} running" for clock, status in now["clocks"].items() if status == "undated")
    dues = {**now["dues"], "": now["due"]} if end is None else {}
    overdue = {clock for clock, due in dues.items() if due and _moment(due) < moment}
    yield from (f"{clock} overdue" if clock else "running_overdue" for clock in overdue)
    yield from (["overdue"] if overdue else [])
    came_due = overdue | {clock for clock, status in now["clocks"].items() if status in ("met", "missed")}
    yield from (f"{clock} due" for clock in came_due if clock)
    yield from (["due"] if "" in overdue or (now["due"] and end == "closed") else [])
    if not now["due"]:
        yield "no_clock"
    elif end is None:
        yield "running"
    elif end != "closed":
        yield "stopped"
    else:
        yield "met" if _instant(now["ended"]) <= _instant(now["due"]) else "missed"


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text.partition("Z")[0])
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _instant(text: str) -> str:
    return text.rstrip("0Z").rstrip(".").ljust(26, "0")


def _slices(now: dict[str, Any]) -> Iterable[tuple[str, str]]:
    yield "all", ""
    for name in ("place", "category"):
        yield name, "/".join(now.get(name, "").split("/")[:2])
    yield "channel", now["channel"]
    yield "lead", now.get("lead", "")
    yield "workflow", now["workflow"]

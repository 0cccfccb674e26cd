"""What nobody may say, whatever was recorded, and what the error is about that says so."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from threading import Event
from typing import Any
from uuid import UUID

from demandflow.application import DemandFlow
from demandflow.automation.follower import follow
from demandflow.calendars.calendar import Calendar
from demandflow.calendars.days import Days
from demandflow.domain.clocks.clock import Clock
from demandflow.domain.county.services.forms import form_text
from demandflow.domain.demand import Demand
from demandflow.domain.facts import Corrected, Extended, Noted, Registered
from demandflow.domain.rules.book import the_reopening_window_is_open
from demandflow.domain.standard.closed_loop import closed_loop
from demandflow.domain.standard.grades import GradeScale, ScaleGrade
from demandflow.domain.values import Actor, Place
from demandflow.exchange import backup_log, export_log, load_log
from demandflow.inputs.plain import plain_mapping
from demandflow.policies import Dispatch, Handler, Reaction, Remind, Reminders, ReopenWindow, Sorting
from demandflow.projections.figures.periods import Period
from demandflow.testing.people import BOSS
from demandflow.workflow_files.loading import load, loads
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY

NOBODY = UUID(int=2**100)
"""Nobody is called so, and nothing."""
NOT_YET, DAY, LARGEST = datetime.fromisoformat("2999-01-01T00:00:00Z"), date(2025, 3, 1), 2**63 - 1
ODD: tuple[tuple[str, Any], ...] = (
    *(("command_id", "a\nb"), ("command_id", "~a"), ("command_id", 5), ("correlation", " a"), ("causation", "")),
    *(("seen", 0), ("seen", True), ("seen", Demand(NOBODY)), ("by", "li"), ("at", datetime(2025, 3, 1))),  # noqa: DTZ001
    *(("at", "soon"), ("at", 5), ("at", NOT_YET.replace(year=1850))),
)
"""Circumstances of a command that cannot be, whatever was recorded."""
_office = partial(Calendar.of, "office", zone="UTC", hours="Mon-Fri 09:00-17:00")


def _words(kind: type[Any], zone: str | None = None, **words: object) -> Callable[[DemandFlow], object]:
    return lambda _: kind.from_words(words, zone)


def _open(**said: Any) -> Callable[[DemandFlow], object]:
    return lambda _: DemandFlow.open("memory:", **said).close()


def _many(method: str) -> Callable[[DemandFlow], object]:
    def call(flow: DemandFlow) -> None:
        raise getattr(flow, method)([5])[0].reason

    return call


def _deep(depth: int) -> Any:
    return [_deep(depth - 1)] if depth else 0


def _registered(**said: Any) -> None:
    with DemandFlow.open("memory:", **said) as flow:
        flow.register("x", channel="hotline", place="f", by=Actor("li", "grid_administrator"))


@dataclass
class _Odd:
    """A policy that records what no policy can."""

    records: Any
    name: str = "odd"
    on: bool = True

    def timers(self, *_: object) -> Iterable[Any]:
        """Never."""
        return ()

    then = timers


ODD_CALLS: tuple[tuple[str, Callable[[DemandFlow], object]], ...] = (
    ("actor's id", lambda _: Actor("", "clerk")),
    ("actor's id", lambda _: Actor("li\u202e", "clerk")),
    ("actor's id", lambda _: Actor("\u3164", "clerk")),
    ("actor's id", lambda _: Actor("li" * 101, "clerk")),
    ("actor's role", lambda _: Actor("li", "a\nb")),
    ("actor's unit", lambda _: Actor("li", "clerk", " ")),
    ("Extended", _words(Extended, "Europe/Berlin", due="2025-03-30 02:30")),
    ("Extended", _words(Extended, due="2025-03-30 02:30")),
    ("Extended", _words(Extended, "UTC", due="soon")),
    ("Extended", _words(Extended, "UTC", due="2025-03-30", when="soon")),
    ("zone", _words(Extended, "Shanghai", due="2025-03-30 02:30")),
    ("words", lambda _: Extended.from_words(5)),  # type: ignore[arg-type]
    ("Noted", lambda _: Noted(text="x", colour="red")),  # type: ignore[call-arg]
    ("Noted", lambda _: setattr(Noted(text="x"), "text", "y")),
    ("Noted", lambda _: Noted(text="\x00")),
    ("Noted", lambda _: Noted(text="ab" * 50_001)),
    ("Noted", lambda _: Noted(text="\u3164")),
    ("Registered", lambda _: Registered(text="x", channel="", place="a//b")),  # type: ignore[arg-type]
    ("after", lambda flow: flow.deliver_notices(str, after=-1)),
    ("notify", lambda flow: flow.deliver_notices(5)),  # type: ignore[arg-type]
    ("stop", lambda flow: flow.deliver_notices(str, stop=5)),  # type: ignore[arg-type]
    ("hook", lambda flow: flow.deliver_notices(str, hook=" ")),
    ("now", lambda flow: flow.run_policies(NOT_YET)),
    ("near", lambda _: Sorting(_office(), at=("09:00",), near=0)),
    ("at", lambda _: Sorting(_office(), at=("09:00:01",))),
    ("url", lambda _: backup_log("postgresql:///x", f"{NOBODY}.db")),
    ("parked", lambda flow: flow.drop_parked([5])),  # type: ignore[list-item]
    ("parked", lambda flow: flow.retry_parked(5)),  # type: ignore[arg-type]
    ("progress", lambda flow: flow.rebuild(progress=5)),  # type: ignore[arg-type]
    ("after", lambda flow: flow.follow_events(-1)),
    ("skip_unreadable", lambda flow: flow.follow_events(skip_unreadable=5)),  # type: ignore[arg-type]
    ("stop", lambda flow: flow.follow_events(stop=5)),  # type: ignore[arg-type]
    ("every", lambda flow: flow.follow_events(every=timedelta(0))),
    ("every", lambda flow: follow(flow, Event(), every=timedelta(days=2))),
    ("demand_id", lambda flow: flow.demand("lamp")),  # type: ignore[arg-type]
    ("demand_id", lambda flow: flow.demand(Demand(NOBODY))),  # type: ignore[arg-type]
    ("note", lambda flow: flow.note(NOBODY, "x", by=BOSS, colour="red")),  # type: ignore[call-arg]
    ("by", lambda flow: flow.note(NOBODY, "x")),  # type: ignore[call-arg]
    ("fact", lambda flow: flow.start("lamp", by=BOSS)),  # type: ignore[arg-type]
    ("fact", lambda flow: flow.start(Noted(text="x"), by=BOSS)),
    ("workflow", lambda flow: flow.register("x", channel="a", place="b", by=BOSS, workflow=5)),
    ("item", _many("register_many")),
    ("item", _many("act_many")),
    ("items", lambda flow: flow.try_many(5)),  # type: ignore[arg-type]
    ("of", lambda flow: flow.migrate_all(next(iter(flow.workflows)), of=5, by=BOSS)),  # type: ignore[arg-type]
    ("dimension", lambda flow: flow.figures_by(str(NOBODY))),
    ("dimension", lambda flow: flow.figures_by()),  # type: ignore[call-overload]
    ("level", lambda flow: flow.figures_by("place", level=0)),
    ("Corrected", lambda _: Corrected(event=1, reason="x", own=(("a", 1), ("a", 2)))),  # type: ignore[arg-type]
    ("Corrected", lambda _: Corrected(event=1, reason="x", own={"a": None})),  # type: ignore[arg-type]
    ("Corrected", lambda _: Corrected(event=1, reason="x", own={"a": "\x00"})),  # type: ignore[arg-type]
    ("count", lambda flow: flow.figures().count(5)),  # type: ignore[arg-type]
    ("count", lambda flow: flow.figures().count(str(NOBODY))),
    ("rate", lambda flow: flow.figures().rate(str(NOBODY))),
    ("clock", lambda flow: flow.figures().clock(str(NOBODY))),
    ("rate", lambda flow: flow.figures().satisfaction("none")),
    ("text", lambda flow: flow.board(text="a\x00")),
    ("place", lambda flow: flow.board(place="a\nb")),
    ("place", lambda _: Place("a/" * 16 + "b")),
    ("place", lambda _: Place(f"{'né' * 199}/{'né' * 199}")),
    ("place", lambda _: Place("/".join(["né" * 90] * 5))),
    ("place", lambda _: Place.of("")),
    ("level", lambda _: Place.of("a").level(0)),
    ("source", lambda flow: flow.id_of("", "7")),
    ("reference", lambda flow: flow.id_of("12345", " ")),
    ("reference", lambda flow: flow.register("x", channel="a", place="b", source="c", by=BOSS)),
    ("create", _open(create=False)),
    ("backdating", _open(backdating=5)),
    ("workflows", _open(workflows=5)),
    ("policies", _open(policies=(Reminders(), Reminders()))),
    ("policies", _open(policies=(Reminders,))),
    ("policies", _open(policies=(5,))),
    ("clocks", _open(policies=(Reminders(steps=(Remind(clocks=("lunch",)),)),))),
    ("remind", lambda _: Remind(before="1 day", after="1 day")),
    ("steps", lambda _: Reminders(steps=5)),  # type: ignore[arg-type]
    ("policy reminders", lambda _: Reminders(on=5)),  # type: ignore[arg-type]
    ("policy reminders", lambda _: Reminders(calendar=5)),  # type: ignore[arg-type]
    ("unit's name", lambda _: Handler("")),
    ("units", lambda _: Dispatch(units=5)),  # type: ignore[arg-type]
    ("units", lambda _: Dispatch()),
    ("responsible", lambda _: Dispatch(responsible=5)),  # type: ignore[arg-type]
    ("at", lambda _: Sorting(_office(), at=())),
    ("at", lambda _: Sorting(_office(), at=("25:00",))),
    ("weight", lambda _: ScaleGrade("fair", 2)),
    ("grade", lambda _: ScaleGrade("satisfied", 0)),
    ("grades", lambda _: GradeScale((5,))),  # type: ignore[arg-type]
    ("grades", lambda _: GradeScale((ScaleGrade("fair", 0.5),) * 2)),
    ("scores", lambda _: GradeScale((ScaleGrade("fair", 0.5),), ("speed", "speed"))),
    ("file", lambda _: load_log(f"{NOBODY}.jsonl", "memory:")),
    ("hours of Mon", lambda _: _office(hours="Mon 25:00-26:00")),
    ("zone", lambda _: _office(zone="Shanghai")),
    ("workflow", lambda _: loads("name = ", "toml")),
    ("workflow", lambda _: loads('{"name": "a", "name": "b"}', "json")),
    ("workflow", lambda _: loads('name = "a"\nstates = [{stage = "audit"}]', "toml")),
    ("workflows", _open(workflows=(5,))),
    ("policy's name", lambda _: Reminders(name="~x")),
    ("policy odd", _open(policies=(_Odd(records=5),))),
    ("policies", _open(policies=(_Odd(records=(Registered,)),))),
    ("new_id", lambda _: _registered(new_id=lambda: 5)),
    ("after", lambda flow: flow.deliver_notices(str, after=LARGEST)),
    ("holes", lambda flow: flow.acknowledge([5], by=BOSS, reason="x")),  # type: ignore[list-item]
    ("figure", lambda flow: flow.figures().definition(str(NOBODY))),
    ("percentile", lambda flow: flow.durations().seconds(101)),
    ("period", lambda _: Period(date(2025, 3, 2), date(2025, 3, 1))),
    ("period", lambda flow: flow.figures(received=Period(date(2025, 3, 2), date.max))),
    ("dimension", lambda flow: flow.figures_by("place", "place")),
    ("own", lambda flow: flow.figures(own={"x": [1]})),  # type: ignore[dict-item]
    ("days", lambda _: Days([2025], closed=[DAY], working=[DAY])),
    ("days", lambda _: Days([2025], working=[DAY], hours={DAY: "08:00-12:00"})),
    ("hours", lambda _: _office(hours="Mon-Fri 08:00-12:00; Tue 09:00-10:00")),
    ("clock", lambda _: Clock("x", "audit", 5, _office())),  # type: ignore[arg-type]
    ("bound", lambda _: closed_loop("x", bound=0)),
    ("without", lambda _: closed_loop("x", without=5)),  # type: ignore[arg-type]
    ("without", lambda _: closed_loop("x", without=(str,))),  # type: ignore[arg-type]
    ("version", lambda _: closed_loop("closed-loop", 1)),
    ("the_reopening_window_is_open", lambda _: the_reopening_window_is_open(0)),
    ("the_reopening_window_is_open", lambda _: the_reopening_window_is_open(30, 31)),  # type: ignore[call-arg]
    ("place", lambda _: Place.of(5)),  # type: ignore[arg-type]
    ("facts", lambda _: STANDARD_VOCABULARY.with_(facts={"e\u0301": Noted})),
    ("reaction", lambda _: Reaction("x")),  # type: ignore[arg-type]
    ("steps", lambda _: Reminders(steps=(Remind(), Remind()))),
    ("before", lambda _: Remind(before="soon")),
    ("after", lambda _: Remind(after="9999 days")),
    ("before_days", lambda _: ReopenWindow(days=5, before_days=6)),
    ("Corrected", _words(Corrected, event="first", reason="x")),
    ("answers", lambda _: plain_mapping(5, "answers")),
    ("answers", lambda _: plain_mapping({"x": object()}, "answers")),
    ("answers", lambda _: plain_mapping({"x": float("nan")}, "answers")),
    ("answers", lambda _: plain_mapping({"e\u0301": 1, "\u00e9": 2}, "answers")),
    ("answers", lambda _: plain_mapping({"x": {5: "y"}}, "answers")),
    ("answers", lambda _: plain_mapping({"x": _deep(17)}, "answers")),
    ("mapping", lambda _: plain_mapping({"x": 1}, "answers").clear()),
    ("form", lambda _: form_text(5)),
    ("form", lambda _: form_text({"x": object()})),
    ("form", lambda _: form_text({"x": _deep(99)})),
    ("form", lambda _: form_text({"x": "ab" * 50_001})),
    ("url", lambda _: backup_log("memory:", "x.db")),
    ("file", lambda _: export_log("memory:", 5)),  # type: ignore[arg-type]
    ("file", lambda _: export_log("memory:", f"{NOBODY}/x.jsonl")),
    ("file", lambda _: export_log("memory:", "x\x00.jsonl")),
    ("file", lambda _: export_log("memory:", "x" * 300)),
    ("x.yaml", lambda _: load("x.yaml")),
    (f"{NOBODY}.toml", lambda _: load(f"{NOBODY}.toml")),
    ("workflow", lambda _: loads("[" * 5_000, "json")),
)
"""What else nobody may say, and what the error is about."""

"""Importing rows: what each one says is compared with what is recorded, and recorded if it is new."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.batches import Batch, Rejected
from demandflow.domain.corrections import with_corrections
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Corrected, Evaluated, correctable, in_their_own_name
from demandflow.domain.own_fields import correctable_own
from demandflow.domain.values import Actor
from demandflow.errors import DemandFlowError, DemandNotFound, InvalidValue, Refusal, brief
from demandflow.importing.columns import Row
from demandflow.importing.mapping import RowMapping
from demandflow.importing.report import Changed, Difference, ImportedRow
from demandflow.importing.sheet import Line

_IN_UTC = re.compile(r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?) UTC")


class RowImporter:
    """Records the rows of a file, one at a time."""

    def __init__(self, mapping: RowMapping, header: tuple[str, ...], correct: bool) -> None:
        self._mapping, self._header, self._correct = mapping, header, correct
        self._zone = ZoneInfo(mapping.zone)
        self._first_rows: dict[UUID, tuple[int, int]] = {}
        """By demand, the first row of this file about it: its line, and a number for what it says."""
        self._references: dict[int, tuple[UUID, str]] = {}
        """By line, the demand and the reference of the row."""

    def record(self, batch: Batch, line: Line) -> ImportedRow:
        """Record all that a row says, or nothing. Raises a DemandFlowError, for which the row is refused."""
        if line.damage is not None:
            raise InvalidValue("row", line.damage)
        try:
            return self._recorded(batch, line)
        except DemandFlowError:
            raise
        except Exception as problem:  # a function of the mapping, a rule or a condition: the other rows go on
            raise InvalidValue("row", f"{type(problem).__name__}: {problem}") from problem

    def _recorded(self, batch: Batch, line: Line) -> ImportedRow:
        row = Row(dict(zip(self._header, line.fields, strict=True)), self._zone, self._mapping.formats)
        fact, at, by = self._mapping.registration(row)
        entries = [(step.key, step.move, self._mapping.entry(step, row)) for step in self._mapping.steps]
        demand = batch.id_of(self._mapping.source, fact.reference or "")
        self._references[line.number] = demand, fact.reference or ""
        self._check_first_row(demand, line, row)
        events, before = self._events(batch, demand), batch.pending
        differences: list[Difference] = []
        if events:
            differences += self._differences(events[1], in_their_own_name(fact, by), at)
        else:
            batch.start(fact, by=by, at=at, workflow=self._mapping.workflow)
        for key, move, entry in entries:
            event = next((event for event in events.values() if event.meta.command_id == key), None)
            if event is None and entry is not None:
                batch.act(demand, move, entry.fact, by=entry.by, at=entry.at, command_id=key)
            elif event is not None and entry is not None:
                differences += self._differences(event, entry.fact, entry.at, key)
            elif event is not None:
                differences.append(Difference(event.version, key, "recorded", "not in the file"))
        recorded = batch.pending > before
        self._first_rows.setdefault(demand, (line.number, self._number(row)))
        if not differences:
            return ImportedRow(recorded=recorded, known=bool(events))
        if self._correct:
            differences = self._corrected(batch, demand, events, differences, self._mapping.corrects or by)
            differences = [
                replace(difference, objection=self._in_words_of_the_file(difference.objection, line.number))
                for difference in differences
            ]
        return ImportedRow(changed=Changed(line.number, fact.reference or "", demand, tuple(differences)))

    def _check_first_row(self, demand: UUID, line: Line, row: Row) -> None:
        """Raise InvalidValue where an earlier row of this file is about the same demand and says something else."""
        first, number = self._first_rows.get(demand, (line.number, 0))
        if first != line.number and number != self._number(row):
            reference = row[self._mapping.reference].strip()
            problem = f"{brief(reference)} is that of line {first} already, which says something else"
            remedy = "give one of them a reference of its own; or, if it goes on from there, feed this row in by itself"
            raise InvalidValue(self._mapping.reference, f"{problem}; {remedy}")

    def _number(self, row: Row) -> int:
        """A number for what a row says in the columns of the mapping, by which rows are compared."""
        return hash(tuple(row[name] for name in self._mapping.columns))

    def reason(self, answer: Rejected) -> str:
        """Why a row was refused, in the words of the file: its references, and times of its zone."""
        reason = answer.reason
        says = str(reason) if isinstance(reason, DemandFlowError) else repr(reason)
        return f"line {answer.item.number}: {self._in_words_of_the_file(says, answer.item.number)}"

    def _in_words_of_the_file(self, says: str, line: int) -> str:
        demand, reference = self._references.get(line, (None, ""))
        if demand is not None:
            says = says.replace(str(demand), brief(reference))
        return _IN_UTC.sub(self._in_the_zone, says)

    def _in_the_zone(self, match: re.Match[str]) -> str:
        """A time that is written in UTC, in the zone of the mapping."""
        at = datetime.fromisoformat(match["time"]).replace(tzinfo=UTC).astimezone(self._zone)
        return f"{at:%Y-%m-%d %H:%M:%S} {self._mapping.zone}"

    def _differences(self, event: Event, fact: Fact, at: datetime, step: str = "") -> Iterator[Difference]:
        """What the file says otherwise than this event; times in the mapping's zone."""
        within, kinds = f"{step}." if step else "", (type(event.fact).__name__, type(fact).__name__)
        was, now = event.fact.__dict__, fact.__dict__
        values: list[tuple[str, object, object, str | None]] = [
            *([("fact", *kinds, None)] if type(event.fact) is not type(fact) else []),
            *((name, was.get(name), now.get(name), name) for name in dict.fromkeys((*was, *now))),
            ("at", event.meta.happened, at, None),
        ]
        for name, before, after, replaces in values:
            if before != after:
                yield Difference(event.version, f"{within}{name}", self._shown(before), self._shown(after), replaces)

    def _shown(self, value: object) -> object:
        return value.astimezone(self._zone) if isinstance(value, datetime) else value

    def _events(self, batch: Batch, demand: UUID) -> dict[int, Event]:
        """The demand's events by version, as they were corrected; none if it is not known."""
        try:
            return {event.version: event for event in with_corrections(list(batch.events(demand)))}
        except DemandNotFound:
            return {}

    def _corrected(
        self, batch: Batch, demand: UUID, events: dict[int, Event], differences: Iterable[Difference], by: Actor
    ) -> list[Difference]:
        """Correct what can be corrected, with one correction for each event."""
        move = batch.move_that_records(demand, Corrected)
        of_events: dict[int, list[Difference]] = {}
        for difference in differences:
            of_events.setdefault(difference.event, []).append(difference)
        done: list[Difference] = []
        for version, of_this in sorted(of_events.items()):
            event, objection = events[version], ""
            ours, own = (_otherwise(of_this, names(type(event.fact))) for names in (correctable, correctable_own))
            corrected = {*ours, *own} if move is not None else set[str]()
            fields: dict[str, Any] = {**ours, **({"own": own} if own else {})}
            if corrected and move is not None:
                if isinstance(event.fact, Evaluated):  # the file brings the word of who evaluated
                    fields = {**fields, "confirmed_by": event.meta.actor.id}
                why = f"{self._mapping.source} says otherwise now"
                try:
                    fact = Corrected(event=version, reason=why, **fields)
                    with batch.attempt():  # as early as may be, so that later steps of the demand can follow
                        batch.act(demand, move, fact, by=by, at=batch.last_of(demand))
                except (Refusal, InvalidValue) as refusal:
                    objection = str(refusal)
            for difference in of_this:
                tried = difference.replaces in corrected
                mended, why = tried and not objection, objection if tried else ""
                done.append(replace(difference, corrected=mended, objection=why))
        return done


def _otherwise(differences: Iterable[Difference], possible: Collection[str]) -> dict[str, object]:
    """What the file says in these fields otherwise, by their names."""
    said = ((str(one.replaces), one.now) for one in differences if one.now is not None)
    return {name: now for name, now in said if name in possible}

"""The importer: every row of a file is recorded, unchanged, changed or refused, and the report adds up."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import count
from pathlib import Path
from time import monotonic
from typing import IO
from uuid import UUID
from zoneinfo import ZoneInfo

from demandflow.application import DemandFlow
from demandflow.batches import Batch, Rejected, each
from demandflow.domain.corrections import with_corrections
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Corrected, Evaluated, correctable, in_their_own_name
from demandflow.domain.values import Actor
from demandflow.errors import DemandFlowError, DemandNotFound, InvalidValue, Refusal, brief, listed
from demandflow.importing.columns import Row
from demandflow.importing.mapping import RowMapping
from demandflow.importing.report import Changed, Difference, Progress, RefusedRow, Report
from demandflow.importing.sheet import Line, RefusedFile, Sheet

SHEETS = (".csv", ".tsv", ".csv.gz", ".tsv.gz")
Told = Callable[[Progress], None]
_IN_UTC = re.compile(r"(?P<time>\d{4}-\d\d-\d\d \d\d:\d\d(?::\d\d(?:\.\d+)?)?) UTC")


def import_file(
    flow: DemandFlow,
    file: str | Path,
    mapping: RowMapping,
    *,
    refused: str | Path | None = None,
    correct: bool = False,
    progress: Told | None = None,
) -> Report:
    """Bring the rows of a CSV or TSV file in (packed by gzip or not); each row is one save or none.

    What a row tells is entered with its own times, however long ago (see `batch(backdating=True)`).
    A row that cannot be recorded is refused, with its reason, and kept as it stands in the file `refused` (if one is
    named), which can be fed in again once mended; what an earlier import left there is kept as `refused.1`.
    A row whose demand is known and says the same changes nothing; new
    steps of it are recorded; one that says something else is reported as changed, and where `correct` is set, the
    fields that a correction may replace are corrected. Raises InvalidValue for a file that cannot be read or has not
    the columns; nothing is recorded then. Where a file cannot be read any further, that is reported as its last row.
    """
    path, kept = Path(file), None if refused is None else Path(refused)
    if kept is not None and kept.resolve() == path.resolve():
        raise InvalidValue("refused", f"{path.name} is the file that is read; name another")
    mapping.check_against(flow.workflows)
    counts = _Counts()
    began = monotonic()
    with ExitStack() as stack:
        sheet = stack.enter_context(Sheet.open(path, mapping))
        out = None if kept is None else RefusedFile(sheet, stack.enter_context(_opened(kept)))
        reader = _Reader(mapping, sheet.header, correct)
        for answers in each(partial(flow.batch, backdating=True), sheet.rows(), reader.bring_in):
            for answer in answers:
                counts.add(answer, reader.reason(answer) if isinstance(answer, Rejected) else "")
                if isinstance(answer, Rejected) and out is not None:
                    out.add(answer.item, reader.reason(answer))
            if progress is not None:
                progress(_progress(counts.read, sheet, monotonic() - began))
    return counts.report(path.name)


def import_files(
    flow: DemandFlow,
    files: Iterable[str | Path],
    mapping: RowMapping,
    *,
    refused: str | Path | None = None,
    correct: bool = False,
    progress: Told | None = None,
) -> tuple[Report, ...]:
    """Bring several files in, one after the other, or all CSV and TSV files of a folder; one report a file.

    `refused` is a folder here: what is refused of `a.csv` is kept there as `a.csv.refused`. A file that cannot be read
    raises InvalidValue before anything of it is recorded; those before it have been.
    """
    paths = _files(files)
    folder = None if refused is None else Path(refused)
    names = [path.name for path in paths]
    if folder is not None and (twice := sorted({name for name in names if names.count(name) > 1})):
        raise InvalidValue("refused", f"several files are called {listed(twice)}; bring them in one by one")
    reports = []
    for path in paths:
        kept = None if folder is None else folder / f"{path.name}.refused"
        reports.append(import_file(flow, path, mapping, refused=kept, correct=correct, progress=progress))
    return tuple(reports)


@dataclass(frozen=True)
class _BroughtIn:
    """What a row came to, if it was not refused."""

    line: int
    new: bool = False
    steps: bool = False
    changed: Changed | None = None


class _Reader:
    """Brings rows in, one at a time."""

    def __init__(self, mapping: RowMapping, header: tuple[str, ...], correct: bool) -> None:
        self._mapping, self._header, self._correct = mapping, header, correct
        self._zone = ZoneInfo(mapping.zone)
        self._claims: dict[UUID, tuple[int, int]] = {}
        """By demand, the row of this file that told of it first: its line, and what it said."""
        self._references: dict[int, tuple[UUID, str]] = {}
        """By line, the demand of a row that is not yet answered, and its reference."""

    def bring_in(self, batch: Batch, line: Line) -> _BroughtIn:
        """All that a row tells, or nothing. Raises what makes it refused."""
        if line.damage is not None:
            raise InvalidValue("row", line.damage)
        try:
            return self._brought_in(batch, line)
        except DemandFlowError:
            raise
        except Exception as problem:  # a function of the mapping, a rule or a condition: the other rows go on
            raise InvalidValue("row", f"{type(problem).__name__}: {problem}") from problem

    def _brought_in(self, batch: Batch, line: Line) -> _BroughtIn:
        row = Row(dict(zip(self._header, line.fields, strict=True)), self._zone, self._mapping.formats)
        fact, at, by = self._mapping.registration(row)
        told = [(step, self._mapping.told(step, row)) for step in self._mapping.steps]
        demand = batch.id_of(self._mapping.source, fact.reference or "")
        self._references[line.number] = demand, fact.reference or ""
        self._check_claim(demand, line, row)
        known = self._known(batch, demand)
        differences: list[Difference] = []
        if known:
            differences += self._differences(known[1], in_their_own_name(fact, by), at)
        else:
            batch.start(fact, by=by, at=at, workflow=self._mapping.workflow)
        new_steps = False
        for step, said in told:
            event = next((one for one in known.values() if one.meta.command_id == step.key), None)
            if event is None and said is not None:
                batch.act(demand, step.move, said[0], by=said[2], at=said[1], command_id=step.key)
                new_steps = True
            elif event is not None and said is not None:
                differences += self._differences(event, said[0], said[1], step.key)
            elif event is not None:
                differences.append(Difference(event.version, step.key, "recorded", "not in the file"))
        self._claims.setdefault(demand, (line.number, self._said(row)))
        if not differences:
            return _BroughtIn(line.number, not known, new_steps)
        if self._correct:
            differences = self._corrected(batch, demand, known, differences, self._mapping.corrects or by)
            differences = [
                replace(one, objection=self._in_words_of_the_file(one.objection, line.number)) for one in differences
            ]
        changed = Changed(line.number, fact.reference or "", demand, tuple(differences))
        return _BroughtIn(line.number, steps=new_steps, changed=changed)

    def _check_claim(self, demand: UUID, line: Line, row: Row) -> None:
        """Raise InvalidValue where another row of this file told of the same demand, and told something else."""
        number, said = self._claims.get(demand, (line.number, 0))
        if number != line.number and said != self._said(row):
            reference = row[self._mapping.reference].strip()
            problem = f"{brief(reference)} is that of line {number} already, which says something else"
            remedy = "give one of them a reference of its own; or, if it goes on from there, feed this row in by itself"
            raise InvalidValue(self._mapping.reference, f"{problem}; {remedy}")

    def _said(self, row: Row) -> int:
        """What a row says in the columns of the mapping, as a number by which rows are compared."""
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
        return _IN_UTC.sub(self._there, says)

    def _there(self, found: re.Match[str]) -> str:
        """A time that is written in UTC, in the zone of the mapping."""
        at = datetime.fromisoformat(found["time"]).replace(tzinfo=UTC).astimezone(self._zone)
        return f"{at:%Y-%m-%d %H:%M:%S} {self._mapping.zone}"

    def _differences(self, event: Event, fact: Fact, at: datetime, step: str = "") -> Iterator[Difference]:
        """What the file says otherwise than this event; times in the mapping's zone."""
        for one in _differences(event, fact, at, step):
            was, now = (
                value.astimezone(self._zone) if isinstance(value, datetime) else value for value in (one.was, one.now)
            )
            yield replace(one, was=was, now=now)

    def _known(self, batch: Batch, demand: UUID) -> dict[int, Event]:
        """The demand's events as they should have been recorded, by version; none if it is not known."""
        try:
            return {event.version: event for event in with_corrections(list(batch.events(demand)))}
        except DemandNotFound:
            return {}

    def _corrected(
        self, batch: Batch, demand: UUID, known: dict[int, Event], differences: list[Difference], by: Actor
    ) -> list[Difference]:
        """Correct what can be corrected, one correction an event."""
        move = batch.move_that_records(demand, Corrected)
        done: list[Difference] = []
        for version in sorted({one.event for one in differences}):
            of_this = [one for one in differences if one.event == version]
            possible = correctable(type(known[version].fact)) if move is not None else ()
            fields = {one.replaces: one.now for one in of_this if one.replaces in possible and one.now is not None}
            objection = ""
            if fields and move is not None:
                says = {str(name): value for name, value in fields.items()}
                if isinstance(known[version].fact, Evaluated):  # the file brings the word of who evaluated
                    says["confirmed_by"] = known[version].meta.actor.id
                fact = Corrected(event=version, reason=f"{self._mapping.source} says otherwise now", **says)
                try:
                    with batch.attempt():  # as early as may be, so that later steps of the demand can follow
                        batch.act(demand, move, fact, by=by, at=batch.last_of(demand))
                except Refusal as no:
                    objection = str(no)
            for one in of_this:
                asked = one.replaces in fields
                done.append(replace(one, corrected=asked and not objection, objection=objection if asked else ""))
        return done


@dataclass
class _Counts:
    """What became of the rows so far."""

    read: int = 0
    recorded: int = 0
    continued: int = 0
    unchanged: int = 0
    changed: list[Changed] = field(default_factory=list)
    refused: list[RefusedRow] = field(default_factory=list)

    def add(self, answer: _BroughtIn | Rejected, reason: str = "") -> None:
        """Count one more row; of one that was refused, for which reason."""
        self.read += 1
        if isinstance(answer, Rejected):
            self.refused.append(RefusedRow(answer.item.number, answer.item.raw, reason))
        elif answer.changed is not None:
            self.changed.append(answer.changed)
        elif answer.new or answer.steps:
            self.recorded += 1
            self.continued += not answer.new
        else:
            self.unchanged += 1

    def report(self, file: str) -> Report:
        """The report."""
        return Report(
            file, self.read, self.recorded, self.continued, self.unchanged, tuple(self.changed), tuple(self.refused)
        )


def _differences(event: Event, fact: Fact, at: datetime, step: str = "") -> Iterator[Difference]:
    """What the file says otherwise than this event."""
    within = f"{step}." if step else ""
    if type(event.fact) is not type(fact):
        yield Difference(event.version, f"{within}fact", type(event.fact).__name__, type(fact).__name__)
    was, now = event.fact.__dict__, fact.__dict__
    for name in dict.fromkeys((*was, *now)):
        if was.get(name) != now.get(name):
            yield Difference(event.version, f"{within}{name}", was.get(name), now.get(name), replaces=name)
    if event.meta.happened != at:
        yield Difference(event.version, f"{within}at", event.meta.happened, at)


def _opened(kept: Path) -> IO[bytes]:
    """The file for refused rows; what an earlier import left there is kept beside it."""
    try:
        if kept.exists() and kept.read_bytes().strip().count(b"\n"):
            number = next(number for number in count(1) if not kept.with_name(f"{kept.name}.{number}").exists())
            kept.rename(kept.with_name(f"{kept.name}.{number}"))
        return kept.open("wb")
    except OSError as problem:
        raise InvalidValue("refused", f"{kept.name} cannot be written: {problem}") from problem


def _files(files: Iterable[str | Path]) -> list[Path]:
    given = [files] if isinstance(files, str | Path) else list(files)
    found: list[Path] = []
    for one in map(Path, given):
        inside = sorted(path for path in one.iterdir() if path.name.lower().endswith(SHEETS)) if one.is_dir() else [one]
        if not inside:
            raise InvalidValue("files", f"{one.name} holds no file that ends in {listed(SHEETS)}")
        found += inside
    return found


def _progress(rows: int, sheet: Sheet, seconds: float) -> Progress:
    share = min(1.0, sheet.done / sheet.size) if sheet.size else 1.0
    left = seconds / share - seconds if share else 0.0
    return Progress(rows, rows / seconds if seconds else 0.0, share, left)

"""A log is carried elsewhere: exported and loaded, as often as one likes, and backed up; what was damaged is not."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from demandflow.application import DemandFlow
from demandflow.domain.events import Event
from demandflow.domain.fact import stored_topic
from demandflow.domain.facts import STANDARD_FACTS
from demandflow.domain.values import Actor, Role
from demandflow.exchange import DamagedFile, backup_log, export_log, load_log
from demandflow.exchange.lines import LineWriter
from demandflow.store.reader import recorded_events
from demandflow.testing.beside import SOMEBODY_ELSES
from demandflow.testing.differs import Differs
from demandflow.testing.environments import ZONES
from demandflow.testing.model.world import World
from demandflow.testing.playing.agreeing import raised, same_answer, well_said
from demandflow.testing.playing.before import as_before, fill, told_before
from demandflow.testing.playing.places import FILE, Place

LARGEST = 2**63 - 1
"""The largest position that a database can have."""
DAMAGES: tuple[tuple[int, dict[str, Any], str], ...] = (
    (0, {"type": "demand.registered"}, "it does not begin with what it says of its log"),
    (0, {"data": {"export": 1}}, "what it says of its log cannot be read"),
    (-2, {"position": LARGEST}, "missing"),
    (-2, {"position": LARGEST + 1}, "it is no event of a log"),
    (-2, {"position": 0}, "comes after position"),
    (-2, {"version": 0}, "it is no event of a log"),
    (-2, {"id": "another"}, "it is no event of a log"),
    (-2, {"type": ""}, "it is no event of a log"),
    (-2, {"specversion": "2.0"}, "it is no CloudEvent of version 1.0"),
    (-2, {"subject": "lamp"}, "its subject is no id of a demand"),
    (-2, {"source": "urn:uuid:another"}, "it is of another log: urn:uuid:another"),
    (-2, {"data": None, "data_base64": None}, "it has no data"),
    (-1, {"data": {}}, "its end cannot be read"),
    (-1, {"data": {"events": 0, "sha256": ""}}, "it should have 0 events and the checksum , and has"),
)
"""Which line of a file, what it says (None: not), and what is said of it."""


def carried(opened: Callable[..., DemandFlow], place: Place, world: World) -> Iterator[DemandFlow]:
    """Whoever has the log open where it was carried to. Raises Differs."""
    whole, tenant = len(world.log), world.environment.tenant
    facts = [*STANDARD_FACTS, *(fact for workflow in world.workflows.values() for fact in workflow.facts)]
    read = partial(recorded_events, place.url, facts)
    same_answer("recorded_events()", list(read(tenant)), world.log)
    same_answer("recorded_events() of another", raised(lambda: list(read("somebody else's"))), "WrongTenant")
    with TemporaryDirectory(prefix="demandflow-") as folder, closing(place.other()) as there:
        file = Path(folder) / ("log.jsonl" if whole % 2 else "log.jsonl.gz")
        done = export_log(place.url, file, tenant=tenant)
        upto = f"{whole} events, up to position {whole}"
        same_answer("export_log()", str(done), f"{upto}; sha256 {done.sha256}")
        same_answer(
            "export_log() to a file that is there", raised(partial(export_log, place.url, file)), "InvalidValue"
        )
        if whole % 2:
            _same_lines(file, world)
            _damaged(file, there)
        for new in (whole, 0):
            loaded = load_log(file, there.url)
            same_answer("load_log()", str(loaded), f"{whole} events, of which {new} are new")
        with opened(there.url, policies=()) as flow:
            same_answer("all_events() elsewhere", list(flow.all_events()), world.log)
            yield flow
        with opened(there.url, policies=(), workflows=(SOMEBODY_ELSES,)) as flow:
            _register(flow)
            same_answer("what is recorded elsewhere", [at for at, _ in flow.events_after(whole)], [whole + 1])
        _not_into_another(file, opened, place, world)
        if (before := as_before(world.log)) != world.log:
            with closing(place.other()) as copy, opened(copy.url, policies=()) as flow:
                fill(copy, place, world)
                same_answer("all_events() as they were stored before", list(flow.all_events()), before)
                yield flow
        if place.url.startswith(FILE):
            backed_up = backup_log(place.url, file := Path(folder) / "copy.db")
            same_answer("backup_log()", str(backed_up), upto)
            with opened(f"{FILE}{file}", policies=()) as flow:
                same_answer("all_events() of a copy", list(flow.all_events()), world.log)
                yield flow
            told_before(opened, place, world)


def _not_into_another(file: Path, opened: Callable[..., DemandFlow], place: Place, world: World) -> None:
    """It is not loaded into a log of another zone or tenant, or one that holds something else."""
    others: tuple[tuple[dict[str, Any], str], ...] = (
        ({"zone": ZONES[world.zone.key == ZONES[0]]}, "WrongZone"),
        ({"tenant": "another"}, "WrongTenant"),
        ({"workflows": (SOMEBODY_ELSES,)}, "DamagedFile"),
    )
    for said, error in others:
        with closing(place.other()) as other:
            with opened(other.url, policies=(), **said) as flow:
                if "workflows" in said:
                    _register(flow)
            same_answer(f"load_log() into a log with {said}", raised(partial(load_log, file, other.url)), error)


def _register(flow: DemandFlow) -> None:
    known = {"source": "somebody else", "reference": "carried"}
    flow.register("…", channel="…", place="…", **known, by=Actor("zhao", Role.GRID_ADMINISTRATOR))


def _same_lines(file: Path, world: World) -> None:
    """Each event is a line, as others read it."""
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    found = [line for line in lines if "position" in line]
    same_answer(
        "the lines of the file",
        [_shown(line) for line in found],
        [*map(_line, range(1, len(world.log) + 1), world.log)],
    )
    same_answer("the ids of the lines", len({(line["source"], line["id"]) for line in lines}), len(lines))


def _shown(line: dict[str, Any]) -> tuple[Any, ...]:
    at = datetime.fromisoformat(line["time"])
    return line["specversion"], line["type"], line["subject"], line["version"], line["position"], at


def _line(position: int, event: Event) -> tuple[Any, ...]:
    return "1.0", stored_topic(type(event.fact)), str(event.demand), event.version, position, event.meta.happened


def _damaged(file: Path, there: Place) -> None:
    """Another letter in one of the lines is noticed there, and so is a line that cannot be; nothing is loaded."""
    lines = file.read_bytes().splitlines(keepends=True)
    number = len(lines) // 2
    other = lines[number].replace(b"1", b"2")
    error = _refused(file, b"".join([*lines[:number], other, *lines[number + 1 :]]), there)
    same_answer("the line that is damaged", error.line, number + 1)
    same_answer("a file that is cut off", _refused(file, b"".join(lines[:-1]), there).line, len(lines))
    error = _refused(file, b"".join(lines)[:-1], there)
    same_answer("a file that ends within a line", (error.line, "cut off" in error.problem), (len(lines), True))
    for at, change, problem in DAMAGES:
        damaged = [json.loads(line) for line in lines]
        damaged[at] = {name: value for name, value in (damaged[at] | change).items() if value is not None}
        error = _refused(file, _sealed(damaged), there)
        same_answer(
            f"what is wrong with {change}",
            (error.line % len(lines), problem in error.problem),
            ((at + 1) % len(lines), True),
        )


def _sealed(lines: list[dict[str, Any]]) -> bytes:
    """The lines with their checks, as if they had been written so."""
    made = LineWriter(file := BytesIO())
    for line in lines:
        line.pop("check")
        made.write(json.dumps(line, ensure_ascii=False).encode())
    return file.getvalue()


def _refused(file: Path, lines: bytes, there: Place) -> DamagedFile:
    """What is said of a file of these lines. Raises Differs if it is loaded."""
    changed = file.with_name("damaged.jsonl")
    changed.write_bytes(lines)
    try:
        load_log(changed, there.url)
    except DamagedFile as error:
        well_said("what is damaged", error)
        return error
    raise Differs("load_log() of a damaged file", "it is loaded", "DamagedFile")

"""The doors by which something comes in: methods, workflow files, rows of files, the command line, stored rows."""

from __future__ import annotations

import contextlib
import inspect
import io
import os
import sqlite3
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

from demandflow import Actor, Calendar, DemandFlow, DemandFlowError, closed_loop, standard_clocks
from demandflow.analysis.verifying import verify
from demandflow.cli.main import main
from demandflow.exchange import load_log
from demandflow.exchange.cloud_events import cloud_event
from demandflow.exchange.exporting import export
from demandflow.importing import import_file
from demandflow.policies import Handler, standard_policies
from demandflow.testing import FrozenClock
from demandflow.workflow_files import loads
from tests.fuzz.odd import spoilt, spoilt_bytes, text, value
from tests.paths import ROOT
from tests.unit.exchange.envelopes import envelope
from tests.unit.importing.test_importing import HEADER, LAMP, MAPPING, TREE, opened
from tests.unit.project.test_odd_arguments import COMMANDS, LI, USUAL

AUDITOR, TEAM = Actor("Wang", "auditor"), Actor("repair team", "contractor")
OFFICE = Calendar.of("office", zone="Asia/Shanghai", hours="Mon-Fri 09:00-12:00 14:00-18:00")
TIMED = closed_loop("timed", clocks=standard_clocks(OFFICE))
POLICIES = standard_policies(OFFICE, units=(Handler("repair team", "fufeng"),), alike=None)
LEFT_OUT = ("close", "open", "rezone", "follow_events")
"""`follow_events` does not end by itself."""
READS = {name for name in dir(DemandFlow) if not name.startswith("_")} - COMMANDS
TOML = (ROOT / "docs" / "closed-loop.toml").read_text(encoding="utf-8")
SHORT = (ROOT / "tests" / "unit" / "cli" / "planted" / "alike.toml").read_text(encoding="utf-8")


class Left(AssertionError):
    """Something was recorded by what was refused, or does not add up."""


def _town(flow: DemandFlow) -> list[UUID]:
    """A few demands on their way."""
    ids = [flow.register(f"lamp {n}", channel="hotline", place=f"fufeng/c{n % 2}", by=LI).id for n in range(4)]
    for demand in ids[1:]:
        flow.accept(demand, by=AUDITOR)
    for demand in ids[2:]:
        flow.contract_out(demand, "repair team", by=Actor("Zhou", "dispatcher"))
    flow.take_on(ids[3], by=TEAM)
    return ids


class Door:
    """A way by which something comes in."""

    def __init__(self, folder: Path) -> None:
        """What is needed may be kept in the folder."""

    def one(self, dice: Random) -> None:
        """Let one input come in, by lot. Raises what came out, if it must not."""
        raise NotImplementedError

    def close(self) -> None:
        """Leave nothing open."""


class Methods(Door):
    """Public methods with odd arguments, several at a time; what raises has recorded nothing."""

    def __init__(self, folder: Path) -> None:
        self._made = 0
        self._flow = DemandFlow.open("memory:")

    def close(self) -> None:
        self._flow.close()

    def _fresh(self) -> None:
        if self._made % 500 == 0:
            self._flow.close()
            self._flow = DemandFlow.open("memory:", workflows=(TIMED,), clock=FrozenClock(), policies=POLICIES)
            self._ids = _town(self._flow)
        self._made += 1

    def one(self, dice: Random) -> None:
        self._fresh()
        flow, before = self._flow, self._flow.last_position()
        name = dice.choice(NAMES)
        words: dict[str, Any] = {}
        given = self._given(dice, name, words)
        try:
            answer = getattr(flow, name)(*given, **words)
            if inspect.isgenerator(answer):
                list(answer)
            elif name == "batch":
                with answer as several:
                    several.note(dice.choice(self._ids), value(dice, "x"), by=value(dice, LI))
        except DemandFlowError as error:
            assert len(str(error)) < 5_000
            assert str(error).encode()
            if name in COMMANDS and flow.last_position() != before:
                raise Left(f"{name} was refused and recorded something") from error
        if self._made % 100 == 0 and not flow.figures().adds_up:
            raise Left("figures do not add up")

    def _given(self, dice: Random, name: str, words: dict[str, Any]) -> list[Any]:
        several: list[Any] = []
        for parameter in list(inspect.signature(getattr(DemandFlow, name)).parameters.values())[1:]:
            usual = dice.choice(self._ids) if parameter.name in ("demand_id", "into") else USUAL.get(parameter.name)
            if parameter.kind is parameter.VAR_KEYWORD:
                if name in COMMANDS:
                    words["by"] = value(dice, dice.choice((LI, AUDITOR, TEAM))) if dice.randrange(8) else LI
                for more in dice.sample(("at", "command_id", "seen", "place", "as_of", "received", "known_on"), 2):
                    if not dice.randrange(4):
                        words[more] = value(dice, USUAL.get(more))
            elif parameter.kind is parameter.VAR_POSITIONAL:
                several.append(value(dice, usual))
            elif parameter.default is parameter.empty or not dice.randrange(3):
                given = value(dice, usual) if dice.randrange(3) else usual
                if parameter.name in ("notify", "stop", "progress") and callable(given):
                    given = None  # what they raise is theirs
                if parameter.kind is parameter.POSITIONAL_ONLY:
                    several.append(given)
                else:
                    words[parameter.name] = given
        return several


NAMES = sorted(name for name, _ in inspect.getmembers(DemandFlow, inspect.isfunction) if name[0] != "_")
NAMES = [name for name in NAMES if name not in LEFT_OUT]


class WorkflowFiles(Door):
    """Texts of workflows with something wrong in them."""

    def one(self, dice: Random) -> None:
        usual = TOML if not dice.randrange(8) else SHORT
        if dice.randrange(2):
            lines = usual.split("\n")
            for _ in range(dice.randrange(1, 4)):
                at = dice.randrange(len(lines))
                lines[at : at + 1] = dice.choice(([], [lines[at]] * 2, [lines[dice.randrange(len(lines))]]))
            usual = "\n".join(lines)
        with contextlib.suppress(DemandFlowError):
            loads(spoilt(dice, usual, dice.randrange(3)), dice.choice(("toml",) * 9 + ("json",)))


class Rows(Door):
    """Files of rows with something wrong in them; the report adds up, and says what is in the log."""

    def __init__(self, folder: Path) -> None:
        self._file, self._kept = folder / "rows.csv", folder / "kept.csv"

    def one(self, dice: Random) -> None:
        lines = [HEADER, *(row.replace("1,", f"{n},", 1) for n, row in enumerate(dice.choices((LAMP, TREE), k=4)))]
        good = "\n".join(spoilt(dice, line) if not dice.randrange(3) else line for line in lines)
        self._file.write_bytes(spoilt_bytes(dice, good.encode(errors="replace"), dice.randrange(3)))
        with opened() as flow:
            try:
                report = import_file(flow, self._file, MAPPING, refused=dice.choice((None, self._kept)))
            except DemandFlowError:
                if flow.last_position():
                    raise Left("a file was refused and something was recorded") from None
            else:
                parts = report.recorded + report.unchanged + len(report.changed) + len(report.refused)
                if report.read != parts or (flow.figures().count("received") or 0) > report.recorded:
                    raise Left(f"the report does not add up: {report}")


class CommandLine(Door):
    """Words of the command line by lot: an answer, a complaint or help, never more."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._log, self._file = folder, folder / "cli.db", folder / "odd.toml"
        self._out = folder / "exported.jsonl.gz"
        with DemandFlow.open(f"sqlite:///{self._log}", workflows=(TIMED,), clock=FrozenClock()) as flow:
            _town(flow)

    def one(self, dice: Random) -> None:
        self._file.write_text(spoilt(dice, SHORT, dice.randrange(3)).replace("\ud800", ""), encoding="utf-8")
        url = f"sqlite:///{self._log}"
        usual = (
            *("workflow", "follow", "check", "draw", "diff", "replay-check", "what-if", "--json", "--strict", "--as"),
            *("mermaid", "table", "--of", "timed@1", "--until", "2026-03-31T18:00+08:00", "--once", "--policies"),
            *("tests.fuzz.doors:POLICIES", "--workflow", "tests.fuzz.doors:TIMED", str(self._file), url, "--help"),
            *(
                "feed",
                "export",
                "load",
                "backup",
                "verify",
                "rebuild",
                "--after",
                "--limit",
                "2",
                "--tenant",
                str(self._out),
            ),
        )
        words = dice.choice(
            (
                *((), ("workflow", "check", str(self._file)), ("workflow", "diff"), ("workflow", "what-if", url)),
                *(("feed", url), ("export", url), ("backup", url), ("verify", url), ("load", str(self._out))),
            )
        )
        if dice.randrange(2):
            self._out.unlink(missing_ok=True)
        elif self._out.exists() and dice.randrange(2):
            self._out.write_bytes(spoilt_bytes(dice, self._out.read_bytes()))
        chosen = [*words, *(value_word(dice, usual) for _ in range(dice.randrange(5)))]
        if "follow" in chosen:
            chosen.append("--once")
        said = io.TextIOWrapper(io.BytesIO(), "utf-8")
        here = contextlib.chdir(self._folder)
        with here, contextlib.redirect_stdout(said), contextlib.redirect_stderr(io.StringIO()):
            try:
                code: object = main(chosen)
            except SystemExit as done:
                code = done.code or 0
        if not isinstance(code, int):
            raise Left(f"{chosen} ended with {code!r}")


def value_word(dice: Random, usual: tuple[str, ...]) -> str:
    """A word of the command line, sometimes a wrong one."""
    word = dice.choice(usual)
    return word if dice.randrange(6) else dice.choice((spoilt(dice, word), text(dice)))


class StoredRows(Door):
    """Logs whose rows, tables or bytes somebody altered: they are refused, or what can be read is answered."""

    def __init__(self, folder: Path) -> None:
        self._path, self._copy = folder / "log.db", folder / "copy.db"
        with DemandFlow.open(
            f"sqlite:///{self._path}", workflows=(TIMED,), clock=FrozenClock(), policies=POLICIES
        ) as flow:
            _town(flow)
            flow.run_policies()
            flow.board()
            flow.figures()
        with contextlib.closing(sqlite3.connect(self._path)) as log:
            log.execute("PRAGMA journal_mode=DELETE")
            self._tables = [name for (name,) in log.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        self._bytes = self._path.read_bytes()

    def one(self, dice: Random) -> None:
        for beside in ("-wal", "-shm", "-journal"):
            Path(f"{self._copy}{beside}").unlink(missing_ok=True)
        if dice.randrange(5):
            self._copy.write_bytes(self._bytes)
            self._altered(dice)
        else:
            self._copy.write_bytes(spoilt_bytes(dice, self._bytes, dice.randrange(1, 4)))
        with (
            contextlib.suppress(DemandFlowError),
            DemandFlow.open(
                f"sqlite:///{self._copy}", workflows=(TIMED,), clock=FrozenClock(), policies=POLICIES, create=False
            ) as flow,
        ):
            for ask in dice.sample(ASKED, 5):
                with contextlib.suppress(DemandFlowError):
                    ask(flow)

    def _altered(self, dice: Random) -> None:
        with contextlib.closing(sqlite3.connect(self._copy)) as log, contextlib.suppress(sqlite3.Error):
            for _ in range(dice.randrange(1, 3)):
                table = "stored_events" if dice.randrange(2) else dice.choice(self._tables)
                columns = [column for _, column, *_ in log.execute(f"PRAGMA table_info({table})")]
                rows = [row for (row,) in log.execute(f"SELECT rowid FROM {table}")]
                if not rows:
                    continue
                row, column = dice.choice(rows), dice.choice(columns)
                if not dice.randrange(5):
                    log.execute(f"DELETE FROM {table} WHERE rowid = ?", (row,))
                    continue
                (was,) = log.execute(f"SELECT {column} FROM {table} WHERE rowid = ?", (row,)).fetchone()
                log.execute(f"UPDATE {table} SET {column} = ? WHERE rowid = ?", (_another(dice, was), row))
            log.commit()


def _another(dice: Random, was: Any) -> Any:
    match was:
        case bytes() if dice.randrange(5):
            return spoilt_bytes(dice, was)
        case str() if dice.randrange(5):
            return spoilt(dice, was)
        case int() if dice.randrange(3):
            return was + dice.choice((1, -1, 2**40, -(2**62)))
    return dice.choice((None, 0, -1, 2**62, 0.5, "", "x", b"", b"{}", b"null", "null"))


def _all(flow: DemandFlow) -> Iterable[object]:
    return list(flow.all_events(skip_unreadable=True))


def _each(flow: DemandFlow) -> None:
    for row in flow.board().rows:
        flow.history(row.demand)
        flow.possible_moves(row.demand)
        flow.note(row.demand, "still here", by=LI)


def _copied(flow: DemandFlow) -> None:
    with TemporaryDirectory() as folder:
        export(flow._log, Path(folder, "file.jsonl.gz"))
        load_log(Path(folder, "file.jsonl.gz"), f"sqlite:///{folder}/copy.db")


def _fed(flow: DemandFlow) -> None:
    for row in flow._log.raw_page(0, 100):
        envelope(cloud_event(flow._log.id, row))
    flow.events_after(0, skip_unreadable=True)


ASKED: tuple[Callable[[DemandFlow], object], ...] = (
    *(
        DemandFlow.board,
        DemandFlow.figures,
        DemandFlow.verify,
        DemandFlow.rebuild,
        DemandFlow.run_policies,
        _all,
        _each,
        _copied,
        _fed,
        verify,
    ),
    *(DemandFlow.deadlines, DemandFlow.waiting, DemandFlow.notices, DemandFlow.parked_events, DemandFlow.work_list),
    *(DemandFlow.retry_parked_events, DemandFlow.acknowledged, DemandFlow.durations, DemandFlow.next_moment),
)
DOORS: dict[str, tuple[type[Door], float]] = {
    "methods": (Methods, 0.80),
    "workflow files": (WorkflowFiles, 0.08),
    "rows of files": (Rows, 0.04),
    "command line": (CommandLine, 0.04),
    "stored rows": (StoredRows, 0.04),
}
"""Each door, and its share of all inputs."""
os.environ.setdefault("COLUMNS", "120")

"""The command line answers with an exit code, a text and a document, and never with a traceback."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from demandflow import CLOSED_LOOP, Actor, DemandFlow, Role, closed_loop
from demandflow.cli.main import main
from demandflow.workflow_files import dump
from tests.paths import ROOT

LOOP = str(ROOT / "docs" / "closed-loop.toml")
PLANTED = Path(__file__).parent / "planted"
ADVICE = {"idle-owner", "alike", "unmeant", "no-clock", "same-due", "idle-clock", "separation"}
NOT_IN_A_FILE = {"rule", "unasked", "answer", "unsteady"}
IN_WORDS = {"alike", "type", "word"}
BRINGS_ALONG = {"no-end": {"dead-end"}}
CONCERNED = {
    "alike": "clerks",
    "clock": "opne",
    "dead-end": "pit",
    "doubled": "open",
    "end-unsaid": "done",
    "fact": "merge",
    "idle-clock": "waiting",
    "idle-owner": "open",
    "loop": "there",
    "name": "open ",
    "no-clock": "waiting",
    "no-end": "slope",
    "no-owner": "open",
    "nobody": "note",
    "order": "finish",
    "past-feedback": "finish",
    "reserved": "*",
    "same-due": "waiting",
    "separation": "judge",
    "silent": "note",
    "start": "file_again",
    "telling": "tell",
    "type": "0",
    "unbounded": "evaluate",
    "undeclared": "opne",
    "unmeant": "report",
    "unreachable": "forgotten",
    "way-out": "resume",
    "word": "escalatd",
}
OWN = """
from __future__ import annotations
from dataclasses import dataclass
from typing import Any, ClassVar
from demandflow import CLOSED_LOOP, Move, Stage, START, State, Workflow
from demandflow.facts import Fact, Registered, Stepped
from tests.paths import ROOT
from demandflow.workflow_files import STANDARD_VOCABULARY

print("hello from a module")

class Weighed(Fact):
    TOPIC: ClassVar[str] = "ours.weighed"
    kilos: int | None = None

@dataclass
class Lorry:
    wheels: int

def the_lorry_is_here(demand: Any, proposal: Any) -> str | None:
    return None

WORDS = STANDARD_VOCABULARY.with_(facts=[Weighed], rules=[the_lorry_is_here])
STATES = (State("open", Stage.AUDIT, "clerk"), State("done", Stage.ENDED, ended_as="closed"))
FILE = Move("file", Registered, START, "open", by="clerk")
WEIGH = Move("weigh", Weighed, "open", "done", by="clerk", rules=(the_lorry_is_here,))
LOOP = Workflow("weighing", 1, STATES, (FILE, WEIGH))

def made():
    return LOOP

def marred():
    return Workflow("marred", 1, STATES, (FILE,))

def broken():
    return 1 / 0

def leaving():
    raise SystemExit(3)

NUMBER = 3
"""


@pytest.fixture
def own(tmp_path: Path) -> str:
    """A module of a community's own."""
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return str(path)


class Run:
    """What one run of the command line answered."""

    def __init__(self, capsys: pytest.CaptureFixture[str], *arguments: object) -> None:
        capsys.readouterr()
        self.code = main(["workflow", *map(str, arguments)])
        self.out, self.err = capsys.readouterr()

    @property
    def document(self) -> Any:
        return json.loads(self.out)


# check


def test_a_sound_workflow_is_sound(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "check", LOOP)
    assert (run.code, run.out, run.err) == (0, f"{LOOP}: closed-loop@2 has no defects\n", "")
    run = Run(capsys, "check", "--strict", "--json", LOOP, "demandflow:CLOSED_LOOP", "demandflow:closed_loop")
    assert run.code == 0
    sound = {"workflow": "closed-loop@2", "defects": [], "advice": [], "mistakes": [], "sound": True}
    assert [{**one, "file": ""} for one in run.document["files"]] == [{**sound, "file": ""}] * 3


def test_every_kind_of_defect_is_planted() -> None:
    source = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "demandflow" / "domain").rglob("*.py"))
    kinds = set(re.findall(r"Defect\(\s*\"([a-z-]+)\"", source))
    assert {file.stem for file in PLANTED.glob("*.toml")} == kinds - NOT_IN_A_FILE == set(CONCERNED)


@pytest.mark.parametrize("kind", CONCERNED)
def test_a_planted_defect_is_named_with_its_place_and_a_remedy(kind: str, capsys: pytest.CaptureFixture[str]) -> None:
    file = PLANTED / f"{kind}.toml"
    run = Run(capsys, "check", "--json", file)
    assert run.code == (0 if kind in ADVICE else 1)
    [answer] = run.document["files"]
    told = answer["advice"] if kind in ADVICE else answer["defects"]
    assert {one["kind"] for one in told} == {kind, *BRINGS_ALONG.get(kind, ())}
    assert not answer["advice" if kind not in ADVICE else "defects"]
    planted = next(one for one in told if one["kind"] == kind)
    named = (*planted["states"], *planted["moves"])
    assert CONCERNED[kind] in named or (kind in IN_WORDS and CONCERNED[kind] in planted["says"])
    assert planted["remedy"]

    run = Run(capsys, "check", "--strict", file)
    assert run.code == 1
    what = "advice" if kind in ADVICE else "defect"
    assert f"  {what}: {kind}: {planted['says']}\n    remedy: {planted['remedy']}\n" in run.out
    assert run.err == ""


def test_one_file_that_cannot_be_read_does_not_hide_the_others(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('nmae = "x"\nversion = "1"\nstates = []\nmoves = []')
    run = Run(capsys, "check", wrong, PLANTED / "loop.toml", LOOP)
    assert run.code == 2
    assert run.out.splitlines()[0].endswith("small@1 has 1 defect")
    assert run.out.splitlines()[-1].endswith("has no defects")
    assert run.err == (
        f"demandflow: {wrong}: version must be a whole number, got '1'\n"
        f"demandflow: {wrong}: unknown key 'nmae' (possible: name, version, tells_nobody, states, moves, "
        f"clocks, calendars); did you mean 'name'?\n"
    )
    run = Run(capsys, "check", "--json", wrong, LOOP)
    first, second = run.document["files"]
    assert (run.code, len(first["mistakes"]), first["sound"], second["sound"]) == (2, 2, False, True)


# where workflows are found


def test_a_workflow_may_be_in_python(capsys: pytest.CaptureFixture[str], own: str) -> None:
    for name, code in [("LOOP", 0), ("made", 0), ("marred", 1)]:
        assert Run(capsys, "check", f"{own}:{name}").code == code
    assert "hello" not in Run(capsys, "check", "--json", f"{own}:LOOP").out


def test_a_module_of_this_folder_is_found(
    capsys: pytest.CaptureFixture[str], own: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path(own).rename(Path(own).with_name("own_module_here.py"))
    monkeypatch.chdir(Path(own).parent)
    assert Run(capsys, "check", "own_module_here:LOOP").code == 0
    assert str(Path(own).parent) not in sys.path
    del sys.modules["own_module_here"]


def test_a_file_may_use_the_words_of_a_module(capsys: pytest.CaptureFixture[str], own: str, tmp_path: Path) -> None:
    text = (PLANTED / "no-owner.toml").read_text().replace('"Stepped"', '"Weighed"').replace("finish", "weigh")
    text = text.replace('waits_for = "audit"', 'waits_for = "audit"\nowner = "clerk"')
    file = tmp_path / "weighing.toml"
    file.write_text(text + 'rules = ["the_lorry_is_here"]\n')
    assert Run(capsys, "check", file).code == 2
    assert Run(capsys, "check", file, "--vocabulary", f"{own}:WORDS").code == 0
    run = Run(capsys, "diff", f"{own}:LOOP", file, "--vocabulary", f"{own}:WORDS")
    assert (run.code, run.err) == (0, "hello from a module\n")


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("{own}:LOPO", "has no 'LOPO' (possible: CLOSED_LOOP, STANDARD_VOCABULARY, WORDS, LOOP); did you mean 'LOOP'?"),
        ("{own}:broken", "cannot be loaded: ZeroDivisionError: division by zero"),
        ("{own}:leaving", "cannot be loaded: SystemExit: 3"),
        ("{own}:NUMBER", "is no Workflow and returns none, but 3"),
        ("{own}", "say which workflow in it"),
        ("{own}:", "must be package.module:NAME or path/to/file.py:NAME"),
        ("none/own.py:LOOP", "cannot be loaded: FileNotFoundError"),
        ("no_such_module:LOOP", "cannot be loaded: ModuleNotFoundError: No module named 'no_such_module'"),
        ("none.toml", "cannot be read: No such file or directory"),
        ("workflow.yaml", "is neither .toml nor .json"),
        ("", "demandflow: '': is neither .toml nor .json"),
        (" ", "demandflow: ' ': is neither .toml nor .json"),
    ],
)
@pytest.mark.parametrize("verb", ["check", "draw"])
def test_what_is_not_found_is_told_in_a_line(
    verb: str, source: str, says: str, capsys: pytest.CaptureFixture[str], own: str
) -> None:
    run = Run(capsys, verb, source.format(own=own))
    assert run.code == 2
    assert run.out == ""
    told = [line for line in run.err.splitlines() if line != "hello from a module"]
    assert len(told) == 1
    assert told[0].startswith("demandflow: ")
    assert says in told[0]


def test_a_vocabulary_is_one(capsys: pytest.CaptureFixture[str], own: str) -> None:
    run = Run(capsys, "check", LOOP, "--vocabulary", f"{own}:NUMBER")
    assert run.code == 2
    assert "is no Vocabulary, but 3" in run.err


@pytest.mark.parametrize(
    "arguments",
    [[], ["workflow"], ["workflow", "check"], ["workflow", "draw", LOOP, "--as", "oil"], ["workflow", "paint", LOOP]],
)
def test_a_misuse_is_told_in_a_line(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(r"demandflow: usage: .*; see demandflow.* --help\n", err)


def test_help_is_given(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["workflow", "check", "--help"])
    assert caught.value.code == 0
    assert "every defect" in capsys.readouterr().out


# draw


def test_a_workflow_is_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "draw", LOOP, "--as", "table")
    assert (run.code, run.out) == (0, CLOSED_LOOP.table() + "\n")
    for arguments in ([LOOP], [LOOP, "--as", "mermaid"]):
        run = Run(capsys, "draw", *arguments)
        assert (run.code, run.out) == (0, CLOSED_LOOP.mermaid() + "\n")


def test_a_workflow_with_defects_is_not_drawn(capsys: pytest.CaptureFixture[str]) -> None:
    run = Run(capsys, "draw", PLANTED / "loop.toml")
    assert (run.code, run.out) == (2, "")
    assert "loop.toml: small@1 cannot be used: from states 'here', 'there' no end can be reached" in run.err


def test_what_the_terminal_has_no_sign_for_is_written_as_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "ascii", write_through=True))
    assert main(["workflow", "draw", LOOP, "--as", "table"]) == 0
    assert b"sort \\u2192 stays" in written.getvalue()


# diff


def test_two_workflows_are_compared(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    stricter = tmp_path / "stricter.json"
    dump(closed_loop(version=3, bound=2), stricter)
    run = Run(capsys, "diff", LOOP, LOOP)
    assert run.code == 0
    run = Run(capsys, "diff", LOOP, stricter)
    assert run.code == 1
    assert "the_bound_is_reached(rounds=3) → the_bound_is_reached(rounds=2)" in run.out
    run = Run(capsys, "diff", "--json", LOOP, stricter)
    assert run.code == 1
    assert (run.document["old"], run.document["new"]) == ("closed-loop@2", "closed-loop@3")
    assert run.document["lines"]


# replay-check


@pytest.fixture
def log(tmp_path: Path) -> str:
    """A log with one demand that an auditor accepted."""
    url = f"sqlite:///{tmp_path / 'log.db'}"
    with DemandFlow.open(url) as flow:
        clerk, auditor = Actor("chen", Role.GRID_ADMINISTRATOR), Actor("liu", Role.AUDITOR)
        demand = flow.register(text="路灯坏了", channel="hotline", place="c1", category="lights", by=clerk)
        flow.accept(demand.id, by=auditor)
    return url


def test_a_log_is_judged_by_another_workflow(capsys: pytest.CaptureFixture[str], log: str, tmp_path: Path) -> None:
    run = Run(capsys, "replay-check", log, LOOP)
    assert (run.code, run.err) == (0, "")
    moves = [replace(m, by=Role.SUPERVISOR) if m.name == "accept" else m for m in CLOSED_LOOP.moves]
    other = tmp_path / "other.toml"
    dump(replace(CLOSED_LOOP, version=3, moves=moves), other)
    run = Run(capsys, "replay-check", log, other)
    assert run.code == 1
    assert "auditor may not accept" in run.out
    run = Run(capsys, "replay-check", "--json", log, other)
    assert run.code == 1
    assert "auditor may not accept" in json.dumps(run.document)


def test_a_log_is_judged_by_a_workflow_of_another_name(
    capsys: pytest.CaptureFixture[str], log: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.toml"
    dump(replace(CLOSED_LOOP, name="another-loop"), other)
    run = Run(capsys, "replay-check", log, other)
    assert (run.code, run.out) == (2, "")
    assert "there are demands on closed-loop@2" in run.err
    assert Run(capsys, "replay-check", log, other, "--of", "closed-loop@2").code == 0


def test_a_log_that_is_not_there_is_not_made(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    missing = tmp_path / "none.db"
    for url in (f"sqlite:///{missing}", "memory:", "postgres://x"):
        run = Run(capsys, "replay-check", url, LOOP)
        assert (run.code, run.out, run.err.count("\n")) == (2, "", 1)
    assert not missing.exists()


def test_what_is_no_log_is_not_made_one(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    others, text = tmp_path / "others.db", tmp_path / "text.db"
    with closing(sqlite3.connect(others)) as connection:
        connection.execute("CREATE TABLE theirs (name TEXT)")
    text.write_text("no database at all")
    before = others.read_bytes(), text.read_bytes()
    for path, says in [(others, "holds no log"), (text, "file is not a database")]:
        run = Run(capsys, "replay-check", f"sqlite:///{path}", LOOP)
        assert (run.code, run.out) == (2, "")
        assert says in run.err
    assert (others.read_bytes(), text.read_bytes()) == before


def files_in(folder: Path) -> dict[str, bytes]:
    return {one.name: one.read_bytes() for one in folder.iterdir() if not one.name.endswith("-shm")}


def test_judging_a_log_writes_nothing(capsys: pytest.CaptureFixture[str], log: str, tmp_path: Path) -> None:
    before = files_in(tmp_path)
    assert Run(capsys, "replay-check", log, LOOP).code == 0
    assert files_in(tmp_path) == before, "nothing in the log, nothing beside it"
    with DemandFlow.open(log) as flow:
        clerk = Actor("chen", Role.GRID_ADMINISTRATOR)
        flow.register(text="x", channel="hotline", place="c1", by=clerk)
        before = files_in(tmp_path)
        run = Run(capsys, "replay-check", "--json", log, LOOP)
        assert (run.code, run.document["demands"]) == (0, 2), "what is not yet in the main file is read as well"
        assert files_in(tmp_path) == before


STRANGERS = (
    "CREATE TABLE stored_events (a INT)",
    "CREATE TABLE stored_events (originator_id TEXT, originator_version INTEGER, topic TEXT, state BLOB)",
    "CREATE TABLE demandflow_log (id TEXT, tenant TEXT)",
)


@pytest.mark.parametrize("statements", [*((one,) for one in STRANGERS), STRANGERS[:1] + STRANGERS[2:]])
def test_a_strangers_database_is_no_log_and_stays_as_it_is(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, statements: tuple[str, ...]
) -> None:
    with closing(sqlite3.connect(tmp_path / "other.db")) as connection:
        for statement in statements:
            connection.execute(statement)
    before = files_in(tmp_path)
    run = Run(capsys, "replay-check", f"sqlite:///{tmp_path / 'other.db'}", LOOP)
    assert (run.code, run.out) == (2, "")
    assert "it is an SQLite file, but holds no log" in run.err
    assert files_in(tmp_path) == before


def test_a_log_with_nothing_in_it_is_not_called_sound(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    DemandFlow.open(url).close()
    run = Run(capsys, "replay-check", url, LOOP)
    assert (run.code, run.out) == (2, "")
    assert "nothing in this log that could be judged" in run.err


@pytest.mark.parametrize("row", ["('x', 1, 'demand.noted', '{}')", "(NULL, NULL, NULL, NULL)"])
def test_a_row_that_is_no_event_is_told(capsys: pytest.CaptureFixture[str], log: str, row: str) -> None:
    with closing(sqlite3.connect(log.removeprefix("sqlite:///"))) as connection:
        connection.execute(f"INSERT INTO stored_events VALUES {row}")
        connection.commit()
    run = Run(capsys, "replay-check", log, LOOP)
    assert (run.code, run.out) == (2, "")
    assert "is none of ours" in run.err


def test_the_log_of_another_is_not_read(capsys: pytest.CaptureFixture[str], log: str) -> None:
    run = Run(capsys, "replay-check", log, LOOP, "--tenant", "fufeng")
    assert run.code == 2
    assert "one tenant, one log" in run.err


# as a program


def test_it_runs_as_a_program() -> None:
    command = [sys.executable, "-m", "demandflow", "workflow", "check", "docs/closed-loop.toml"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    said = "docs/closed-loop.toml: closed-loop@2 has no defects\n"
    assert (done.returncode, done.stdout, done.stderr) == (0, said, "")


@pytest.mark.long
@pytest.mark.parametrize("times", [1, 20])
def test_who_stops_reading_gets_no_traceback(times: int, tmp_path: Path) -> None:
    (folder := tmp_path / ("x" * 250) / ("y" * 250)).mkdir(parents=True)  # much is said, of few files
    file = shutil.copy(ROOT / "docs/closed-loop.toml", folder)
    command = [sys.executable, "-m", "demandflow", "workflow", "check", *[file] * times]
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=ROOT, env=buffered) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert running.stderr.read() == b""
    assert running.returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no full disk to write to")
@pytest.mark.parametrize("arguments", [["workflow", "draw", "docs/closed-loop.toml"], ["--help"]])
def test_a_full_disk_is_told_in_a_line(arguments: list[str]) -> None:
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with Path("/dev/full").open("w") as full:
        command = [sys.executable, "-m", "demandflow", *arguments]
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, cwd=ROOT, env=buffered
        )
    assert done.returncode == 2
    assert done.stderr == "demandflow: the answer cannot be written: No space left on device\n"

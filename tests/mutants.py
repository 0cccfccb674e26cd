"""`make mutants`: each planted fault, alone in a copy of the package, against the shipped laws; and the table of it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings

from tests.faults import FAULTS, ROOT, Fault

PAGE = ROOT / "docs" / "mutants.md"
HISTORIES = 200
SECONDS = 240
AT_ONCE = 2
NOBODY = "NOBODY"
BUILT = "when built"
HEADINGS = ("fault", "file", "caught by", "workflow", "histories", "seconds")


@dataclass(frozen=True)
class Caught:
    """What noticed a fault: a law, the building of a workflow, or an error; after how many histories and seconds."""

    by: str
    workflow: str = ""
    histories: int = 0
    seconds: float = 0.0
    says: str = ""


def hold_the_laws(histories: int) -> Caught:
    """Hold the shipped laws against the package as it is imported here; the workflows are built here as well."""
    began = time.perf_counter()
    try:
        from demandflow.testing import LawBroken, Played, check
        from tests.small_workflow import workflows

        chosen = workflows()
    except Exception as error:
        return Caught(BUILT, seconds=time.perf_counter() - began, says=_brief(error))
    kept = 0

    def counted(played: Played) -> None:
        """Whatever comes here has kept every other law."""
        nonlocal kept
        kept += 1

    for workflow in chosen:
        before = kept
        try:
            check(workflow, also=[counted], max_examples=histories)
        except LawBroken as broken:
            by, says = broken.law, _brief(broken.problem)
        except Exception as error:
            by, says = f"an error ({type(error).__name__})", _brief(error)
        else:
            continue
        return Caught(by, workflow.key, kept - before + 1, time.perf_counter() - began, says)
    return Caught(NOBODY, histories=kept, seconds=time.perf_counter() - began)


def judged(clean: Path, fault: Fault | None, histories: int = HISTORIES) -> Caught:
    """The laws' judgement, in a process of its own, of a copy of what is in `clean` with this fault alone."""
    with TemporaryDirectory(dir=clean.parent) as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(clean, copy)
        if fault is not None:
            (copy / "demandflow" / fault.file).write_text(fault.applied(copy / "demandflow"), encoding="utf-8")
        command = [sys.executable, "-m", "tests.mutants", "hold", str(histories)]
        around = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(command, cwd=copy, env=around, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return Caught("the time that is given", seconds=SECONDS)
    if done.returncode:
        return Caught(BUILT, says=_brief(done.stderr.strip().rpartition("\n")[2]))
    return Caught(**json.loads(done.stdout.splitlines()[-1]))


def all_judged(faults: Sequence[Fault]) -> Iterator[tuple[Fault, Caught]]:
    """Each fault with what noticed it, in their order. Raises AssertionError if the laws do not hold without any."""
    with TemporaryDirectory() as home, ThreadPoolExecutor(AT_ONCE) as workers:
        clean = Path(home) / "clean"
        for name in ("demandflow", "tests"):
            shutil.copytree(ROOT / name, clean / name, ignore=shutil.ignore_patterns("__pycache__"))
        without = judged(clean, None)
        assert without.by == NOBODY, f"without any fault, {without.by} objects to {without.workflow}: {without.says}"
        yield from zip(faults, workers.map(lambda fault: judged(clean, fault), faults), strict=True)


def line(fault: Fault, caught: Caught) -> tuple[str, ...]:
    """One line of the table."""
    tried = str(caught.histories) if caught.histories else ""
    return fault.name, fault.file, caught.by, caught.workflow, tried, f"{caught.seconds:.1f}"


def page(rows: Sequence[tuple[str, ...]]) -> str:
    """The table as a page."""
    head = ["# Faults, and the laws that catch them", "", INTRODUCTION, ""]
    table = [HEADINGS, ("---",) * len(HEADINGS), *rows]
    return "\n".join([*head, *(f"| {' | '.join(row)} |" for row in table)]) + "\n"


INTRODUCTION = f"""Made by `make mutants`, which rewrites this page. Each fault stands alone in a copy of the package;
the laws that the package ships (`demandflow.testing.check`) are held against the closed loop and a small workflow of
another kind, with up to {HISTORIES} random histories each. The table says which law objected first, and to which
history. Seconds are those until the shortest story was found."""


def main(arguments: Sequence[str]) -> int:
    """Judge all faults, or those whose names have one of these words in them; 1 if one was noticed by nobody."""
    if arguments[:1] == ["hold"]:
        return _hold(int(arguments[1]))
    chosen = [fault for fault in FAULTS if not arguments or any(word in fault.name for word in arguments)]
    rows = []
    for fault, caught in all_judged(chosen):
        rows.append(line(fault, caught))
        print("{:<62}{:<26}{:<52}{:<15}{:>5}{:>7}".format(*rows[-1]), flush=True)
    caught_by = [row[2] for row in rows]
    missed, built = caught_by.count(NOBODY), caught_by.count(BUILT)
    print(f"{len(rows)} faults: {len(rows) - missed} caught, {built} of them when built; {missed} noticed by nobody")
    if not arguments:
        PAGE.write_text(page(rows), encoding="utf-8")
    return 1 if missed else 0


def _hold(histories: int) -> int:
    import demandflow

    here = Path.cwd()
    assert Path(demandflow.__file__).is_relative_to(here), "another package would be judged than the copy"
    settings.register_profile("mutants", derandomize=True, database=None)
    settings.load_profile("mutants")
    print(json.dumps(asdict(hold_the_laws(histories))))
    return 0


def _brief(problem: object) -> str:
    return " ".join(str(problem).split())[:160]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""`make mutants`: faults planted by hand and by lot, against the shipped laws alone; and the tests' score."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from random import Random
from secrets import randbits
from tempfile import TemporaryDirectory
from typing import Any, Protocol, TypeVar

from hypothesis import settings

from demandflow.testing.drawing.drawing import HISTORIES, STEPS
from demandflow.testing.playing.places import SERVER
from tests.mutation import design_faults_first, design_faults_fourth, design_faults_second, design_faults_third
from tests.mutation.explained import SAME, WHY_NOT, why, why_no_law
from tests.mutation.faults import FAULTS, Fault
from tests.mutation.mutated import KILLED, UNJUDGED, UNJUDGED_ROOMS, Mutant, drawn, lot, mutants_in, prepare, run
from tests.paths import ROOT
from tests.servers import schemas

PAGE = ROOT / "docs" / "mutants.md"
FEW = 10
SECONDS, OF_THE_LOT, OF_A_HISTORY = 600, 90, 25
AT_ONCE = 2
COUNTY, POSTGRES = "domain/county/", ("store/postgres/", "store/backends.py", "store/reader.py")
SEED, DRAWN = 20250301, 150
MODEL = "demandflow does what the model says"
LOT, WANTED = 1_200, 0.93
NOBODY = "NOBODY"
BUILT = "when built"
OVER_TIME = "nobody in time"
UNNOTICED = (NOBODY, OVER_TIME)
HEADINGS = ("fault", "file", "caught by", "workflow", "histories", "seconds")


class Plantable(Protocol):
    """What can be planted in a copy of the package."""

    @property
    def name(self) -> str:
        """What the fault is."""

    @property
    def file(self) -> str:
        """The file in which it is."""

    def applied(self, package: Path) -> str:
        """That file with the fault in it."""


P = TypeVar("P", bound=Plantable)


@dataclass(frozen=True)
class Caught:
    """What noticed a fault: a law, the building of a workflow, or an error; after how many histories and seconds."""

    by: str
    workflow: str = ""
    histories: int = 0
    seconds: float = 0.0
    says: str = ""


def hold_the_laws(seed: int, file: str = "") -> Caught:
    """Hold the shipped laws against the package as it is imported here; the workflows are built here as well.

    They are the county's where the fault is in a file of those, first those of the same folder, as whoever has one of
    them would check it; logs are kept in PostgreSQL where the fault is in what keeps them there.
    As check() does it with its default settings, but that what is wrong is not made smaller. A few histories of each
    workflow come first: most faults show in one of them soon, and in another never.
    """
    began, kept, dice = time.perf_counter(), 0, Random(seed)
    try:
        from demandflow.testing import LAWS, Checked
        from demandflow.testing.checking import Broken, hold_by_lot
        from tests.laws.county_workflows import DEMANDS, FACTS, KINDS
        from tests.laws.long_runs import workflows

        county = file.startswith(COUNTY)
        chosen = tuple(sorted((*KINDS, *DEMANDS), key=partial(_elsewhere, file))) if county else workflows()
        samples = {one: {fact: given.example for fact, given in FACTS.get(one, {}).items()} for one in chosen}
    except Exception as error:
        return Caught(BUILT, seconds=time.perf_counter() - began, says=_brief(error))
    theirs = [one for one in chosen if not _elsewhere(file, one)] if county else chosen[:2]
    turns = [(one, FEW) for _ in range(HISTORIES // FEW) for one in theirs]
    soon = turns if county else [*((one, FEW) for one in chosen), *((one, HISTORIES) for one in theirs)]
    rounds = [*soon, *((one, HISTORIES // 4) for one in chosen if one not in theirs)]
    for workflow in (one for one, number in rounds for _ in range(number)):
        kept += 1
        try:
            signal.setitimer(signal.ITIMER_VIRTUAL, OF_A_HISTORY)
            hold_by_lot(dice.randrange(2**64), workflow, samples[workflow], STEPS, LAWS, Checked(workflow))
        except Broken as broken:
            law = broken.law.name
            by = getattr(broken.error, "what", "").partition("(")[0].partition(" of demand")[0] if law == MODEL else law
            return Caught(by or law, workflow.key, kept, time.perf_counter() - began, _brief(broken.error))
        except Exception as error:
            by = f"an error ({type(error).__name__})"
            return Caught(by, workflow.key, kept, time.perf_counter() - began, _brief(error))
    return Caught(NOBODY, histories=kept, seconds=time.perf_counter() - began)


def _endless(*_: object) -> None:
    raise TimeoutError("a history goes round and round")


def _elsewhere(file: str, workflow: Any) -> bool:
    """Whether the workflow is in another folder than the file."""
    folder = file.rpartition("/")[0].replace("/", ".")
    return all(f".{folder}." not in move.fact.__module__ for move in workflow.moves)


def judged(clean: Path, fault: Plantable | None, seconds: float = SECONDS, seed: int = 1) -> Caught:
    """The laws' judgement, in a process of its own, of a copy of what is in `clean` with this fault alone."""
    with TemporaryDirectory(dir=clean.parent) as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(clean, copy)
        if fault is not None:
            (copy / "demandflow" / fault.file).write_text(fault.applied(copy / "demandflow"), encoding="utf-8")
        command = [sys.executable, "-m", "tests.mutation.mutants", "hold", str(seed), fault.file if fault else ""]
        around = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(command, cwd=copy, env=around, capture_output=True, text=True, timeout=seconds)
        except subprocess.TimeoutExpired:
            return Caught(OVER_TIME, seconds=seconds)
    if done.returncode:
        return Caught(BUILT, says=_brief(done.stderr.strip().rpartition("\n")[2]))
    return Caught(**json.loads(done.stdout.splitlines()[-1]))


def all_judged(faults: Sequence[P], tree: Path, seconds: float) -> Iterator[tuple[P, Caught]]:
    """Each fault with what noticed it, in their order. Raises AssertionError if the laws do not hold without any."""
    with TemporaryDirectory() as home, ThreadPoolExecutor(AT_ONCE) as workers:
        clean = Path(home) / "clean"
        for name in ("demandflow", "tests"):
            shutil.copytree(tree / name, clean / name, ignore=shutil.ignore_patterns("__pycache__"))
        without = judged(clean, None)
        assert without.by in UNNOTICED, f"without any fault, {without.by} objects to {without.workflow}: {without.says}"
        yield from zip(faults, workers.map(lambda fault: judged(clean, fault, seconds), faults), strict=True)


def held(faults: Sequence[Plantable], seconds: float = SECONDS, tree: Path = ROOT) -> list[tuple[str, ...]]:
    """Each fault judged by the laws alone: the lines of the table, printed as they come."""
    lines: list[tuple[str, ...]] = []
    for fault, caught in all_judged(faults, tree, seconds):
        tried = str(caught.histories) if caught.histories else ""
        lines.append((fault.name, fault.file, caught.by, caught.workflow, tried, f"{caught.seconds:.1f}"))
        print(" | ".join(lines[-1]), flush=True)
    return lines


def summary(lines: Sequence[tuple[str, ...]]) -> str:
    """How many were caught."""
    by = [line[2] for line in lines]
    over, nobody = by.count(OVER_TIME), by.count(NOBODY)
    late = f"; {over} not judged in the time that is given" if over else ""
    return f"{len(by)} faults: {len(by) - over - nobody} caught, {by.count(BUILT)} of them when built{late}"


def shares(number: int, missed: Sequence[str]) -> str:
    """The share of so many that was noticed, also without those that change nothing, by why the others were not."""
    same, noticed = sum(reason.startswith(SAME) for reason in missed), number - len(missed)
    rest = f", or {noticed / (number - same):.1%} without {same} that are the same as what they change"
    return f"{noticed / number:.1%}{rest if 0 < same < number else ''}"


def table(headings: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (headings, ["---"] * len(headings), *lines))


def planted(faults: Sequence[Fault], words: Sequence[str]) -> tuple[str, int]:
    """Faults planted by hand (or those with one of the words in their names), and how many nobody noticed."""
    lines = held([fault for fault in faults if not words or any(word in fault.name for word in words)])
    missed = [line for line in lines if line[2] in UNNOTICED]
    told = [(name, file, WHY_NOT.get(name, UNEXPLAINED)) for name, file, *_ in missed]
    text = f"{summary(lines)}.\n\n{table(HEADINGS, lines)}"
    if told:
        text += f"\n\nThose that no law noticed, one by one:\n\n{table(('fault', 'file', 'why'), told)}"
    return text, len(missed)


def by_lot(seed: int, number: int = DRAWN) -> tuple[str, int]:
    """Mutants drawn from the whole package, and how many nobody noticed."""
    print(f"{number} mutants drawn with seed {seed}", flush=True)
    with TemporaryDirectory() as home:
        chosen = drawn(prepare(Path(home)), seed, number)
    lines = held(chosen, OF_THE_LOT)
    missed = [one for one, line in zip(chosen, lines, strict=True) if line[2] in UNNOTICED]
    told = [(one.name, one.file, why_no_law(one) or UNEXPLAINED) for one in missed]
    said = f"{len(chosen)} of mutmut's mutants, drawn with seed {seed} from all modules but {', '.join(UNJUDGED_ROOMS)}"
    said += " (those that change nothing but a text are drawn again), at most"
    share = shares(len(chosen), [reason for *_, reason in told])
    said += f" {OF_THE_LOT} seconds each. {summary(lines)}, that is {share}."
    text = f"{said}\n\n{table(HEADINGS, lines)}\n\nThose that no law noticed, one by one:\n\n"
    return text + table(("mutant", "file", "why"), told), len(missed)


def score(mutants: Sequence[Mutant]) -> tuple[str, int]:
    """What the fast tests noticed in the whole domain, and how many mutants are missing from what is wanted."""
    judged = [one for one in mutants if one.fate != UNJUDGED]
    left = [one for one in judged if one.fate != KILLED]
    killed = len(judged) - len(left)
    said = f"{len(judged)} of the {len(mutants)} mutants of `demandflow/domain` were drawn by lot (seed {SEED}):"
    said += f" {killed} are noticed ({killed / len(judged):.1%}); of the {len(left)} others"
    said += f" {sum(one.words_only for one in left)} differ in nothing but a text."
    print(said)
    lines = []
    for file in sorted({one.file for one in mutants}):
        made, tried, missed = (sum(one.file == file for one in several) for several in (mutants, judged, left))
        words = sum(one.words_only for one in left if one.file == file)
        lines.append((file, made, tried, tried - missed, missed, words))
    rest = [(one.file, one.name, why(one) or UNEXPLAINED) for one in left if not one.words_only]
    heads = ("file", "mutants", "judged", "noticed", "left", "of these texts only")
    text = f"{said} {SUITE_SAYS}\n\n{table(heads, lines)}\n\n{TEXTS_SAY}\n\nThe others:\n\n"
    return text + table(("file", "mutant", "why"), rest), max(0, round(WANTED * len(judged)) - killed)


UNEXPLAINED = "not yet explained"
SUITE_SAYS = """The suite is that of the fast tests and the kit with few examples (`tests/mutation/mutated.py` names
them and those that are left out); it is derandomised. Decorated functions and tables of a module are not mutated by
the tool."""
TEXTS_SAY = """Texts are the sentences of messages and what separates their parts, never a single word, which may be a
name. What a sentence says is left to its readers, but for those in `tests/unit/workflows/golden_defects.txt` and
`tests/unit/rules/golden_objections.txt`."""
INTRODUCTION = f"""# Faults, and who notices them

Made by `make mutants`, which rewrites this page. Each fault stands alone in a copy of the package. *The laws alone*
means: the laws that the package ships are held against the closed loop, with clocks and without, and three small
workflows of other kinds, {HISTORIES} histories each (what `check()` does by default) and a quarter of that for the
small ones, at most {SECONDS} seconds for each fault, and nothing else is asked. The column *caught by* says which
question or command showed it first."""


def kept(parts: dict[str, str]) -> None:
    """Write these parts of the page, and leave its others as they are."""
    old = PAGE.read_text(encoding="utf-8").split("\n## ")[1:] if PAGE.exists() else []
    sections = dict.fromkeys(PARTS, "") | {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in old}
    sections |= parts
    told = [f"## {title}\n\n{text.strip()}" for title, text in sections.items() if text and title in PARTS]
    PAGE.write_text("\n\n".join([INTRODUCTION, *told]) + "\n", encoding="utf-8")


PLANTED: dict[str, tuple[str, tuple[Fault, ...]]] = {
    "planted": ("Planted by hand, against the laws alone: in-sample", FAULTS),
    "first": ("Faults of design, the first batch: in-sample", design_faults_first.BATCH),
    "second": ("Faults of design, the second batch: in-sample", design_faults_second.BATCH),
    "third": ("Faults of design, the third batch", design_faults_third.BATCH),
    "fourth": ("Faults of design, the fourth batch", design_faults_fourth.BATCH),
}
"""In-sample are those after which the kit was mended."""
BY_LOT, SCORE = "Drawn by lot, against the laws alone", "The domain, against the fast tests"
PARTS = (*(title for title, _ in PLANTED.values()), BY_LOT, SCORE)


def main(arguments: Sequence[str]) -> int:
    """All parts; or one of PLANTED with words of names, `lot` with a seed, or `tool`. 1 if something went unnoticed."""
    part, words = (*arguments, None)[0], arguments[1:]
    if part == "hold":
        return _hold(int(words[0]), words[1])
    wrong = 0
    for name, (title, faults) in PLANTED.items():
        if part in (None, name):
            began = time.perf_counter()
            text, missed = planted(faults, words)
            wrong += missed
            if not words:
                kept({title: text})
            print(f"{text.partition('.')[0]}; {time.perf_counter() - began:.0f} s", flush=True)
    if part in (None, "lot"):
        began = time.perf_counter()
        text, missed = by_lot(int(words[0]) if words else randbits(32))
        wrong += missed
        kept({BY_LOT: text})
        print(f"{missed} noticed by no law; {time.perf_counter() - began:.0f} s", flush=True)
    if part in (None, "tool"):
        began = time.perf_counter()
        with TemporaryDirectory() as home:
            copy = prepare(Path(home))
            run(copy, AT_ONCE)
            run(copy, AT_ONCE, lot(mutants_in(copy), SEED, LOT))
            text, below = score(mutants_in(copy))
        kept({SCORE: text})
        print(f"{time.perf_counter() - began:.0f} s for the score", flush=True)
        wrong += below
    return 1 if wrong else 0


def _hold(seed: int, file: str) -> int:
    import demandflow

    here = Path.cwd()
    assert Path(demandflow.__file__).is_relative_to(here), "another package would be judged than the copy"
    settings.register_profile("mutants", derandomize=True, database=None)
    settings.load_profile("mutants")
    signal.signal(signal.SIGVTALRM, _endless)
    with schemas() if file.startswith(POSTGRES) else nullcontext() as server:
        os.environ[SERVER] = server.url if server else ""
        print(json.dumps(asdict(hold_the_laws(seed, file))))
    return 0


def _brief(problem: object) -> str:
    return " ".join(str(problem).split())[:160]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

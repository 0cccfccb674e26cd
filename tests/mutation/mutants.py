"""`make mutants`: faults planted by hand and by lot, against the shipped laws alone; and the tests' score."""

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
from typing import Protocol, TypeVar

from hypothesis import settings

from tests.mutation.explained import why, why_no_law
from tests.mutation.faults import FAULTS
from tests.mutation.mutated import JUDGED_BY_LAWS, KILLED, UNJUDGED, Mutant, drawn, lot, mutants_in, prepare, run
from tests.paths import ROOT

PAGE = ROOT / "docs" / "mutants.md"
HISTORIES, FEW = 250, 10
SECONDS = 400
AT_ONCE = 2
SEED, DRAWN = 20250301, 24
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


def hold_the_laws(histories: int) -> Caught:
    """Hold the shipped laws against the package as it is imported here; the workflows are built here as well.

    A few histories of each workflow come first: most faults show in one of them soon, and in another never.
    """
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

    for workflow, number in [(one, number) for number in (histories // FEW or 1, histories) for one in chosen]:
        before = kept
        try:
            check(workflow, also=[counted], max_examples=number)
        except LawBroken as broken:
            by, says = broken.law, _brief(broken.problem)
        except Exception as error:
            by, says = f"an error ({type(error).__name__})", _brief(error)
        else:
            continue
        return Caught(by, workflow.key, kept - before + 1, time.perf_counter() - began, says)
    return Caught(NOBODY, histories=kept, seconds=time.perf_counter() - began)


def judged(clean: Path, fault: Plantable | None, histories: int = HISTORIES) -> Caught:
    """The laws' judgement, in a process of its own, of a copy of what is in `clean` with this fault alone."""
    with TemporaryDirectory(dir=clean.parent) as folder:
        copy = Path(folder) / "copy"
        shutil.copytree(clean, copy)
        if fault is not None:
            (copy / "demandflow" / fault.file).write_text(fault.applied(copy / "demandflow"), encoding="utf-8")
        command = [sys.executable, "-m", "tests.mutation.mutants", "hold", str(histories)]
        around = {**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        try:
            done = subprocess.run(command, cwd=copy, env=around, capture_output=True, text=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return Caught(OVER_TIME, seconds=SECONDS)
    if done.returncode:
        return Caught(BUILT, says=_brief(done.stderr.strip().rpartition("\n")[2]))
    return Caught(**json.loads(done.stdout.splitlines()[-1]))


def all_judged(faults: Sequence[P], tree: Path = ROOT) -> Iterator[tuple[P, Caught]]:
    """Each fault with what noticed it, in their order. Raises AssertionError if the laws do not hold without any."""
    with TemporaryDirectory() as home, ThreadPoolExecutor(AT_ONCE) as workers:
        clean = Path(home) / "clean"
        for name in ("demandflow", "tests"):
            shutil.copytree(tree / name, clean / name, ignore=shutil.ignore_patterns("__pycache__"))
        without = judged(clean, None)
        assert without.by == NOBODY, f"without any fault, {without.by} objects to {without.workflow}: {without.says}"
        yield from zip(faults, workers.map(lambda fault: judged(clean, fault), faults), strict=True)


def held(faults: Sequence[Plantable], tree: Path = ROOT) -> list[tuple[str, ...]]:
    """Each fault judged by the laws alone: the lines of the table, printed as they come."""
    lines: list[tuple[str, ...]] = []
    for fault, caught in all_judged(faults, tree):
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


def table(headings: Sequence[str], lines: Sequence[Sequence[object]]) -> str:
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in (headings, ["---"] * len(headings), *lines))


def planted(words: Sequence[str]) -> tuple[str, int]:
    """The faults planted by hand (or those with one of the words in their names), and how many nobody noticed."""
    lines = held([fault for fault in FAULTS if not words or any(word in fault.name for word in words)])
    said = (
        "Where they would hurt most. The table says which law objected first, and to which history; seconds are those"
    )
    said += " until the shortest story was found."
    missed = sum(line[2] in UNNOTICED for line in lines)
    return f"{summary(lines)}.\n\n{said}\n\n{table(HEADINGS, lines)}", missed


def by_lot(mutants: Sequence[Mutant], tree: Path = ROOT) -> tuple[str, int]:
    """Mutants drawn from the modules that laws judge, and how many nobody noticed and nobody explained."""
    chosen = drawn(mutants, SEED, DRAWN)
    print(f"{len(chosen)} mutants drawn with seed {SEED}")
    lines = held(chosen, tree)
    missed = [one for one, line in zip(chosen, lines, strict=True) if line[2] in UNNOTICED]
    told = [(one.name, one.file, why_no_law(one) or UNEXPLAINED) for one in missed]
    said = f"{len(chosen)} of mutmut's mutants of the modules {', '.join(JUDGED_BY_LAWS)}, drawn by"
    said += f" `random.Random({SEED}).sample` from all of them, against the laws alone. {summary(lines)}."
    text = f"{said}\n\n{table(HEADINGS, lines)}\n\nThose that no law noticed, one by one:\n\n"
    return text + table(("mutant", "file", "why"), told), sum(line[2] == UNEXPLAINED for line in told)


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
means: the laws that the package ships (`demandflow.testing.check`) are held against the closed loop and three small
workflows of other kinds, with up to {HISTORIES} random histories each, and nothing else is asked."""


def kept(parts: dict[str, str]) -> None:
    """Write these parts of the page, and leave its others as they are."""
    old = PAGE.read_text(encoding="utf-8").split("\n## ")[1:] if PAGE.exists() else []
    sections = dict.fromkeys(PARTS, "") | {part.partition("\n")[0]: part.partition("\n")[2].strip() for part in old}
    sections |= parts
    told = [f"## {title}\n\n{text.strip()}" for title, text in sections.items() if text and title in PARTS]
    PAGE.write_text("\n\n".join([INTRODUCTION, *told]) + "\n", encoding="utf-8")


BY_HAND, BY_LOT, SCORE = PARTS = (
    "Planted by hand, against the laws alone",
    "Drawn by lot, against the laws alone",
    "The domain, against the fast tests",
)


def main(arguments: Sequence[str]) -> int:
    """All parts; or `planted` with words of names, or `tool`. 1 if something went unnoticed and unexplained."""
    if arguments[:1] == ["hold"]:
        return _hold(int(arguments[1]))
    wrong = 0
    if arguments[:1] in ([], ["planted"]):
        began = time.perf_counter()
        text, missed = planted(arguments[1:])
        if not arguments[1:]:
            kept({BY_HAND: text})
        wrong += missed
        print(f"{text.partition('.')[0]}; {missed} noticed by nobody; {time.perf_counter() - began:.0f} s", flush=True)
    if arguments[:1] in ([], ["tool"]):
        with TemporaryDirectory() as home:
            copy = prepare(Path(home))
            began = time.perf_counter()
            run(copy, AT_ONCE)
            run(copy, AT_ONCE, lot(mutants_in(copy), SEED, LOT))
            mutants = mutants_in(copy)
            text, below = score(mutants)
            kept({SCORE: text})
            print(f"{time.perf_counter() - began:.0f} s for the score", flush=True)
            began = time.perf_counter()
            text, missed = by_lot(mutants, copy)
            kept({BY_LOT: text})
            print(f"{time.perf_counter() - began:.0f} s for those drawn; {missed} not explained", flush=True)
        wrong += missed + below
    return 1 if wrong else 0


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

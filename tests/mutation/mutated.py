"""The domain, changed in thousands of places by mutmut: what the fast tests notice, and some changes for the laws."""

from __future__ import annotations

import ast
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import chdir
from dataclasses import dataclass
from difflib import unified_diff
from functools import cached_property
from pathlib import Path

from tests.paths import ROOT, TESTS

UNJUDGED_ROOMS = (
    *("testing/", "importing/", "analysis/", "workflow_files/", "cli/", "domain/checks/", "domain/drawing.py"),
    *("pytest_plugin.py", "_hypothesis.py", "calendars/files.py", "calendars/sources.py", "county/"),
)
"""What no law asks: the kit, files, drawings, comparisons, what refuses a workflow, what a county asks beside."""
TREE = ("demandflow", "tests", "docs", "examples")
SUITE = (
    "test_defects", "test_ways", "test_bounds", "test_objections", "test_rule_book", "test_samples", "test_values",
    "test_documents", "test_refusals", "test_moving", "test_command_arguments", "test_calendar_ends", "test_declared",
    "test_published", "test_streams", "test_whose_demand", "test_facts", "test_texts", "test_workflow",
    "test_demand", "test_drawing", "test_grades", "test_separations", "test_clocks", "test_spans", "test_calendars",
    "test_workflow_files", "test_scores", "test_support", "test_who_is_answered", "test_rounds", "test_items",
    "test_directory", "test_patrols", "test_requests", "test_orders", "test_commitments", "test_volunteers",
    "test_teams", "test_menu", "test_activities", "test_directory_asked", "test_home_reports", "test_scenario", "few",
    "test_comparison", "test_corrections_of_versions", "test_own_corrections",
)  # fmt: skip
"""The fast tests, the fastest first; of those that need a storage, what they say of one in memory or in a file."""
WITHOUT = ("-m", "not long", "-k", "not postgres")
"""What pytest is told, so that it leaves out what takes long or needs a server."""
SECONDS = dict.fromkeys(("test_clocks", "test_spans", "test_calendars"), 3)
"""What each test of these may take: where counting goes on from year to year, many a mutant never ends."""
IN_THIS_ORDER = f"""
import signal


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: {SUITE!r}.index(item.path.stem))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    signal.signal(signal.SIGVTALRM, lambda *_: pytest.fail("it goes round and round"))
    signal.setitimer(signal.ITIMER_VIRTUAL, {SECONDS!r}.get(item.path.stem, 0))
    try:
        return (yield)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
"""
LEFT_OUT = {
    "test_calendars": (
        "TestOracle",  # ten thousand minutes for each example
        "TestAdding::test_beyond_2199_there_is_no_end",  # 300 years laid out, again and again
        "TestDays::test_threads_share_a_calendar",
        "TestFiles::test_a_file_of_either_form",
        "TestFiles::test_what_is_no_file",
        "TestICalendar",  # outside the domain
        "TestPublished",
    ),
    "test_clocks": ("test_more_holidays_never_make_a_deadline_earlier",),  # nor any in test_calendars, with fewer
    "test_own_corrections": ("test_the_kit_plays_them",),
    "test_rule_book": (
        "test_every_rule_in_the_book_is_used_and_has_an_example",  # counts what mutmut adds to the module
        "test_nothing_that_is_changed_goes_unnoticed",  # 20 seconds for each mutant
        "test_a_conditional_move_that_is_taken_out_is_noticed",
    ),
    "test_workflow": ("test_advice_points_to_whoever_built_the_workflow_and_can_be_made_an_error",),  # one call more
    "test_workflow_files": (
        "test_the_published_schema_is_the_one_in_python",  # lists what mutmut adds to the module
        "test_the_vocabulary_has_the_whole_rule_book_and_all_facts",  # so do this
        "test_a_mistake_is_told_with_its_place_and_what_is_possible",  # and this
        "test_any_names_roles_and_numbers_read_back",
        "test_a_caller_s_mistakes_are_told",
    ),
}
ONE = ("demandflow.domain.rules.parameters.x_numbered__mutmut_1",)
A_COMMAND_LINE = 1_000
KILLED, SURVIVED, UNTRIED, UNJUDGED = "killed", "survived", "reached by no test", "not judged"
FATES = {0: SURVIVED, 5: UNTRIED, 33: UNTRIED, None: UNJUDGED}
"""What mutmut's exit codes say; all others, an error and time that ran out among them, are kills."""


@dataclass(frozen=True)
class Mutant:
    """One change that mutmut makes in one function, and what became of it."""

    key: str
    file: str
    owner: str
    function: str
    before: str
    after: str
    fate: str = KILLED

    @property
    def where(self) -> str:
        """The function, as people name it."""
        return f"{self.owner}.{self.function}" if self.owner else self.function

    @cached_property
    def lines(self) -> tuple[str, str]:
        """The lines that differ, before and after, as one line each."""
        told = list(unified_diff(self.before.splitlines(), self.after.splitlines(), n=0, lineterm=""))[2:]
        gone = " ".join(line[1:].strip() for line in told if line.startswith("-"))
        come = " ".join(line[1:].strip() for line in told if line.startswith("+"))
        return gone, come

    @property
    def name(self) -> str:
        """What is changed where, short enough for a table."""
        return f"{self.where}: {_short(*self.lines)}"

    @property
    def words_only(self) -> bool:
        """Whether nothing but a text of several words is another."""
        return _without_texts(self.before) == _without_texts(self.after)

    def applied(self, package: Path = ROOT / "demandflow") -> str:
        """The file with the mutant in it. Raises ValueError if the file is no longer as it was."""
        source = (package / self.file).read_text(encoding="utf-8")
        if source.count(self.before) != 1:
            raise ValueError(f"{self.key}: the function is not, or not once, in {self.file}")
        return source.replace(self.before, self.after)


def where(name: str) -> str:
    """The path of a test file in the tree, by its name."""
    (file,) = TESTS.rglob(f"{name}.py")
    return file.relative_to(ROOT).as_posix()


def prepare(home: Path) -> Path:
    """A copy of the tree in which mutmut can run."""
    copy = home / "tree"
    for name in TREE:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "README.md", copy)
    with (copy / "tests" / "conftest.py").open("a", encoding="utf-8") as conftest:
        conftest.write(IN_THIS_ORDER)
    left_out = [f"--deselect={where(name)}::{test}" for name, tests in LEFT_OUT.items() for test in tests]
    told = {
        "source_paths": ["demandflow"],
        "only_mutate": [f"demandflow/{room}/*.py" for room in ("inputs", "calendars", "domain")]
        + ["demandflow/recording/command.py", "demandflow/recording/registering.py"],
        "do_not_mutate": ["demandflow/calendars/files.py", "demandflow/calendars/sources.py", "*/lazy_names.py"],
        "also_copy": ["docs", "examples", "README.md"],
        "pytest_add_cli_args": ["-p", "no:cacheprovider", "--no-header", *WITHOUT, *left_out],
        "pytest_add_cli_args_test_selection": [where(name) for name in SUITE],
        "timeout_multiplier": 2,
        "use_git_change_detection": False,
        "track_dependencies": False,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (copy / "pyproject.toml").write_text(f"{project}\n[tool.mutmut]\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return copy


def run(copy: Path, at_once: int, keys: Sequence[str] = ONE) -> None:
    """Let mutmut judge these mutants in the copy, all of which it makes. Raises RuntimeError with its last words."""
    tool = Path(sys.executable).with_name("mutmut")
    around = {**os.environ, "HYPOTHESIS_PROFILE": "few", "PYTHONDONTWRITEBYTECODE": "1"}
    for begin in range(0, len(keys), A_COMMAND_LINE):
        command = [str(tool), "run", "--max-children", str(at_once), *keys[begin : begin + A_COMMAND_LINE]]
        done = subprocess.run(command, cwd=copy, env=around, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stdout[-2000:] + done.stderr[-2000:])


def mutants_in(copy: Path) -> list[Mutant]:
    """All mutants that mutmut made in the copy, with what became of each, by file and in its order."""
    package = copy / "mutants" / "demandflow"
    return [mutant for path in sorted(package.rglob("*.meta")) for mutant in _in_file(path, package)]


def drawn(copy: Path, seed: int, number: int) -> list[Mutant]:
    """So many mutants of all that answers questions, drawn by lot: a file by its lines, then one of its mutants.

    Those that differ in nothing but a text are drawn again.
    """
    from mutmut.mutation.file_mutation import mutate_file_contents

    dice, package = random.Random(seed), copy / "demandflow"
    files = {path: path.read_text(encoding="utf-8") for path in sorted(package.rglob("*.py")) if _engine(path, package)}
    chosen: dict[str, Mutant] = {}
    made: dict[Path, list[Mutant]] = {}
    with chdir(copy):
        while len(chosen) < number:
            (path,) = dice.choices(list(files), [source.count("\n") for source in files.values()])
            if path not in made:
                written = mutate_file_contents(str(path.relative_to(copy)), files[path])
                keys = dict.fromkeys(written.mutant_names)
                made[path] = list(_among(str(path.relative_to(package)), keys, written.code))
            if made[path]:
                one = dice.choice(made[path])
                if not one.words_only:
                    chosen[f"{one.file} {one.key}"] = one
    return list(chosen.values())


def _engine(path: Path, package: Path) -> bool:
    """Whether it is part of what the laws judge."""
    return not path.relative_to(package).as_posix().startswith(UNJUDGED_ROOMS)


def lot(mutants: Sequence[Mutant], seed: int, number: int) -> list[str]:
    """The keys of so many of all, drawn by lot."""
    return random.Random(seed).sample(sorted(one.key for one in mutants), min(number, len(mutants)))


def _in_file(meta: Path, package: Path) -> Iterator[Mutant]:
    written = meta.with_suffix("")
    fates: Mapping[str, int | None] = json.loads(meta.read_text(encoding="utf-8"))["exit_code_by_key"]
    return _among(str(written.relative_to(package)), fates, written.read_text(encoding="utf-8"))


def _among(file: str, fates: Mapping[str, int | None], written: str) -> Iterator[Mutant]:
    """The mutants of a file, from what mutmut wrote."""
    texts = dict(_functions(written))
    for key, code in fates.items():
        mangled = key.rpartition(".")[2]
        original = f"{mangled.rpartition('__mutmut_')[0]}__mutmut_orig"
        *_, owner, function = ["", *original.removesuffix("__mutmut_orig").removeprefix("x").split("ǁ")]
        function = function if owner else function.removeprefix("_")
        before, after = (texts[name].replace(f"def {name}(", f"def {function}(") for name in (original, mangled))
        yield Mutant(key, file, owner, function, before, after, FATES.get(code, KILLED))


def _functions(source: str) -> Iterator[tuple[str, str]]:
    """Every function of a module and of its classes, by its name, as it is written."""
    lines = source.splitlines(keepends=True)
    for node in ast.parse(source).body:
        for one in node.body if isinstance(node, ast.ClassDef) else [node]:
            if isinstance(one, ast.FunctionDef):
                yield one.name, "".join(lines[one.lineno - 1 : one.end_lineno])


class _Blank(ast.NodeTransformer):
    """Texts made alike, but for those that are one word: they may be a name that something is found by."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(" ") if isinstance(node.value, str) and not node.value.isidentifier() else node

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        return ast.Constant(" ")


def _without_texts(function: str) -> str:
    indent = len(function) - len(function.lstrip())
    lines = [line[indent:] for line in function.splitlines()]
    return ast.dump(_Blank().visit(ast.parse("\n".join(lines))))


def _short(before: str, after: str, around: int = 18) -> str:
    """The part that differs with a little around it."""
    start = next(
        (n for n, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), min(len(before), len(after))
    )
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    left = max(0, start - around)

    def cut(text: str) -> str:
        return text[left : min(len(text), len(text) - end + around)].replace("|", "\\|")

    return f"`{cut(before)}` → `{cut(after)}`"

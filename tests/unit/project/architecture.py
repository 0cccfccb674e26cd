"""The picture in docs/architecture.md: which room of the package sees which, drawn from what is imported.

`python -m tests.unit.project.architecture` draws it again.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from tests.paths import ROOT

PACKAGE = ROOT / "demandflow"
PAGE = ROOT / "docs" / "architecture.md"
SEEN_BY_ALL = {"errors", "inputs"}
NAMES_ONLY = {"__init__", "__main__", "facts", "rules", "figures", "_hypothesis", "pytest_plugin"}
BEGIN, END = "```mermaid\n", "```\n"


@cache
def imports(file: Path) -> frozenset[str]:
    """The modules that a file imports, wherever in it."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            modules |= {name.name for name in node.names}
        if isinstance(node, ast.ImportFrom):
            modules.add(node.module or "")
    return frozenset(modules)


def room(module: str) -> str:
    """The room of a module: its folder, or the module itself where it lies beside the folders."""
    return module.removeprefix("demandflow.").split(".")[0].removesuffix(".py")


def rooms() -> dict[str, set[str]]:
    """Each room with the rooms that it imports from."""
    seen: dict[str, set[str]] = {}
    for file in sorted(PACKAGE.rglob("*.py")):
        here = room(".".join(file.relative_to(PACKAGE).with_suffix("").parts))
        others = {room(name) for name in imports(file) if name.startswith("demandflow.")}
        seen.setdefault(here, set()).update(others - {here})
    return seen


def beyond(start: str, seen: Mapping[str, set[str]]) -> set[str]:
    """All rooms that can be come to from one."""
    reached: set[str] = set()
    waiting = [start]
    while waiting:
        waiting += (more := seen.get(waiting.pop(), set()) - reached)
        reached |= more
    return reached


def picture() -> str:
    """The rooms as a Mermaid diagram; an arrow that others imply is left out."""
    seen = {here: others - SEEN_BY_ALL for here, others in rooms().items() if here not in NAMES_ONLY | SEEN_BY_ALL}
    lines = ["flowchart TD"]
    for here, others in sorted(seen.items()):
        implied = {far for other in others for far in beyond(other, seen)}
        lines += [f"    {here} --> {other}" for other in sorted(others - implied)]
    return "\n".join(lines) + "\n"


def drawn(page: str) -> str:
    """The page with the picture as it is now."""
    before, _, rest = page.partition(BEGIN)
    return f"{before}{BEGIN}{picture()}{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(drawn(PAGE.read_text(encoding="utf-8")), encoding="utf-8")

"""Where a workflow or a vocabulary is found: in a file, or by name in a Python module."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Any

from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, InvalidWorkflow, brief
from demandflow.inputs.tables import perhaps
from demandflow.workflow_files.loading import InvalidFile, load
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary


class Sources:
    """Finds workflows by what people type; each Python file is run once, so that its functions stay the same."""

    def __init__(self, vocabulary: str | None = None) -> None:
        """`vocabulary` is `module:NAME` or `path/to/file.py:NAME`; raises InvalidValue for what is none."""
        self._files: dict[Path, ModuleType] = {}
        self.vocabulary = STANDARD_VOCABULARY
        if vocabulary is not None:
            words = self.named(vocabulary)
            if not isinstance(words, Vocabulary):
                raise InvalidValue(vocabulary, f"is no Vocabulary, but {brief(words)}")
            self.vocabulary = words

    def workflow(self, source: str) -> Workflow:
        """The workflow at `file.toml`, `file.json`, `package.module:NAME` or `path/to/file.py:NAME`.

        NAME is a Workflow, or a function that returns one when called without arguments. Raises InvalidFile,
        InvalidValue or InvalidWorkflow.
        """
        if ":" not in source or source.lower().endswith((".toml", ".json")):
            if source.endswith(".py"):
                raise InvalidFile(source, (f"say which workflow in it: {source}:NAME",))
            return load(source, self.vocabulary)
        workflow = self.named(source)
        if callable(workflow):
            with _errors_in_words(source):
                workflow = workflow()
        if not isinstance(workflow, Workflow):
            raise InvalidFile(source, (f"is no Workflow and returns none, but {brief(workflow)}",))
        return workflow

    def named(self, source: str) -> Any:
        """What stands at `package.module:NAME` or `path/to/file.py:NAME`. Raises InvalidFile or InvalidValue."""
        where, _, name = source.rpartition(":")
        if not where or not name:
            raise InvalidFile(source, ("must be package.module:NAME or path/to/file.py:NAME",))
        with _errors_in_words(source):
            module = self._file(Path(where)) if where.endswith(".py") else _module(where)
        if not hasattr(module, name):
            raise InvalidFile(source, (f"{where} has no {name!r} {perhaps(name, _public(module))}",))
        return getattr(module, name)

    def _file(self, path: Path) -> ModuleType:
        path = path.resolve()
        if path not in self._files:
            # known under a name that no import can take, so that classes in it can be found by it
            name = f"demandflow:{path}"
            spec = importlib.util.spec_from_file_location(name, path)
            if spec is None or spec.loader is None or not path.is_file():
                raise FileNotFoundError(2, "No such file or directory", str(path))
            module = importlib.util.module_from_spec(spec)
            sys.modules[name] = module
            with _seeing(path.parent):
                spec.loader.exec_module(module)
            self._files[path] = module
        return self._files[path]


def _module(name: str) -> ModuleType:
    with _seeing(Path.cwd()):
        return importlib.import_module(name)


def _public(module: ModuleType) -> list[str]:
    """The names in a module that may be meant."""
    return [name for name, value in vars(module).items() if isinstance(value, Workflow | Vocabulary)]


@contextmanager
def _seeing(folder: Path) -> Iterator[None]:
    """Let what is imported meanwhile see the modules in a folder."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        if str(folder) in sys.path:
            sys.path.remove(str(folder))


@contextmanager
def _errors_in_words(source: str) -> Iterator[None]:
    """Whatever somebody's module raises, told in a line; what it prints is no answer of ours and goes to stderr."""
    try:
        with redirect_stdout(sys.stderr):
            yield
    except InvalidWorkflow:
        raise
    except (Exception, SystemExit) as error:
        says = f"{type(error).__name__}: {error}".splitlines()[0]
        raise InvalidFile(source, (f"cannot be loaded: {says}",)) from None

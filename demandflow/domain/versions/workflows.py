"""The workflows that a log is opened with, by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from demandflow.domain.workflow import Workflow
from demandflow.errors import UnknownWorkflow


class Workflows(dict[str, Workflow]):
    """Several workflows by their keys; one that is not among them is UnknownWorkflow.

    Those of `later` are built when somebody asks for them: many a process never does.
    """

    def __init__(
        self, workflows: Mapping[str, Workflow] | None = None, later: Mapping[str, Callable[[], Workflow]] | None = None
    ) -> None:
        super().__init__(workflows or {})
        self._later = dict(later or {})

    def __missing__(self, key: str) -> Workflow:
        if key not in self._later:
            raise UnknownWorkflow(key, tuple(self))
        return self.setdefault(key, self._later[key]())

    @property
    def built(self) -> tuple[Workflow, ...]:
        """Those that are built by now."""
        return tuple(super().values())

    def __contains__(self, key: object) -> bool:
        return super().__contains__(key) or key in self._later

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*super().__iter__(), *self._later)))

    def __len__(self) -> int:
        return super().__len__() + len(self._later.keys() - super().keys())

    def get(self, key: str, default: Any = None) -> Any:
        """The workflow of this key, else the default."""
        return self[key] if key in self else default  # noqa: SIM401

    # those of dict would leave out what is not built yet
    keys, items, values = Mapping.keys, Mapping.items, Mapping.values  # type: ignore[assignment]

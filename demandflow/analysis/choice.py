"""Which demands of a log are judged."""

from __future__ import annotations

from collections.abc import Iterable

from demandflow.domain.events import Event
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, brief, listed


class Choice:
    """The demands on the workflows `of` (`name@version`), else those on any version of a workflow's name."""

    def __init__(self, workflow: Workflow, of: str | Iterable[str] | None) -> None:
        """Raises InvalidValue."""
        if not isinstance(workflow, Workflow):
            raise InvalidValue("workflow", f"must be a Workflow, got {brief(workflow)}")
        keys = [of] if isinstance(of, str) else list(of) if isinstance(of, Iterable) else []
        if of is not None and (not keys or not all(isinstance(key, str) for key in keys)):
            raise InvalidValue("of", f"must be name@version, or several, got {brief(of)}")
        self._name, self._keys = workflow.name, frozenset(keys)

    def includes(self, event: Event) -> bool:
        """Whether the demand is one of them when this has happened."""
        key = event.meta.workflow
        return key in self._keys if self._keys else key.rpartition("@")[0] == self._name

    def __str__(self) -> str:
        return listed(sorted(self._keys), f"any version of {self._name}")

"""The workflows that a log is opened with, by their keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from demandflow.domain.demand import Demand
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact, stored_topics
from demandflow.domain.stream import Stream
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, UnknownWorkflow


class Workflows(dict[str, Workflow]):
    """Several workflows by their keys; one that is not among them is UnknownWorkflow.

    Those of `later` are built when somebody asks for them: many a process never does.
    """

    def __init__(
        self, workflows: Mapping[str, Workflow] | None = None, later: Mapping[str, Callable[[], Workflow]] | None = None
    ) -> None:
        super().__init__(workflows or {})
        self._later = dict(later or {})
        self._first: dict[tuple[type[Stream], type[Fact]], Workflow] = {}

    def __missing__(self, key: str) -> Workflow:
        if key not in self._later:
            raise UnknownWorkflow(key, tuple(self))
        return self.setdefault(key, self._later[key]())

    @property
    def built(self) -> tuple[Workflow, ...]:
        """Those that are built by now."""
        return tuple(super().values())

    @property
    def dimensions(self) -> frozenset[str]:
        """The own fields of demands that their facts declare as dimensions of the figures."""
        facts = (fact for flow in self.built if flow.of is Demand for fact in flow.facts)
        return frozenset(name for fact in facts for name in fact.DIMENSIONS)

    @property
    def versioned(self) -> frozenset[str]:
        """The topics of those facts of demands that have versions: of before, and today's."""
        topics = (stored_topics(fact) for flow in self.built if flow.of is Demand for fact in flow.facts)
        return frozenset(topic for several in topics if len(several) > 1 for topic in several)

    def kind_of(self, event: Event) -> type[Stream]:
        """Of which class the event's stream is; just a Stream, if no workflow is of its kind."""
        if (kind := event.stamp.kind) is None:
            return Demand
        return next((workflow.of for workflow in self.built if kind == workflow.of.KIND), Stream)

    def first(self, of: type[Stream], fact: type[Fact]) -> Workflow:
        """The first of this kind that begins with such a fact, else the first of this kind.

        Raises InvalidValue where none is.
        """
        if (found := self._first.get((of, fact))) is None:
            if not (theirs := [workflow for workflow in self.built if workflow.of is of]):
                raise InvalidValue("of", f"no workflow given to open() is of kind {of.KIND or 'demand'}")
            found = next((workflow for workflow in theirs if workflow.move_of(fact, "") is not None), theirs[0])
            self._first[of, fact] = found
        return found

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


def of_demands(workflows: Mapping[str, Workflow]) -> dict[str, Workflow]:
    """Those that are for demands: board, figures and policies know no others."""
    return {key: workflow for key, workflow in workflows.items() if workflow.of is Demand}

"""Registering: on which workflow a demand starts, and under which id, so that doing it again changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from demandflow.domain.decide import Command
from demandflow.domain.demand import Demand, as_if
from demandflow.domain.fact import Fact
from demandflow.domain.facts import Registered, in_their_own_name
from demandflow.domain.stream import S, Stream
from demandflow.domain.versions.workflows import Workflows
from demandflow.domain.workflow import Workflow
from demandflow.errors import InvalidValue, UnknownWorkflow, brief, listed
from demandflow.inputs.arguments import plain
from demandflow.inputs.texts import asked_of
from demandflow.recording.command import command_from, ids_of
from demandflow.recording.handling import CommandHandler
from demandflow.recording.ids import derived_id, id_by_command

NOT_MADE = UUID(int=0)
"""Stands for the id of a demand while none is made."""


class Registering:
    """Registering demands: shared by single commands and batches."""

    _handler: CommandHandler
    _workflows: Workflows
    _tenant: str | None
    _new_id: Callable[[], UUID]

    def id_of(self, source: str, reference: str) -> UUID:
        """The id of the demand that another system keeps under this reference, whether it is recorded yet or not."""
        return derived_id(self._tenant, _key("source", source), _key("reference", reference))

    def id_of_stream(self, kind: type[Stream], key: str) -> UUID:
        """The id of the stream of this kind that is known by this word, whether it is recorded yet or not.

        Raises InvalidValue for a kind that has no KEY.
        """
        if not (isinstance(kind, type) and issubclass(kind, Stream)) or kind.KEY is None:
            raise InvalidValue("kind", f"must be a kind of stream that is known by a word, got {brief(kind)}")
        return derived_id(self._tenant, _key(kind.KEY, key), kind=kind.KIND)

    def _started(self, fact: Fact, workflow: str | None, how: Mapping[str, Any], of: type[S]) -> S:
        command, on, derived = self._start(fact, workflow, how, of)
        started: S = self._handler.start(command, on, derived=derived, chosen=workflow is not None)
        return started

    def _start(
        self, fact: Fact, workflow: str | None, how: Mapping[str, Any], of: type[Stream], *, made: bool = True
    ) -> tuple[Command, Workflow, bool]:
        """The command that registers, the workflow, and whether the id is derived from a reference or a command id.

        Where it is not, a new id is `made`, or it is all zeros.
        """
        if of is Demand and not isinstance(fact, Registered):
            raise InvalidValue("fact", f"a demand starts with Registered or a subclass, got {type(fact).__name__}")
        on = self._workflows.first(of, type(fact)) if workflow is None else self._named(workflow, of)
        source, reference = (fact.source, fact.reference) if isinstance(fact, Registered) else (None, None)
        if (source is None) != (reference is None):
            raise InvalidValue("reference", "source and reference go together; give both or neither")
        move = on.move_of(type(fact), "")
        if move is None:
            kinds = (rows[0].move.fact.__name__ for rows in on.moves_from("").values())
            raise InvalidValue(
                "fact", f"a {on.of.KIND or 'demand'} on {on.key} starts with {listed(kinds)}, not {type(fact).__name__}"
            )
        proposed = command_from(NOT_MADE, move, fact, how)
        if isinstance(fact, Registered) and (theirs := in_their_own_name(fact, proposed.by)) is not fact:
            proposed = as_if(proposed, fact=theirs)
        if source is not None and reference is not None:
            return as_if(proposed, demand=self.id_of(source, reference)), on, True
        if on.of.KEY is not None:
            return as_if(proposed, demand=self.id_of_stream(on.of, getattr(fact, on.of.KEY))), on, True
        if proposed.command_id is not None:
            ids = [id_by_command(self._tenant, command, on.of.KIND) for command in ids_of(proposed)]
            demand = next((known for known in ids[:-1] if self._handler.demands.knows(known)), ids[-1])
            return as_if(proposed, demand=demand), on, True
        return as_if(proposed, demand=self._made_id()) if made else proposed, on, False

    def _made_id(self) -> UUID:
        demand = self._new_id()
        if not isinstance(demand, UUID):
            raise InvalidValue("new_id", f"must make UUIDs, made {brief(demand)}")
        return demand

    def _named(self, workflow: str, of: type[Stream]) -> Workflow:
        """The workflow of this name. Raises UnknownWorkflow, or InvalidValue for one of another kind."""
        on = self._workflows[self._key(workflow)]
        if on.of is not of:
            theirs, kind = (one.KIND or "demand" for one in (on.of, of))
            raise InvalidValue("workflow", f"{on.key} is for streams of kind {theirs}, not {kind}; say of=…")
        return on

    def _key(self, workflow: object) -> str:
        """The name of a workflow that is known here, however it is named."""
        if (key := plain(workflow)) is None:
            raise InvalidValue("workflow", f"must be given as name@version, got {brief(workflow)}")
        if key not in self._workflows:
            raise UnknownWorkflow(key, tuple(self._workflows))
        return key


def _key(what: str, text: object) -> str:
    """Half of the key under which another system keeps a demand."""
    key = asked_of(text, what).strip()
    if not key:
        raise InvalidValue(what, f"must be a non-empty text, got {brief(text)}")
    return key

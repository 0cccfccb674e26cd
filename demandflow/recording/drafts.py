"""Drafts: kept before they are registered, in no figure, and erased for good when nobody wants them any more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from demandflow.domain.demand import Demand
from demandflow.domain.facts import Registered
from demandflow.domain.values import Actor, actor_of
from demandflow.errors import InvalidValue
from demandflow.inputs.texts import text_of
from demandflow.recording.command import as_id
from demandflow.recording.ids import id_by_command, uuid7
from demandflow.store.drafts import Draft
from demandflow.store.log import Log


class Drafts:
    """What people keep for later, beside the log. Whose draft it is sees it and registers it, nobody else."""

    _log: Log
    _tenant: str | None
    now: Callable[[], datetime]
    register: Callable[..., Demand]

    def keep_draft(self, words: str, *, by: Actor) -> UUID:
        """Keep these words until they are registered or erased; returns the draft's id. Raises InvalidValue."""
        actor_of(by)
        draft = Draft(uuid7(), by.id, text_of(words, "words"), self.now())
        self._log.keep_draft(draft)
        return draft.id

    def drafts(self, by: Actor) -> tuple[Draft, ...]:
        """What this person keeps, the oldest first."""
        actor_of(by)
        return self._log.drafts_of(by.id)

    def register_draft(
        self,
        draft_id: UUID,
        *,
        channel: str,
        place: str,
        by: Actor,
        resident: str | None = None,
        representative: str | None = None,
        shared_with: tuple[str, ...] | None = None,
        category: str | None = None,
        urgency: str | None = None,
        due: datetime | None = None,
        workflow: str | None = None,
        at: datetime | None = None,
    ) -> Demand:
        """Register its words as register() does; the draft itself is erased. Doing it again changes nothing.

        Raises what register() raises, and InvalidValue where this person keeps no such draft.
        """
        actor_of(by)
        draft = as_id(draft_id)
        command = f"draft {draft}"
        demand = self.register(
            self._words(draft, command, by),
            channel=channel,
            place=place,
            resident=resident,
            representative=representative,
            shared_with=shared_with,
            category=category,
            urgency=urgency,
            due=due,
            workflow=workflow,
            by=by,
            at=at,
            command_id=command,
        )
        self._log.erase_draft(draft)
        return demand

    def erase_draft(self, draft_id: UUID) -> None:
        """Erase its words for good, whoever kept it; a demand that was registered from it stays.

        Erasing it again, or one that is not there, changes nothing.
        """
        self._log.erase_draft(as_id(draft_id))

    def _words(self, draft: UUID, command: str, by: Actor) -> str:
        """Its words; where it was registered before and erased since, those of the demand. Raises InvalidValue."""
        kept = self._log.draft(draft)
        if kept is not None and kept.who == by.id:
            return kept.words
        before = [] if kept is not None else self._log.events(id_by_command(self._tenant, command))[:1]
        for event in before:
            if isinstance(event.fact, Registered):
                return event.fact.text
        raise InvalidValue("draft_id", f"{by.id} keeps no draft {draft}")

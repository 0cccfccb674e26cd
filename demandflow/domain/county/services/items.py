"""Items of the service menu: drafted, published, revised and retired. What a resident saw at a moment can be told.

The TOPICs and the field names are the storage format. Never rename one; a new field gets a default.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, ClassVar, TypeAlias

from msgspec import Struct
from msgspec.structs import replace
from pydantic import Field, Strict

from demandflow.domain.county.services.forms import AS_FORM, wrong_in_form
from demandflow.domain.events import Event
from demandflow.domain.fact import Fact
from demandflow.domain.moves import START, STAY, WHILE_OPEN, Move, Proposal, State
from demandflow.domain.rules.book import times_do_not_run_backwards
from demandflow.domain.stream import Change, Stream
from demandflow.domain.values import Category, Name, Stage, Text
from demandflow.domain.workflow import Workflow

EDITOR = "menu_editor"
"""The role of those who write the menu."""

NO_QUESTIONS = {"type": "object", "properties": {}, "additionalProperties": False}
Days: TypeAlias = Annotated[int, Field(ge=1, le=10_000)]
_Names: TypeAlias = Annotated[tuple[Name, ...], Strict(False), Field(min_length=1)]
_Steps: TypeAlias = Annotated[tuple[Text, ...], Strict(False)]
_Form: TypeAlias = Annotated[str | Mapping[str, object], AS_FORM]
"""Given as a mapping or as JSON, and kept as JSON."""


class Written(Fact):
    """An item as it is written: of which department, what it is called, within how many working days it is done.

    `may_order` are the kinds of residents who may order it (nobody named: everybody may), `form` says what they must
    answer (JSON Schema), `steps` are shown to them, and `contractor` does it.
    """

    department: Name
    name: Name
    days: Days
    may_order: _Names | None = None
    form: _Form | None = None
    steps: _Steps | None = None
    contractor: Name | None = None


class Drafted(Written):
    """An item was written for the first time."""

    TOPIC: ClassVar[str] = "item.drafted"
    item: Name


class Published(Fact):
    """From now on residents see the item as it was written last."""

    TOPIC: ClassVar[str] = "item.published"
    note: Text | None = None


class Revised(Written):
    """The item was written again, all of it; residents see it once it is published."""

    TOPIC: ClassVar[str] = "item.revised"


class Retired(Fact):
    """The item is no longer offered."""

    TOPIC: ClassVar[str] = "item.retired"
    reason: Text | None = None


class ItemVersion(Struct, frozen=True):
    """An item as it was written once, and since when residents saw it so (None: it was not published)."""

    item: str
    number: int
    department: str
    name: str
    days: int
    may_order: tuple[str, ...] = ()
    form: str | None = None
    steps: tuple[str, ...] = ()
    contractor: str | None = None
    since: datetime | None = None

    @property
    def schema(self) -> Mapping[str, Any]:
        """Its form; one that asks nothing, and takes no answer, if it has none."""
        schema: dict[str, Any] = NO_QUESTIONS if self.form is None else json.loads(self.form)
        return dict(schema)

    @property
    def category(self) -> Category:
        """What a demand for it is about: the item within its department."""
        return Category.of(self.department, self.item)


class Item(Stream, frozen=True):
    """An item of the menu: as it was written last, and every version of it that was ever published."""

    KIND: ClassVar[str | None] = "item"
    KEY: ClassVar[str | None] = "item"

    item: str = ""
    written: ItemVersion | None = None
    published: tuple[ItemVersion, ...] = ()
    retired: datetime | None = None

    def changes(self, event: Event, change: Change) -> None:
        """What is known of the item otherwise after this event."""
        match event.fact:
            case Drafted() as fact:
                change["item"] = fact.item
                change["written"] = _written(fact.item, 1, fact)
            case Revised() as fact:
                number = 1 if self.written is None else self.written.number + 1
                change["written"] = _written(self.item, number, fact)
            case Published() if self.written is not None:
                change["published"] = (*self.published, replace(self.written, since=change["last"]))
            case Retired():
                change["retired"] = change["last"]

    def shown(self, on: datetime) -> ItemVersion | None:
        """The version that residents saw at this moment; None if they saw none."""
        if self.retired is not None and self.retired <= on:
            return None
        seen = (version for version in reversed(self.published) if version.since is not None and version.since <= on)
        return next(seen, None)


def _written(item: str, number: int, fact: Written) -> ItemVersion:
    return ItemVersion(
        *(item, number, fact.department, fact.name, fact.days, fact.may_order or ()),
        *(None if fact.form is None else str(fact.form), fact.steps or (), fact.contractor),
    )


def every_word_of_its_form_is_checked(item: Item, proposal: Proposal[Published]) -> str | None:
    """What a form asks of an answer is checked when it is ordered, or it is not published."""
    form = None if item.written is None else item.written.form
    wrong = () if form is None else wrong_in_form(form)
    return f"its form cannot be used: {'; '.join(wrong)}" if wrong else None


in_order = times_do_not_run_backwards

MENU_ITEM = Workflow(
    "menu-item",
    1,
    states=(
        State("drafted", Stage.REGISTRATION, owner=EDITOR),
        State("published", Stage.FEEDBACK, owner=EDITOR),
        State("revised", Stage.REGISTRATION, owner=EDITOR),
        State("retired", Stage.ENDED, ended_as="closed"),
    ),
    moves=(
        Move("draft", Drafted, START, "drafted", EDITOR),
        Move("revise", Revised, ("drafted", "revised"), STAY, EDITOR, rules=(in_order,)),
        Move("revise", Revised, "published", "revised", EDITOR, rules=(in_order,)),
        Move(
            *("publish", Published, ("drafted", "revised"), "published", EDITOR),
            rules=(in_order, every_word_of_its_form_is_checked),
        ),
        Move("retire", Retired, WHILE_OPEN, "retired", EDITOR, rules=(in_order,)),
    ),
    tells_nobody=True,
    of=Item,
)

"""What a county asks beside its demands: who is responsible, what is on the menu, who can serve, what was done."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from demandflow.county.grid.places import (
        administrators,
        close_place,
        directories,
        directory_of,
        known_places,
        responsible,
        restated,
        unknown_places,
    )
    from demandflow.county.grid.rounds import Coverage, coverage
    from demandflow.county.home_reports import (
        Document,
        corrected_since,
        home_document,
        public_homes,
        report_home,
        report_homes,
        reports_due,
        reproduced,
    )
    from demandflow.county.people.activities_feed import as_icalendar
    from demandflow.county.people.keeping import Kept, kept
    from demandflow.county.people.matched import volunteers, who_can_serve, why_these
    from demandflow.county.people.matching import LeftOut, Match, explained, left_out, match, plan
    from demandflow.county.people.needs import Need, Person, Synonyms
    from demandflow.county.services.ordering import handlers, menu, order
    from demandflow.county.services.publishing import as_markdown, as_open311, definition_in_open311
    from demandflow.county.shown.small_cells import HIDDEN, PublicTable, public_places, public_table
else:
    from demandflow.inputs.lazy_names import lazy_names

    _NAMES = {
        "grid.places": "administrators close_place directories directory_of known_places responsible restated "
        "unknown_places",
        "grid.rounds": "Coverage coverage",
        "home_reports": "Document corrected_since home_document public_homes report_home report_homes reports_due "
        "reproduced",
        "people.activities_feed": "as_icalendar",
        "people.keeping": "Kept kept",
        "people.matched": "volunteers who_can_serve why_these",
        "people.matching": "LeftOut Match explained left_out match plan",
        "people.needs": "Need Person Synonyms",
        "services.ordering": "handlers menu order",
        "services.publishing": "as_markdown as_open311 definition_in_open311",
        "shown.small_cells": "HIDDEN PublicTable public_places public_table",
    }
    __getattr__, __dir__ = lazy_names(
        __name__, {name: module for module, names in _NAMES.items() for name in names.split()}
    )

__all__ = [
    "Coverage",
    "Document",
    "HIDDEN",
    "Kept",
    "LeftOut",
    "Match",
    "Need",
    "Person",
    "PublicTable",
    "Synonyms",
    "administrators",
    "as_icalendar",
    "as_markdown",
    "as_open311",
    "close_place",
    "corrected_since",
    "coverage",
    "definition_in_open311",
    "directories",
    "directory_of",
    "explained",
    "handlers",
    "home_document",
    "kept",
    "known_places",
    "left_out",
    "match",
    "menu",
    "order",
    "plan",
    "public_homes",
    "public_places",
    "public_table",
    "report_home",
    "report_homes",
    "reports_due",
    "reproduced",
    "responsible",
    "restated",
    "unknown_places",
    "volunteers",
    "who_can_serve",
    "why_these",
]

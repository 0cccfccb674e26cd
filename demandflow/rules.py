"""The rule book, for workflows of your own: each rule is a function that returns its objection, or None."""

from demandflow.domain.rules.book import *  # noqa: F403

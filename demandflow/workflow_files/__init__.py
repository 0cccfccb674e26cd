"""Workflows as files: loaded from TOML or JSON and written back, without code in them."""

from demandflow.workflow_files.loading import InvalidFile, load, loads
from demandflow.workflow_files.schema import schema
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary
from demandflow.workflow_files.writing import dump, dumps

__all__ = ["InvalidFile", "STANDARD_VOCABULARY", "Vocabulary", "dump", "dumps", "load", "loads", "schema"]

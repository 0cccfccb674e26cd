"""Workflows as files: loaded from TOML or JSON and written back, without code in them."""

from demandflow.workflow_files.files import dump, dumps, load, loads
from demandflow.workflow_files.reading import InvalidFile
from demandflow.workflow_files.schema import schema
from demandflow.workflow_files.vocabulary import STANDARD_VOCABULARY, Vocabulary

__all__ = ["InvalidFile", "STANDARD_VOCABULARY", "Vocabulary", "dump", "dumps", "load", "loads", "schema"]

"""A log for other systems: its events one a line, as CloudEvents 1.0 in JSON; exported, loaded again, and backed up."""

from demandflow.exchange.backing_up import BackedUp, backup_log
from demandflow.exchange.exporting import Exported, export_log
from demandflow.exchange.lines import DamagedFile
from demandflow.exchange.loading import Loaded, load_log

__all__ = ["BackedUp", "DamagedFile", "Exported", "Loaded", "backup_log", "export_log", "load_log"]

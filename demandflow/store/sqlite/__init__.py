"""The log and the tables in one SQLite file, or in memory."""

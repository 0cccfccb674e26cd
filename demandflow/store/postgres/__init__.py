"""The log and its tables in PostgreSQL; imported only for such a URL."""

"""Following the log: how far a reader has come, what it left out, and what comes next."""

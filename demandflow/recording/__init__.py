"""From a command to the log: load, decide, append, evolve."""

"""The log: how facts are written down, kept and read back."""

"""The rule book: one function per business rule."""

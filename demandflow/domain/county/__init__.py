"""Kinds of streams and workflows of a whole county, one file each: pure, as the rest of the domain."""

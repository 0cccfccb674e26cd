"""Tables made from the log, whichever database they are in."""

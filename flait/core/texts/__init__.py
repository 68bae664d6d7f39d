"""Words for people: what a text says of what was decided. Nothing is decided here."""

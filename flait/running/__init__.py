"""A run of the daemon: what begins it, beats, and ends it."""

"""DOOR, in rooms: the command line's groups. Thin: read arguments, call a flow or the store, print."""

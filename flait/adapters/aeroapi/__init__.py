"""FlightAware's AeroAPI v4."""

"""Flait: flight alerts by text, on your own machine.

The house and its rooms (docs/architecture.md has the laws):
    core/       decides; pure, no clock, no I/O
    flows/      does: one file per way through
    adapters/   talks: AeroAPI, Twilio, the keyring
    store/      remembers: SQLite, the only SQL
    cli.py, commands/, daemon.py, running/, web/   doors: a person, time passing, HTTP coming in
    app.py, clock.py, settings/, system/           wiring, and what the operating system gives
    sandbox/    pretends to be AeroAPI and Twilio, for demos and tests
"""

__version__ = "0.1.0"

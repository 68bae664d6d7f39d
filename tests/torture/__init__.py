"""Campaigns that try to make Flait lose a text, send one twice, leave a half state or let a secret out; and count.

`make torture` runs each in full (python -m tests.torture); tests/torture/test_campaigns.py runs a smaller cut of each.
A campaign is a module with `run(folder, size)`. It keeps what it made below `folder`, which is searched for secrets
at the end, and says how it went as a Score; it never raises for what it has found.
"""

"""DECIDES: what changed, who must hear it, when to ask, what to say. Pure: no I/O, no clock, no vendor.

Imports point one way: idents, messages < flights, dates < polling, subscriptions, told < changes < alerts < wording.
"""

"""DOES: one file per way through. HTTP outside any transaction, then one transaction, then a value out."""

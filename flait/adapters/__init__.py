"""Talks: one module per outside party. Adapters translate, and decide nothing about flights or people."""

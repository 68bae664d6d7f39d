"""The core's rules are tried with fewer examples each: there are many of them, and `make test` is to be quick."""

from hypothesis import settings

settings.register_profile("core", parent=settings.get_profile("flait"), max_examples=60)
settings.load_profile("core")

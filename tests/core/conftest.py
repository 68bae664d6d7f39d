"""One Hypothesis profile for the core: the same examples on every run, so that a red test is a bug and not luck."""

from hypothesis import settings

settings.register_profile("core", derandomize=True, deadline=None, max_examples=60, database=None)
settings.load_profile("core")

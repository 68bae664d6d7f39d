"""For every test: Hypothesis tries the same examples each time, so that what fails fails again, here and elsewhere."""

from hypothesis import settings

settings.register_profile("flait", derandomize=True, deadline=None, database=None)
settings.load_profile("flait")

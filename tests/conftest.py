"""Settings of the whole suite."""

from hypothesis import settings

settings.register_profile("hookline", deadline=None)  # a busy machine is no defect
settings.load_profile("hookline")

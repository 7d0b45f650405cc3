"""For whatever pytest runs here, tests and benchmarks."""

import contextlib

with contextlib.suppress(ImportError):  # before trio, which registers with it: later it warns
    from hypothesis import settings

    settings.register_profile("suite", deadline=None)  # no test asserts a duration
    settings.load_profile("suite")

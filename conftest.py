"""For whatever pytest runs here, tests and benchmarks."""

import contextlib

with contextlib.suppress(ImportError):  # before trio, which registers with it: later it warns
    import hypothesis  # noqa: F401

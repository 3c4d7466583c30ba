import gc
import os

from hypothesis import settings

# A thread of torch that waits for another sleeps, which says nothing else of sizes: where other programs run beside
# the tests, one that waited busily took the time from the very thread that it waited for. Before torch is imported.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

# On CI the examples are the same each time, and a slow machine fails nothing.
settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("dev", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "dev")


def pytest_collection_finish() -> None:
    """Seldom look for garbage, and never in what lives as long as the tests: torch, Z3, and the tests themselves."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)

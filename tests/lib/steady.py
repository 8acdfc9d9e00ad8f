"""Tests on a host that stalls. A scenario lives on timers, its own and those of the programs; when a processor is taken away for
a moment it may fail though nothing is wrong. A true failure repeats each time it is played, and slowly too."""
import functools
import threading
import time
import unittest

PACES = (1, 2, 4)
STALL = 0.05  # seconds that a thread which wants 5 ms of sleep is late, at least


class Watch:
    """Within its block: how long the host let a thread wait for a processor, at most (seconds)."""

    def __enter__(self):
        self.longest, self.ended = 0.0, threading.Event()
        self.thread = threading.Thread(target=self._look, daemon=True)
        self.thread.start()
        return self

    def _look(self):
        while not self.ended.is_set():
            before = time.monotonic()
            time.sleep(0.005)
            self.longest = max(self.longest, time.monotonic() - before - 0.005)

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()


def paced(test):
    """For scenarios in which parts have a time of their own: one that fails is played again, with self.pace as the factor for
    all its times. It has to pass with one of them; what is asserted stays the same."""
    test.paced = True
    return test


def played_again(test):
    """A test method that is played again when it failed and is `paced`, or the host stalled meanwhile."""
    @functools.wraps(test)
    def play(self):
        for self.pace in PACES:
            if self.pace > PACES[0]:
                self.setUp()
            with Watch() as host:
                try:
                    return test(self)
                except unittest.SkipTest:
                    raise
                except Exception as problem:
                    failure = problem
            if self.pace == PACES[-1] or not (hasattr(test, "paced") or self.all_paced or host.longest > STALL):
                raise failure
            print(f"{self.id()}: failed with stalls of up to {host.longest * 1000:.0f} ms, played again: {failure}", flush=True)
            self.doCleanups()
            self.tearDown()
        return None
    return play

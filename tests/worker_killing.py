"""A worker of a cluster that is killed while it is at work."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any


class KilledAtWork:
    """Kills the first worker of a cluster that has something to do."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.victims: list[str] = []
        client.wait_for_workers(2)
        self._pids = client.run(os.getpid)
        assert len(self._pids) == 2 and os.getpid() not in self._pids.values()
        self._thread = threading.Thread(target=self._kill, daemon=True)
        self._thread.start()

    def _kill(self) -> None:
        while not (busy := [name for name, keys in self.client.processing().items() if keys]):
            pass
        os.kill(self._pids[busy[0]], signal.SIGKILL)
        self.victims.extend(busy)

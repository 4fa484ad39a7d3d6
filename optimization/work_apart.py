"""Work in another process that can be ended at any time, whatever it does."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Self

import numpy as np

from optimization.block import Array
from optimization.evaluation import Draw
from optimization.network import Network


class Endable:
    """Work in another process, with a folder for it; close it, or use it in a ``with`` block."""

    def __init__(self, seconds: float) -> None:
        self._until = time.monotonic() + seconds
        self._files = tempfile.TemporaryDirectory(prefix="nearfield-")
        self.folder = Path(self._files.name)
        self._process: subprocess.Popen[bytes] | None = None

    def hand_over(self, network: Network, common: Array) -> None:
        """Lay a network and its common paths into the folder: :func:`handed_over` takes them."""
        np.save(self.folder / "common.npy", common)
        with (self.folder / "network.pickle").open("wb") as file:
            pickle.dump(network, file)

    def start(self, module: str, *arguments: str) -> None:
        """Run a module of ours on the folder."""
        root = str(Path(__file__).resolve().parents[1])
        path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
        self._process = subprocess.Popen(
            [sys.executable, "-m", module, str(self.folder), *arguments],
            env={**os.environ, "PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until it ends, and whether it ended well; without ``seconds``, end it at its time.

        :param seconds: the most to wait; then the work goes on.
        """
        if self._process is None:
            return False
        left = max(self._until - time.monotonic(), 0.0) + 1.0
        try:
            self._process.wait(left if seconds is None else min(seconds, left))
        except subprocess.TimeoutExpired:
            if seconds is None:
                self._end()
            return False
        return not self._process.returncode

    def _end(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End the process, whatever it does, and remove its files."""
        self._end()
        self._files.cleanup()


class BoundApart(Endable):
    """Work towards one number: :func:`leave_bound` leaves it in the folder, better ones later."""

    def result(self) -> float | None:
        """Wait for the last bound until the time is up, and return what there is by then."""
        self.wait()
        answer = self.folder / "bound.txt"
        return float(answer.read_text()) if answer.exists() else None


def leave_bound(folder: Path, bound: float | None) -> int:
    """Leave a bound in the folder, whole or not at all; return the process's exit code."""
    if bound is None:
        return 1
    (folder / "unfinished.txt").write_text(repr(bound))
    (folder / "unfinished.txt").replace(folder / "bound.txt")
    return 0


def handed_over(folder: Path) -> tuple[Network, Draw]:
    """Return the network in a folder and its common paths, read as they are needed."""
    with (folder / "network.pickle").open("rb") as file:
        network: Network = pickle.load(file)
    common = np.load(folder / "common.npy", mmap_mode="r")
    return network, lambda series: np.asarray(common[:, series])

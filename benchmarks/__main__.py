"""``make bench``: run each measurement in a process of its own and keep its figures.

Every module here has ``run() -> dict``. Figures go to ``benchmarks/output/<name>.json`` with the
machine they were taken on; what compares is measured side by side in one run.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT = HERE / "output"


def names() -> list[str]:
    return sorted(path.stem for path in HERE.glob("*.py") if not path.stem.startswith("__"))


def measure(name: str) -> bool:
    code = f"import json, benchmarks.{name} as b; print(json.dumps(b.run(), default=float))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=HERE.parent,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode:
        print(f"{name}: failed with {done.returncode}", file=sys.stderr)
        return False
    figures = json.loads(done.stdout.strip().splitlines()[-1])
    machine = {"python": platform.python_version(), "cores": os.cpu_count()}
    text = json.dumps({"machine": machine, **figures}, indent=2)
    (OUTPUT / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(f"{name}: {text}")
    return True


def main() -> int:
    OUTPUT.mkdir(exist_ok=True)
    chosen = sys.argv[1:] or names()
    failed = [name for name in chosen if not measure(name)]
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())

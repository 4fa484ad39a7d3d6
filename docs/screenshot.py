"""``make screenshot``: the README's picture, taken from the running dashboard.

Works on the demo brand in ``demo-brand``, which it simulates and prepares where it is missing.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.dashboard.browser import ROOT, Server, Visit, launched

DEMO = ROOT / "demo-brand"


def main() -> None:
    """Write ``docs/overview.png``."""
    command = [sys.executable, "-m", "dashboard.command_line"]
    if not (DEMO / "brand.toml").exists():
        subprocess.run([*command, "demo", str(DEMO)], cwd=ROOT, check=True)
    if not (DEMO / ".nearfield" / "plan" / "plan.json").exists():
        subprocess.run([*command, "prepare", str(DEMO)], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as home:
        server = Server(DEMO, Path(home))
        try:
            with launched() as browser:
                visit = Visit(browser, server, height=860)
                visit.open()
                visit.page.screenshot(path=ROOT / "docs" / "overview.png")
        finally:
            server.stop()
    print(ROOT / "docs" / "overview.png")


if __name__ == "__main__":
    main()

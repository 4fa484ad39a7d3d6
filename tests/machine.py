"""What the tests need of the machine: a browser and a PostgreSQL server binary.

``python -m tests.machine`` (run by ``make test``) looks for both and, where it is root on a
Debian machine, installs the missing one from Debian's packages. With ``CI=true`` a missing one
is a failure; elsewhere the tests that need it skip and say why.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

BROWSER_VARIABLE = "NEARFIELD_TEST_BROWSER"
POSTGRES_VARIABLE = "NEARFIELD_TEST_POSTGRES"


def in_ci() -> bool:
    return os.environ.get("CI", "").lower() == "true"


def find_browser() -> str | None:
    """Path of a Chromium: the environment variable, the path, Playwright's own."""
    named = os.environ.get(BROWSER_VARIABLE)
    if named:
        return named if Path(named).exists() else None
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found:
            return found
    own = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache/ms-playwright"))
    candidates = sorted(own.glob("chromium-*/chrome-linux*/chrome"))
    return str(candidates[-1]) if candidates else None


def find_postgres() -> Path | None:
    """The folder with ``initdb`` and ``postgres``: the environment variable, the path, Debian's."""
    named = os.environ.get(POSTGRES_VARIABLE)
    if named:
        folder = Path(named)
        return folder if (folder / "initdb").exists() else None
    found = shutil.which("initdb")
    if found:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda p: int(p.parent.name))
    return next((folder for folder in reversed(folders) if (folder / "initdb").exists()), None)


def missing() -> list[str]:
    """Debian packages that would supply what was not found."""
    packages = []
    if find_browser() is None:
        packages += ["chromium", "fonts-noto-cjk"]
    if find_postgres() is None:
        packages += ["postgresql"]
    return packages


def install(packages: list[str]) -> None:
    """Install Debian packages where that is possible; where not, leave it to the skips."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run(
            ["apt-get", "-qq", *command],
            env=environment,
            stdout=subprocess.DEVNULL,
            check=False,
        )
        if done.returncode:
            print(f"apt-get {command[0]} failed ({done.returncode})", file=sys.stderr)
            return


def main() -> int:
    packages = missing()
    if packages:
        install(packages)
    browser, postgres = find_browser(), find_postgres()
    print(f"browser: {browser or 'none'}; PostgreSQL: {postgres or 'none'}")
    return 1 if in_ci() and missing() else 0


if __name__ == "__main__":
    raise SystemExit(main())

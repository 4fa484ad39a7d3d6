"""Reads ``brand.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from data.findings import Findings
from data.settings import Settings, parse_settings

SETTINGS_FILE = "brand.toml"


def read_settings(folder: Path, findings: Findings) -> tuple[Settings, set[str] | None]:
    """Return the settings and the names of the drivers (None: the section is absent)."""
    path = folder / SETTINGS_FILE
    findings.files["settings"] = SETTINGS_FILE
    if not path.is_file():
        findings.fault(
            "settings",
            None,
            "a file brand.toml",
            "no such file",
            "Add it; an empty one takes every default",
        )
        return Settings(), None
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        findings.fault("settings", None, "text in UTF-8", "another encoding", "Save it as UTF-8")
        return Settings(), None
    except tomllib.TOMLDecodeError as error:
        findings.fault("settings", None, "a TOML file", str(error), "Correct that line")
        return Settings(), None
    except OSError as error:
        found = error.strerror or type(error).__name__
        findings.fault("settings", None, "a file that can be read", found, "Allow to read it")
        return Settings(), None
    settings, faults = parse_settings(document)
    findings.faults += faults
    return settings, set(settings.drivers) if "drivers" in document else None

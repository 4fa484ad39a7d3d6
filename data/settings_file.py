"""Reads ``brand.toml``."""

from __future__ import annotations

import tomllib
from pathlib import Path

from data.findings import Findings
from data.sentence import say
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
            say("a file brand.toml"),
            say("no such file"),
            say("Add it; an empty one takes every default"),
        )
        return Settings(), None
    try:
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        findings.fault(
            "settings", None, say("text in UTF-8"), say("another encoding"), say("Save it as UTF-8")
        )
        return Settings(), None
    except tomllib.TOMLDecodeError as error:
        findings.fault("settings", None, say("a TOML file"), str(error), say("Correct that line"))
        return Settings(), None
    except OSError as error:
        found = error.strerror or type(error).__name__
        findings.fault(
            "settings", None, say("a file that can be read"), found, say("Allow to read it")
        )
        return Settings(), None
    settings, faults = parse_settings(document)
    findings.faults += faults
    return settings, set(settings.drivers) if "drivers" in document else None

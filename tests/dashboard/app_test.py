"""A page of the dashboard as a script, without a browser."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from streamlit.testing.v1 import AppTest

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"


def open_app(
    monkeypatch: pytest.MonkeyPatch, home: Path, brand: Path | None, page: str, **query: str
) -> AppTest:
    """Open a page on a brand, as a new reader whose link says ``query``."""
    from streamlit.testing.v1 import AppTest

    # For each page it reads the metadata of every installed package, looking for components:
    # two thirds of what a page costs. The dashboard has none.
    monkeypatch.setattr("streamlit.components.v2.manifest_scanner.scan_component_manifests", list)
    monkeypatch.setenv("HOME", str(home))
    for variable in ("NEARFIELD_HOME", "NEARFIELD_LEDGER_URL", "NEARFIELD_BRAND"):
        monkeypatch.delenv(variable, raising=False)
    if brand is not None:
        monkeypatch.setenv("NEARFIELD_BRAND", str(brand))
    app = AppTest.from_file(str(APP), default_timeout=120)
    for name, value in query.items():
        app.query_params[name] = value
    if page != "overview":
        app.switch_page(f"screens/{page}.py")
    return app.run()


def texts(elements: object) -> str:
    """The texts of all elements of one kind, a line each."""
    return "\n".join(str(element.value) for element in elements)  # type: ignore[attr-defined]


def figures(app: AppTest) -> dict[str, str]:
    """The figures of a page by their label."""
    return {metric.label: metric.value for metric in app.metric}

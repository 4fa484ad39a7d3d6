"""The answer to a what-if says how it was found; opening the page imports no solver."""

import subprocess
import sys
from pathlib import Path

from dashboard.what_if_panel import told
from optimization.what_if import Answer


def test_an_answer_says_how_it_was_found() -> None:
    assert "worth" in told(Answer(120.0, "marginal", 0.0), "CNY")
    solved = told(Answer(120.0, "solved", 7.2), "CNY")
    assert "120" in solved
    assert "7 seconds" in solved


def test_the_panel_imports_no_solver() -> None:
    code = "import sys, dashboard.what_if_panel; print('ortools' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"

"""The server's process: ``nearfield serve`` becomes this.

Streamlit as ``streamlit run`` starts it, and beside it what reads ahead.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

# As in app.py: a script finds the rooms from the repository's root only.
_ROOT = str(Path(__file__).resolve().parents[1])
if _ROOT not in sys.path:
    sys.path.insert(0, _ROOT)


def main() -> None:
    """Serve; the arguments are those of ``streamlit``."""
    from streamlit.web import cli

    threading.Thread(target=_read_ahead, name="read ahead", daemon=True).start()
    cli.main(prog_name="streamlit")


def _read_ahead() -> None:
    # Loaded here, so that the server answers meanwhile.
    from dashboard import read_ahead, state

    read_ahead.go_on(state.served_folder())


if __name__ == "__main__":
    main()

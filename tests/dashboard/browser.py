"""A real browser on a real server: what a reader would see, kept and checked.

:class:`Server` runs the dashboard as ``streamlit run`` does, on a free port of this machine.
:class:`Visit` is one reader's window; it records every request that leaves the machine and
every error in the browser's console.
"""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlencode, urlsplit

import pytest

from tests.machine import BROWSER_VARIABLE, find_browser, in_ci

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Page, Request, WebSocket

ROOT = Path(__file__).resolve().parents[2]
ARTEFACTS = ROOT / "tests" / "artefacts"
FLAGS = [
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
PATIENCE = 60_000
"""Milliseconds to wait for a page; only a hung page ever takes them."""


def browser_path() -> str:
    """Path of a Chromium; skips the test where there is none, fails it where CI needs one."""
    found = find_browser()
    if found is None:
        reason = f"no Chromium found (set {BROWSER_VARIABLE} to one)"
        pytest.fail(reason) if in_ci() else pytest.skip(reason)
    return found


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser without a window."""
    from playwright.sync_api import sync_playwright

    flags = [*FLAGS, "--no-sandbox"] if os.geteuid() == 0 else FLAGS
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=flags)
        try:
            yield browser
        finally:
            browser.close()


class Server:
    """The dashboard on a brand, on a free port of localhost.

    :param brand: the brand's folder; None leaves the choice to the dashboard.
    :param home: stands for the user's home folder, where uploads go.
    :param cwd: the folder in which it is started (the demo brand is made there, and Streamlit
        looks for its secrets there).
    :param variables: of the environment.
    """

    def __init__(self, brand: Path | None, home: Path, cwd: Path = ROOT, **variables: str) -> None:
        self.home = home
        self.log = home / "server.log"
        home.mkdir(parents=True, exist_ok=True)
        self.port = _free_port()
        environment = {**os.environ, **variables, "HOME": str(home)}
        for variable in ("NEARFIELD_HOME", "NEARFIELD_BRAND", "NEARFIELD_LEDGER_URL"):
            environment.pop(variable, None)
        if brand is not None:
            environment["NEARFIELD_BRAND"] = str(brand)
        app = str(ROOT / "dashboard" / "app.py")
        command = [sys.executable, "-m", "streamlit", "run", app]
        command += ["--server.port", str(self.port), "--server.fileWatcherType", "none"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, cwd=cwd, env=environment, stdout=log, stderr=subprocess.STDOUT
            )
        self._wait()

    def _wait(self) -> None:
        end = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < end:
            if self.process.poll() is not None:
                break
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health") as answer:
                    if answer.status == 200:
                        return
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.1)
        self.stop()
        raise AssertionError(f"the server did not start:\n{self.log.read_text()}")

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Script:
    """Whether the page's script owes an answer, as its WebSocket tells.

    A click is sent to the server at once, but the page says "running" only once the server has
    answered: for a moment a page that is about to change looks as one that has been drawn.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.owes = False
        self._began = False
        page.on("websocket", self._connected)

    def _connected(self, socket: WebSocket) -> None:
        if "_stcore/stream" in socket.url:
            self.owes = True  # every connection begins by asking for the page
            socket.on("framesent", self._sent)
            socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        from streamlit.proto.BackMsg_pb2 import BackMsg

        asked = isinstance(frame, bytes) and BackMsg.FromString(frame).WhichOneof("type")
        if asked == "rerun_script":
            self.owes, self._began = True, False

    def _received(self, frame: str | bytes) -> None:
        from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

        message = ForwardMsg.FromString(frame) if isinstance(frame, bytes) else ForwardMsg()
        told = message.WhichOneof("type")
        if told == "new_session":
            self._began = True
        # A run that gives way to another is not the answer, nor is the end of one before.
        elif told == "script_finished" and self._began:
            self.owes = message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN

    def wait(self) -> None:
        """Wait until nothing is owed."""
        end = time.monotonic() + PATIENCE / 1000
        self._drawn()  # what a click does is sent within a frame
        while self.owes:
            assert time.monotonic() < end, "the script did not end"
            self.page.wait_for_timeout(10)
        self._drawn()

    def _drawn(self) -> None:
        self.page.evaluate(
            "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )


class Visit:
    """One reader's window on a server."""

    def __init__(
        self,
        browser: Browser,
        server: Server,
        *,
        locale: str = "en-GB",
        theme: Literal["light", "dark"] = "light",
        width: int = 1400,
        height: int = 900,
    ) -> None:
        self.server = server
        self.outside: list[str] = []
        self.console: list[str] = []
        self.context = browser.new_context(
            locale=locale, color_scheme=theme, viewport={"width": width, "height": height}
        )
        self.page: Page = self.context.new_page()
        self.script = Script(self.page)
        self.page.set_default_timeout(PATIENCE)
        self.page.on("request", self._request)
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.console.append(str(error)))

    def _request(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in ("data", "blob"):
            return
        if address.hostname != "localhost" or address.port != self.server.port:
            self.outside.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        address = str(message.location.get("url", ""))
        # On a link to a page Streamlit first looks for its server under the page's own path.
        if message.type == "error" and not re.search(r"/\w+/_stcore/[a-z-]+$", address):
            self.console.append(f"{message.text} ({address})")

    def open(self, path: str = "", **query: str) -> Page:
        """Go to a page of the dashboard and wait until it is drawn."""
        address = f"{self.server.url}/{path}"
        self.page.goto(f"{address}?{urlencode(query)}" if query else address)
        self.settle()
        return self.page

    def go(self, title: str) -> Page:
        """Go to another page by the side bar, as a reader does, and wait until it is drawn."""
        link = self.page.get_by_test_id("stSidebarNavLink").filter(
            has_text=re.compile(f"{re.escape(title)}$")
        )
        link.click()
        self.page.locator("h1").filter(has_text=title).first.wait_for()
        self.settle()
        return self.page

    def settle(self) -> None:
        """Wait until the script has run, for all that was asked of it, and all is drawn."""
        self.script.wait()
        self.page.wait_for_selector("[data-testid='stApp'][data-test-script-state='notRunning']")
        self.page.wait_for_selector("[data-testid='stMainBlockContainer'] *")
        # Charts draw themselves after their data has arrived; those of a closed tab never do.
        self.page.wait_for_function(
            """() => {
                const seen = selector => [...document.querySelectorAll(selector)]
                    .filter(element => element.checkVisibility({visibilityProperty: true}));
                return seen('[data-testid="stSkeleton"], [data-stale="true"]').length === 0
                    && seen('[data-testid="stVegaLiteChart"]')
                        .every(chart => chart.querySelector('canvas, svg'));
            }"""
        )

    def screenshot(self, name: str) -> Path:
        """Keep what the reader sees, the whole page long."""
        ARTEFACTS.mkdir(parents=True, exist_ok=True)
        path = ARTEFACTS / f"{name}.png"
        tall = self.page.evaluate(
            "() => { const main = document.querySelector('[data-testid=\"stMain\"]');"
            " return main ? main.scrollHeight : 0; }"
        )
        size = self.page.viewport_size or {"width": 1400, "height": 900}
        if tall > size["height"]:
            self.page.set_viewport_size({"width": size["width"], "height": min(tall, 6000)})
            self.settle()
        self.page.screenshot(path=path)
        self.page.set_viewport_size(size)
        return path

    def texts(self, selector: str) -> list[str]:
        """The texts of all elements that a selector finds."""
        return [str(text) for text in self.page.locator(selector).all_inner_texts()]

    def must_be_clean(self) -> None:
        """No error box, no request to elsewhere, no error in the console."""
        assert self.texts("[data-testid='stException']") == []
        assert self.outside == []
        assert self.console == []

    def close(self) -> None:
        self.context.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

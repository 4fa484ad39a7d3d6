"""Signing in: a real browser, Streamlit's own flow and a provider on this machine; and that
nothing of a brand shows to whom it is not meant for."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboard import sign_in
from dashboard.sessions import Sessions
from data.ledger import Ledger
from data.people import find_person, grant
from data.roles import Person, Role
from data.workspace import Workspace
from tests.dashboard.app_test import open_app, texts
from tests.dashboard.browser import Server, Visit
from tests.dashboard.test_pages_browser import PAGES

if TYPE_CHECKING:
    from playwright.sync_api import Browser
    from streamlit.testing.v1 import AppTest

Open = Callable[..., "AppTest"]
pytestmark = pytest.mark.filterwarnings("default::DeprecationWarning")
ADMIN = Person("wei@brand.example", frozenset({Role.ADMIN}))


@pytest.fixture
def open_as(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, request: Any) -> Open:
    """Open a page as somebody whom a provider vouches for; None: nobody has signed in."""

    def open_(
        who: str | None, page: str = "overview", *, folder: Path | None = None, **query: str
    ) -> AppTest:
        brand = folder or request.getfixturevalue("folder")
        said: dict[str, Any] = {"iss": "https://idp", "sub": who, "iat": time.time(), "email": who}
        sessions = Sessions()
        monkeypatch.setattr(sign_in, "is_configured", lambda: True)
        monkeypatch.setattr(sign_in, "claims", lambda: said if who else {})
        monkeypatch.setattr(sign_in, "_providers", lambda: {"": "Sign in"})
        monkeypatch.setattr(sign_in, "_sessions", lambda: sessions)
        app = open_app(monkeypatch, tmp_path / "home", brand, page, **query)
        assert not app.exception
        return app

    return open_


def everything(app: AppTest) -> str:
    """All that is sent to the reader, whatever kind of element it is."""
    nodes = [*app.main, *app.sidebar]
    return "\n".join(str(getattr(node, "proto", "")) for node in nodes)


@pytest.fixture(scope="module")
def team(recorded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A brand in which Li may look; read only, so that its pages are read once."""
    folder = Path(shutil.copytree(recorded, tmp_path_factory.mktemp("team") / "brand"))
    with Ledger(Workspace.of(folder).ledger_url) as ledger:
        grant(ledger, "li@brand.example", ["viewer"], who=ADMIN)
    return folder


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_a_brand_shows_to_who_has_no_role_in_it(
    open_as: Open, team: Path, page: str
) -> None:
    nobody = open_as(None, page, folder=team)
    assert "Sign in" in texts(nobody.title)
    stranger = open_as("eve@elsewhere.example", page, folder=team)
    assert "You have no role here" in texts(stranger.title)
    for app in (nobody, stranger):
        shown = everything(app)
        assert "Tiny" not in shown
        assert "Hangzhou" not in shown
        assert not app.dataframe
        assert not app.metric


@pytest.mark.parametrize("page", PAGES)
def test_a_viewer_sees_every_page_and_is_offered_nothing_to_change(
    open_as: Open, team: Path, page: str
) -> None:
    app = open_as("li@brand.example", page, folder=team)
    assert app.title
    # What only asks or leaves is everybody's: signing out, proving the ledger, a what-if.
    harmless = ("sign_out", "verify", "FormSubmitter:what_if")
    offered = [button.key for button in app.button if not button.disabled]
    assert [key for key in offered if not str(key).startswith(harmless)] == []
    assert not [upload for upload in app.file_uploader if not upload.disabled]
    shown = {"people": "needs the role admin", "data": "Tables", "transfers": "Trips"}
    assert "Tiny" in everything(app)
    assert shown.get(page, "") in everything(app)


def test_a_planner_decides_under_the_name_of_the_provider(open_as: Open, ledger: Ledger) -> None:
    grant(ledger, "li@brand.example", ["planner"], who=ADMIN)
    app = open_as("Li@Brand.example", "transfers", destination="front-sz")
    app.button(key="approve").click().run()
    assert not app.exception
    rows = ledger.transfers().set_index("transfer")
    assert rows.loc["T4", ["state", "decided_by"]].tolist() == ["approved", "li@brand.example"]


def test_a_role_that_was_withdrawn_meanwhile_no_longer_decides(
    open_as: Open, ledger: Ledger
) -> None:
    grant(ledger, "li@brand.example", ["planner"], who=ADMIN)
    app = open_as("li@brand.example", "transfers")
    grant(ledger, "li@brand.example", ["viewer"], who=ADMIN)
    app.button(key="approve").click().run()
    assert "needs the role planner" in texts(app.error)
    assert set(ledger.transfers()["state"]) == {"proposed"}


def test_an_uploaded_brand_is_its_bringers_alone(
    open_as: Open, ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from data.templates import zipped_templates

    grant(ledger, "li@brand.example", ["operator"], who=ADMIN)
    grant(ledger, "eve@brand.example", ["viewer"], who=ADMIN)
    app = open_as("li@brand.example", "data")
    upload = app.file_uploader(key="upload")
    upload.upload("mine.zip", zipped_templates(), "application/zip").run()
    next(button for button in app.button if button.label == "Show this brand").click().run()
    name = app.query_params["uploaded"]
    name = name[0] if isinstance(name, list) else name
    assert "Example brand" in texts(open_as("li@brand.example", uploaded=name).sidebar.markdown)
    assert "Tiny" in texts(open_as("eve@brand.example", uploaded=name).sidebar.markdown)
    # It decides on nobody else's transfers, even where all brands share one ledger.
    monkeypatch.setenv("NEARFIELD_LEDGER_URL", f"sqlite:///{tmp_path / 'shared.sqlite'}")
    uploads = tmp_path / "home" / ".local" / "share" / "nearfield" / "uploads"
    assert "shared" not in Workspace.of(uploads / name).ledger_url
    assert "shared" in Workspace.of(tmp_path / "brand").ledger_url


def test_an_admin_gives_changes_and_withdraws_roles(
    open_as: Open, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sign_in, "first_admins", lambda: frozenset({"wei@brand.example"}))
    app = open_as("wei@brand.example", "people")
    app.text_input(key="person_name").set_value(" Li@Brand.example ")
    app.button_group(key="person_roles").set_value(["planner", "admin"])
    app.run()
    app.button(key="give").click().run()
    assert not app.exception
    found = find_person(ledger, "li@brand.example")
    assert found.roles == {Role.PLANNER, Role.ADMIN}
    assert "is now" in texts(app.success)
    app.text_input(key="person_name").set_value("li@brand.example").run()
    app.button(key="withdraw").click().run()
    assert "last admin" in texts(app.error)
    assert find_person(ledger, "li@brand.example").roles == {Role.PLANNER, Role.ADMIN}


def test_secrets_that_cannot_be_read_show_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, folder: Path
) -> None:
    from streamlit import config

    broken = tmp_path / "secrets.toml"
    broken.write_text("[auth\n", "utf-8")
    real = config.get_option
    monkeypatch.setattr(
        sign_in.st, "get_option", lambda name: [str(broken)] if "secrets" in name else real(name)
    )
    app = open_app(monkeypatch, tmp_path / "home", folder, "transfers")
    assert not app.exception
    assert "expected a TOML file" in texts(app.error)
    assert not app.dataframe


@pytest.mark.browser
@pytest.mark.xdist_group("browser")
def test_signing_in_with_a_provider_and_out_again(
    chromium: Browser, folder: Path, tmp_path: Path, ledger: Ledger
) -> None:
    pytest.importorskip("authlib")
    from tests.dashboard.oidc_provider import Provider

    provider = Provider()
    provider.write_secrets(tmp_path / "cwd")
    server = Server(
        folder, tmp_path / "server", cwd=tmp_path / "cwd", NEARFIELD_ADMINS="Wei@brand.example"
    )
    window = Visit(chromium, server)
    try:
        page = window.open("transfers")
        assert window.texts("h1") == ["Sign in"]
        assert "Tiny" not in page.content()
        enter(window, provider, "li@brand.example")
        page.wait_for_selector("h1:has-text('You have no role here')")
        assert "Tiny" not in page.content()
        leave(window)
        enter(window, provider, "wei@brand.example")
        page.wait_for_selector("h1:has-text('Overview')")
        window.go("People and settings")
        page.get_by_label("E-mail address").fill("li@brand.example")
        page.get_by_role("button", name="planner", exact=True).click()
        window.settle()
        page.get_by_role("button", name="Give the roles").click()
        page.get_by_text("is now planner").wait_for()
        window.screenshot("people-signed-in")
        leave(window)
        enter(window, provider, "li@brand.example")
        page.wait_for_selector("h1:has-text('Overview')")
        window.go("Transfers")
        page.get_by_role("button", name="Approve all (5)").click()
        page.get_by_test_id("stToast").filter(has_text="5 transfers approved").first.wait_for()
        assert set(ledger.transfers()["decided_by"]) == {"li@brand.example"}
        # What ends in one window ends in the others.
        other = window.context.new_page()
        other.goto(f"{server.url}/transfers")
        other.wait_for_selector("h1:has-text('Transfers')")
        leave(window)
        other.get_by_test_id("stSidebarNavLink").filter(has_text="Network").click()
        other.wait_for_selector("h1:has-text('Your session has ended')")
        assert set(ledger.transfers()["state"]) == {"approved"}
        assert window.texts("[data-testid='stException']") == []
    finally:
        window.close()
        server.stop()
        provider.stop()


def enter(window: Visit, provider: Any, email: str) -> None:
    provider.email = email
    window.page.get_by_role("button", name="Sign in").click()
    window.page.wait_for_selector("h1:not(:has-text('Sign in'))")
    window.settle()


def leave(window: Visit) -> None:
    window.page.get_by_role("button", name="Sign out").click()
    window.page.wait_for_selector("h1:has-text('Sign in')")
    window.settle()

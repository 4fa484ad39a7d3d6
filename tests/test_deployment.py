"""The image and the services of a team, part by part: no container engine is needed."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dashboard.arguments import parser
from dashboard.health import HEALTH_PATH
from data.ledger_database import _parse

ROOT = Path(__file__).resolve().parents[1]
GIVEN = {
    "NEARFIELD_BRAND_FOLDER": "/srv/my brand",
    "NEARFIELD_DATABASE_PASSWORD": "p@ss:word/with?signs",
}
TEXT = (ROOT / "compose.yaml").read_text("utf-8")
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
RUNNING = (ROOT / "docs" / "running.md").read_text("utf-8")


def filled_in(value: Any, given: dict[str, str]) -> Any:
    """The document with ``${NAME:-default}`` and ``${NAME:?why}`` as Compose fills them in."""
    if isinstance(value, dict):
        return {key: filled_in(one, given) for key, one in value.items()}
    if isinstance(value, list):
        return [filled_in(one, given) for one in value]
    if not isinstance(value, str):
        return value

    def fill(found: re.Match[str]) -> str:
        name, sign, rest = found.groups()
        if name in given:
            return given[name]
        if sign == ":?":
            raise KeyError(f"{name}: {rest}")
        return rest

    return re.sub(r"\$\{(\w+)(:[-?])([^}]*)\}", fill, value)


COMPOSE = filled_in(yaml.safe_load(TEXT), GIVEN)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = [name for name, service in SERVICES.items() if "build" in service]


def test_what_has_no_default_is_asked_for() -> None:
    for name in GIVEN:
        with pytest.raises(KeyError, match=name):
            filled_in(yaml.safe_load(TEXT), {n: v for n, v in GIVEN.items() if n != name})


def test_there_is_a_database_a_dashboard_and_a_nightly_job() -> None:
    assert set(SERVICES) == {"ledger", "dashboard", "nightly"}
    assert OURS == ["dashboard", "nightly"]
    for name in OURS:
        assert SERVICES[name]["depends_on"] == {"ledger": {"condition": "service_healthy"}}
    assert all("healthcheck" in service for service in SERVICES.values())
    images = {service.get("image") for service in SERVICES.values()}
    assert images == {"nearfield", "postgres:17"}  # names, no registry's address


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_ours(name: str) -> None:
    service = SERVICES[name]
    started = parser().parse_args(service["command"])
    assert started.run == {"dashboard": "serve", "nightly": "nightly"}[name]
    kind, program, *asked = service["healthcheck"]["test"]
    assert (kind, program) == ("CMD", "nearfield")
    health = parser().parse_args(asked)
    assert health.run == "health"
    assert health.folder == started.folder == Path("/brand")


def test_the_dashboard_is_asked_where_it_listens() -> None:
    service = SERVICES["dashboard"]
    started = parser().parse_args(service["command"])
    health = parser().parse_args(service["healthcheck"]["test"][2:])
    assert health.server == f"http://localhost:{started.port}"
    assert started.address == "0.0.0.0"  # of the container; the machine publishes
    (published,) = service["ports"]
    assert published == f"127.0.0.1:8501:{started.port}"
    assert HEALTH_PATH == "/_stcore/health"  # tests/dashboard/test_command_line.py asks it
    assert f"EXPOSE {started.port}" in DOCKERFILE


@pytest.mark.parametrize("name", OURS)
def test_the_ledger_is_the_database_next_door(name: str) -> None:
    environment, database = SERVICES[name]["environment"], SERVICES["ledger"]["environment"]
    url = _parse(environment["NEARFIELD_LEDGER_URL"])
    assert (url.host, url.username, url.database) == (
        "ledger",
        database["POSTGRES_USER"],
        database["POSTGRES_DB"],
    )
    assert url.password is None  # it is in no address: libpq reads PGPASSWORD
    assert environment["PGPASSWORD"] == database["POSTGRES_PASSWORD"]
    ready = SERVICES["ledger"]["healthcheck"]["test"]
    assert f"--username={url.username}" in ready
    assert f"--dbname={url.database}" in ready


@pytest.mark.parametrize("name", OURS)
def test_every_place_is_mounted_and_every_variable_known(name: str) -> None:
    service = SERVICES[name]
    mounted = {volume.split(":")[1]: volume.split(":")[0] for volume in service["volumes"]}
    assert mounted["/brand"] == GIVEN["NEARFIELD_BRAND_FOLDER"]
    named = {place for place in mounted.values() if re.fullmatch(r"\w+", place)}
    assert named <= set(COMPOSE["volumes"])
    assert mounted["/work"] == "work"
    assert "NEARFIELD_HOME=/work" in DOCKERFILE
    code = "".join(
        path.read_text("utf-8")
        for room in ("data", "dashboard")
        for path in ROOT.glob(f"{room}/*.py")
    )
    for variable in service["environment"]:
        if variable.startswith("NEARFIELD_"):
            assert f'"{variable}"' in code, variable
    started = parser().parse_args(service["command"])
    backups = getattr(started, "backups", None)
    assert backups is None or str(backups) in mounted


def test_the_image_is_built_of_what_is_here_and_of_the_lock() -> None:
    copied = re.findall(r"^COPY (.+) \S+$", DOCKERFILE, re.MULTILINE)
    sources = [source for line in copied for source in line.split()]
    assert {"requirements.txt", "data", "forecasting", "optimization", "dashboard"} <= set(sources)
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    for source in sources:
        assert (ROOT / source).exists(), source
        assert f"!{source}" in kept, source
    assert "--requirement requirements.txt" in DOCKERFILE
    assert "--constraint requirements-dev.txt" in DOCKERFILE
    extras = re.findall(r'--constraint requirements-dev\.txt "?([\w\[\]]+)"? ([\w ]+)', DOCKERFILE)
    locked = (ROOT / "requirements-dev.txt").read_text("utf-8")
    assert extras == [("psycopg[binary]", "authlib httpx")]
    assert re.search(r"^psycopg==", locked, re.MULTILINE)
    assert re.search(r"^authlib==", locked, re.MULTILINE)
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert 'ENTRYPOINT ["nearfield"]' in DOCKERFILE
    assert "nearfield" in project["scripts"]
    assert "USER nearfield" in DOCKERFILE
    default = re.search(r"^CMD \[(.+)\]$", DOCKERFILE, re.MULTILINE)
    assert default is not None
    words = [word.strip().strip('"') for word in default.group(1).split(",")]
    assert words == SERVICES["dashboard"]["command"]
    python = re.search(r"^FROM python:3\.(\d+)-slim$", DOCKERFILE, re.MULTILINE)
    assert python is not None
    assert f"Programming Language :: Python :: 3.{python.group(1)}" in project["classifiers"]


def test_nothing_secret_and_no_data_gets_into_the_image() -> None:
    kept = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    assert "*" in kept
    assert not any(
        re.search("secret|brand|nearfield", line) for line in kept if line.startswith("!")
    )
    ignored = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"/secrets/", ".env", ".streamlit/secrets.toml"} <= set(ignored)


def test_the_document_tells_every_variable_and_every_command_works() -> None:
    for variable in sorted({*re.findall(r"\$\{(NEARFIELD_\w+)", TEXT), "NEARFIELD_LOG"}):
        assert f"`{variable}`" in RUNNING, variable
    blocks = re.findall(r"```sh\n(.+?)```", RUNNING, re.DOTALL)
    commands = re.findall(
        r"nearfield ((?:nightly|health|backup|restore|serve) [^#\n]*)", "".join(blocks)
    )
    assert len(commands) >= 5
    for command in commands:
        parser().parse_args(command.split())

"""The first ledger: brands, plans, proposals, their states, events, exports and people."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "1"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("ledger_plan", "ledger_proposal", "ledger_event", "ledger_export")


def upgrade() -> None:
    """Create every table and the triggers that keep history as it was."""
    _brands_and_plans()
    _proposals_and_states()
    _events()
    _exports_and_people()
    for table in APPEND_ONLY:
        _keep(table)


def _image() -> list[sa.Column[Any]]:
    return [
        sa.Column("version", sa.Integer),
        sa.Column("state", sa.Text),
        sa.Column("cases", sa.Integer),
        sa.Column("received_cases", sa.Integer),
        sa.Column("decided_by", sa.Text),
        sa.Column("decided_at", sa.DateTime),
        sa.Column("reason", sa.Text),
        sa.Column("text", sa.Text),
        sa.Column("until", sa.Date),
        sa.Column("export", sa.Text),
        sa.Column("told", sa.Text),
        sa.Column("undoable", sa.Integer),
    ]


def _needed(name: str, kind: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)


def _brand() -> sa.Column[Any]:
    return sa.Column("brand", sa.Integer, sa.ForeignKey("ledger_brand.id"), nullable=False)


def _brands_and_plans() -> None:
    op.create_table(
        "ledger_brand",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        _needed("last_event", sa.Integer),
        _needed("last_proposal", sa.Integer),
        sa.Column("plan", sa.Text),
        sa.Column("as_of", sa.Date),
    )
    op.create_table(
        "ledger_plan",
        _brand(),
        _needed("plan", sa.Text),
        _needed("as_of", sa.Date),
        _needed("event", sa.Integer),
        _needed("digest", sa.Text),
        *(
            _needed(name, sa.Integer)
            for name in ("proposed", "superseded", "carried", "overtaken", "known")
        ),
        sa.PrimaryKeyConstraint("brand", "plan"),
    )


def _proposals_and_states() -> None:
    op.create_table(
        "ledger_proposal",
        _needed("brand", sa.Integer),
        _needed("number", sa.Integer),
        *(
            _needed(name, sa.Text)
            for name in ("plan", "transfer", "lane", "origin", "destination", "sku")
        ),
        _needed("dispatch_date", sa.Date),
        _needed("arrive_date", sa.Date),
        _needed("proposed_cases", sa.Integer),
        *(_needed(name, sa.Double) for name in ("proposed_units", "proposed_m3", "expected_gain")),
        _needed("plan_reason", sa.Text),
        sa.PrimaryKeyConstraint("brand", "number"),
        sa.UniqueConstraint("brand", "plan", "transfer"),
        sa.ForeignKeyConstraint(["brand", "plan"], ["ledger_plan.brand", "ledger_plan.plan"]),
    )
    op.create_index(
        "ledger_proposal_key", "ledger_proposal", ["brand", "lane", "sku", "dispatch_date"]
    )
    op.create_table(
        "ledger_state",
        _needed("brand", sa.Integer),
        _needed("proposal", sa.Integer),
        _needed("event", sa.Integer),
        *_image(),
        sa.PrimaryKeyConstraint("brand", "proposal"),
        sa.ForeignKeyConstraint(
            ["brand", "proposal"], ["ledger_proposal.brand", "ledger_proposal.number"]
        ),
    )
    op.create_index("ledger_state_state", "ledger_state", ["brand", "state"])


def _events() -> None:
    op.create_table(
        "ledger_event",
        _brand(),
        _needed("number", sa.Integer),
        _needed("at", sa.DateTime),
        _needed("who", sa.Text),
        _needed("action", sa.Text),
        _needed("request", sa.Text),
        sa.Column("plan", sa.Text),
        sa.Column("proposal", sa.Integer),
        sa.Column("undoes", sa.Integer),
        sa.Column("from_state", sa.Text),
        sa.Column("from_cases", sa.Integer),
        *_image(),
        sa.PrimaryKeyConstraint("brand", "number"),
    )
    for column in ("proposal", "request", "at"):
        op.create_index(f"ledger_event_{column}", "ledger_event", ["brand", column])


def _exports_and_people() -> None:
    op.create_table(
        "ledger_export",
        _brand(),
        _needed("export", sa.Text),
        _needed("event", sa.Integer),
        _needed("at", sa.DateTime),
        _needed("who", sa.Text),
        _needed("count", sa.Integer),
        _needed("lines", sa.Text),
        sa.PrimaryKeyConstraint("brand", "export"),
    )
    op.create_table(
        "ledger_person",
        _brand(),
        _needed("name", sa.Text),
        _needed("roles", sa.Text),
        sa.PrimaryKeyConstraint("brand", "name"),
    )


def _keep(table: str) -> None:
    """Refuse to change or delete a row of the table, whoever asks."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} is only ever added to'); END"
            )
        return
    if table == APPEND_ONLY[0]:
        op.execute(
            "CREATE FUNCTION ledger_keep() RETURNS trigger LANGUAGE plpgsql AS "
            "$$ BEGIN RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME; END $$"
        )
    op.execute(
        f"CREATE TRIGGER {table}_keep BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION ledger_keep()"
    )

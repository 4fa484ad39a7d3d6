"""People's judgement on the forecast: what they know and it does not.

An override lives beside the forecast, never inside it: the forecast's files stay as the model
made them, and a plan is made on forecast × overrides (:mod:`forecasting.overridden`). It is an
event of the ledger like any other: added, never changed; a withdrawal is another event.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Final, Literal, get_args

import pandas as pd
from sqlalchemy import Connection, select

from data.errors import BadDecision, BadInput
from data.ledger_tables import as_date, events
from data.ledger_writing import Page
from data.roles import Permission, Person
from data.sentence import Sentence, in_a_row, say
from data.transitions import Action

if TYPE_CHECKING:
    from data.brand import Brand
    from data.ledger import Ledger

Kind = Literal["percent", "units"]

OVERRIDE_COLUMNS: Final = (
    "override",
    "region",
    "category",
    "sku",
    "kind",
    "amount",
    "starts",
    "ends",
    "expires",
    "reason",
    "as_of",
    "who",
    "at",
    "withdrawn_by",
    "withdrawn_at",
    "withdrawn_as_of",
)
LONGEST_REASON: Final = 500
LARGEST_PERCENT: Final = 2_000.0


@dataclass(frozen=True, slots=True)
class Override:
    """What somebody holds against the forecast.

    :param region: a region, "" for all. :param category: likewise. :param sku: likewise.
    :param kind: ``percent``: demand is so many percent higher (−100 to 2,000) for each series;
        ``units``: so many units a day more or less, over the whole scope together.
    :param amount: not 0; below 0 is less demand.
    :param starts: first day of demand concerned. :param ends: the last one.
    :param expires: last as-of day on which a plan still takes it; default: ``ends``.
    :param reason: why, 1 to 500 characters.
    """

    kind: Kind
    amount: float
    starts: date
    ends: date
    reason: str
    region: str = ""
    category: str = ""
    sku: str = ""
    expires: date | None = None

    def __post_init__(self) -> None:
        for name in ("starts", "ends", "expires"):
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, as_date(pd.Timestamp(value)))
        object.__setattr__(self, "reason", self.reason.strip())
        if self.expires is None:
            object.__setattr__(self, "expires", self.ends)
        faults = []
        if self.kind not in get_args(Kind):
            faults.append(say("kind: expected percent or units; found {found!r}", found=self.kind))
        low, high = (-100.0, LARGEST_PERCENT) if self.kind == "percent" else (-1e9, 1e9)
        if not low <= self.amount <= high or self.amount == 0:
            faults.append(
                say(
                    "amount: expected {low:g} to {high:g} and not 0; found {found!r}",
                    low=low,
                    high=high,
                    found=self.amount,
                )
            )
        if self.ends < self.starts:
            faults.append(
                say(
                    "ends: expected {first} or later; found {found}",
                    first=self.starts,
                    found=self.ends,
                )
            )
        if not 1 <= len(self.reason) <= LONGEST_REASON:
            faults.append(
                say(
                    "reason: expected 1 to {most} characters; found {found}",
                    most=LONGEST_REASON,
                    found=len(self.reason),
                )
            )
        if faults:
            raise BadInput(_refused(faults))


def enter(
    ledger: Ledger, override: Override, brand: Brand, *, who: Person, request: str | None = None
) -> int:
    """Add an override to a brand's ledger.

    :param request: an id of one's own: the same request again adds nothing.
    :returns: its number, by which it is withdrawn.
    :raises BadInput: the scope names nothing of the brand, or the days have passed.
    :raises NotAllowed: the person's roles do not allow it.
    """
    who.must(Permission.OVERRIDE_FORECAST)
    _require_scope(override, brand)
    text = json.dumps(_plain(override) | {"as_of": f"{brand.as_of:%Y-%m-%d}"}, ensure_ascii=False)

    def work(page: Page) -> int:
        done = _of_request(page)
        return page.add(Action.OVERRIDE, text=text) if done is None else done

    return ledger.carry_out(who, request, work, create=True)


def withdraw(
    ledger: Ledger, number: int, brand: Brand, *, who: Person, request: str | None = None
) -> None:
    """Withdraw an override; plans made before it stay as they are.

    :raises BadDecision: there is no such override, or it is withdrawn already.
    :raises NotAllowed: the person's roles do not allow it.
    """
    who.must(Permission.OVERRIDE_FORECAST)

    def work(page: Page) -> None:
        if _of_request(page) is not None:
            return
        table = _table(page.connection, page.brand)
        found = table[table["override"] == number]
        if found.empty:
            raise BadDecision(say("there is no override {number}", number=number))
        if found["withdrawn_by"].item():
            raise BadDecision(
                say(
                    "override {number} is withdrawn already, by {who}",
                    number=number,
                    who=found["withdrawn_by"].item(),
                )
            )
        page.add(Action.WITHDRAW, undoes=number, text=f"{brand.as_of:%Y-%m-%d}")

    ledger.carry_out(who, request, work, create=True)


def overrides(ledger: Ledger) -> pd.DataFrame:
    """Return every override that was ever entered, oldest first, withdrawn ones too.

    :returns: :data:`OVERRIDE_COLUMNS`: override is its number; as_of and withdrawn_as_of are
        the brand's last day of sales then; days are ``datetime64``, NaT where there is none.
    """
    return ledger.look(lambda connection, brand, *_: _table(connection, brand))


def in_force(table: pd.DataFrame, as_of: Any) -> pd.DataFrame:
    """Return the overrides that a plan made on this day takes: neither withdrawn nor expired.

    :param table: from :func:`overrides`.
    """
    day = pd.Timestamp(as_of)
    stands = (table["withdrawn_by"] == "") & (table["expires"] >= day) & (table["ends"] > day)
    return table[stands].reset_index(drop=True)


def _require_scope(override: Override, brand: Brand) -> None:
    faults = []
    known: Mapping[str, Collection[str]] = {
        "region": set(brand.regions["region"].astype(str)),
        "category": set(brand.products["category"].astype(str)),
        "sku": set(brand.products["sku"].astype(str)),
    }
    for name, values in known.items():
        value = getattr(override, name)
        if value and value not in values:
            faults.append(say("{name}: the brand has no {value!r}", name=name, value=value))
    if pd.Timestamp(override.ends) <= brand.as_of:
        faults.append(
            say(
                "ends: expected a day after {day}; found {found}",
                day=f"{brand.as_of:%Y-%m-%d}",
                found=override.ends,
            )
        )
    if faults:
        raise BadInput(_refused(faults))


def _refused(faults: Sequence[str]) -> Sentence:
    return say("an override is refused: {faults}", faults=in_a_row(faults, "; "))


def _plain(override: Override) -> dict[str, Any]:
    values = asdict(override)
    return {name: str(v) if isinstance(v, date) else v for name, v in values.items()}


def _of_request(page: Page) -> int | None:
    query = select(events.c.number).where(
        events.c.brand == page.brand, events.c.request == page.request
    )
    found = page.connection.execute(query).scalar()
    return None if found is None else int(found)


def _table(connection: Connection, brand: int) -> pd.DataFrame:
    kinds = [Action.OVERRIDE.value, Action.WITHDRAW.value]
    query = (
        select(events.c.number, events.c.action, events.c.undoes, events.c.text)
        .add_columns(events.c.who, events.c.at)
        .where(events.c.brand == brand, events.c.action.in_(kinds))
        .order_by(events.c.number)
    )
    rows: dict[int, dict[str, Any]] = {}
    names = [field.name for field in fields(Override)]
    for row in connection.execute(query):
        if row.action == Action.OVERRIDE.value:
            values = json.loads(row.text)
            rows[row.number] = {
                "override": row.number,
                **{name: values[name] for name in (*names, "as_of")},
                "who": row.who,
                "at": row.at,
                "withdrawn_by": "",
            }
        else:
            rows[row.undoes] |= {
                "withdrawn_by": row.who,
                "withdrawn_at": row.at,
                "withdrawn_as_of": row.text,
            }
    table = pd.DataFrame(list(rows.values()), columns=list(OVERRIDE_COLUMNS))
    for name in ("starts", "ends", "expires", "as_of", "withdrawn_as_of"):
        table[name] = pd.to_datetime(table[name]).astype("datetime64[ns]")
    for name in ("at", "withdrawn_at"):
        table[name] = pd.to_datetime(table[name], utc=True)
    return table.astype({"override": "int64", "amount": "float64"})

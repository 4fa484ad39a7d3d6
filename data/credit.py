"""Who is credited with what was sold: the front, store or main that served it, and its branch.

A sale is credited to the location that served it, whichever way the shopper ordered, so that a
branch gains from online orders that its stores fulfil. The credits of a period add up to its
sales exactly, in hundredths.

Recorded where it is known (the table ``fulfilments``), estimated where it is not:

1. Of the units that no record tells, the region's own stock served the share
   ``a·c / (a·c + (1 − a)·c_far)`` of a day with availability ``a`` (``c``: conversion of the
   region's nearest field, ``c_far``: of the far field, as in brand.toml), all of it where the
   far field did not sell; mains served the rest.
2. Among the region's fronts and stores (among the mains) it is split by what each of them had
   of the product: the units that it received in the period and those that it holds at the
   close of the as-of day. Where none had any, the nearest field of the region takes it all, by
   demand share; mains alike.

Units are worth the product's list price, and its margin before delivery; the tables hold no
discounts. Fractions of a hundredth are settled by the largest remainder (Hamilton's method;
Balinski and Young, Fair Representation, 1982), so that nothing is lost or made up.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.brand import Brand
from data.errors import BadInput
from data.sentence import say
from data.spreadsheet_cells import write_csv

Period = Literal["day", "week", "month", "quarter", "all"]
Floats = npt.NDArray[np.float64]

PERIODS: Final[dict[Period, str]] = {"day": "D", "week": "W-SUN", "month": "M", "quarter": "Q"}
MEASURES: Final = ("units", "value", "margin")
LINE: Final = ("period", "branch", "location", "kind", "basis")
FIELDS: Final = {"store": "near", "front": "mid", "main": "far"}

_KEY = ["period", "region", "sku"]
_TOLERANCE = 1e-9


@dataclass(frozen=True, slots=True)
class CreditStatement:
    """What each location is credited with.

    :param lines: period (its first day), branch, location, name, kind (main, front, store),
        field (near, mid, far), basis (``recorded`` or ``estimated``), units, value (units ×
        price), margin (units × margin); one row a period, location and basis that served
        something; sorted by period, branch, location, basis. Amounts are whole hundredths.
    :param totals: period, units, value, margin: the sales of each period. For each period the
        lines add up to them (compare with :func:`hundredths`, not as floats).
    :param surplus: units that records tell beyond what was sold of the product in its region
        and period; they are not credited.
    :param first: first day of the statement; ``last`` its last day.
    :param currency: of value and margin.
    """

    lines: pd.DataFrame
    totals: pd.DataFrame
    surplus: float
    first: pd.Timestamp
    last: pd.Timestamp
    currency: str

    @property
    def recorded_share(self) -> float:
        """Share of the units whose location is recorded, 0 to 1; the rest is estimated."""
        units = self.totals["units"].sum()
        told = self.lines.loc[self.lines["basis"] == "recorded", "units"].sum()
        return float(told / units) if units else 0.0

    def by_branch(self) -> pd.DataFrame:
        """Return period, branch, units, value, margin: the lines added up by branch."""
        return self._summed(["period", "branch"])

    def by_location(self) -> pd.DataFrame:
        """Return branch, location, name, kind, field and the amounts over all periods."""
        return self._summed(["branch", "location", "name", "kind", "field"])

    def to_csv(self) -> bytes:
        """Return the lines as CSV (UTF-8), texts defused for spreadsheets."""
        plain = self.lines.assign(period=self.lines["period"].dt.strftime("%Y-%m-%d"))
        amounts = {name: plain[name].map("{:.2f}".format) for name in MEASURES}
        rows = plain.assign(**amounts).itertuples(index=False, name=None)
        return write_csv(list(plain.columns), rows)

    def _summed(self, by: list[str]) -> pd.DataFrame:
        whole = self.lines.assign(**{name: hundredths(self.lines[name]) for name in MEASURES})
        summed = whole.groupby(by, sort=True, as_index=False)[list(MEASURES)].sum()
        return summed.assign(**{name: summed[name] / 100 for name in MEASURES})


def hundredths(amounts: pd.Series[float]) -> pd.Series[int]:
    """Return amounts of whole hundredths as integers, which add up without rounding."""
    return (amounts * 100).round().astype("int64")


def credit_statement(
    brand: Brand,
    *,
    period: Period = "month",
    first: str | pd.Timestamp | None = None,
    last: str | pd.Timestamp | None = None,
    received: pd.DataFrame | None = None,
) -> CreditStatement:
    """Credit the sales of a range of days to the locations that served them.

    :param period: what a line covers: ``day``, ``week`` (Monday to Sunday), ``month``,
        ``quarter`` or ``all``; the first and last may be cut by the range.
    :param first: first day; default: the first day with sales.
    :param last: last day, at most the as-of day, which is the default.
    :param received: transfers that arrived, as ``ledger.transfers(states=[State.RECEIVED])``
        gives them (destination, sku, arrive_date, units, cases, received_cases); they only
        guide the estimate. None: none.
    :raises BadInput: a period that does not exist, or a range without a day of sales.
    """
    if period != "all" and period not in PERIODS:
        known = ", ".join([*PERIODS, "all"])
        raise BadInput(
            say("a credit statement is by {known}; found {period!r}", known=known, period=period)
        )
    start, end = _range(brand, first, last)
    sales = _sales(brand, start, end, period)
    recorded, surplus = _recorded(brand, sales, start, end, period)
    left = _not_told(brand, sales, recorded)
    shares = _shares(brand, left, _had(received, start, end, period))
    estimated = _estimated(left, shares)
    told = recorded.assign(basis="recorded")
    rows = pd.concat([told, estimated.assign(basis="estimated")], ignore_index=True)
    totals = _totals(sales, brand)
    return CreditStatement(
        _lines(rows, totals, brand), totals, surplus, start, end, brand.settings.currency
    )


def _range(
    brand: Brand, first: str | pd.Timestamp | None, last: str | pd.Timestamp | None
) -> tuple[pd.Timestamp, pd.Timestamp]:
    known = brand.dates
    start = known[0] if first is None else pd.Timestamp(first).normalize()
    end = brand.as_of if last is None else min(pd.Timestamp(last).normalize(), brand.as_of)
    if not max(start, known[0]) <= end:
        raise BadInput(
            say(
                "a credit statement needs days with sales, from {first:%Y-%m-%d} to "
                "{last:%Y-%m-%d}; found {start:%Y-%m-%d} to {end:%Y-%m-%d}",
                first=known[0],
                last=brand.as_of,
                start=start,
                end=end,
            )
        )
    return max(start, known[0]), end


def _period_of(
    days: pd.Series[pd.Timestamp], period: Period, start: pd.Timestamp
) -> pd.Series[Any]:
    """Return the first day of the period of each day, no earlier than the range's."""
    if period == "all":
        return pd.Series(start, index=days.index, dtype="datetime64[ns]")
    began = days.dt.to_period(PERIODS[period]).dt.start_time
    return pd.Series(began.where(began >= start, start)).astype("datetime64[ns]")


def _sales(brand: Brand, start: pd.Timestamp, end: pd.Timestamp, period: Period) -> pd.DataFrame:
    """Return period, region, sku, units and how many of them the region's own stock served."""
    sales = brand.sales
    sales = sales[sales["date"].between(start, end) & (sales["units"] > 0)]
    had = sales["availability"].to_numpy(dtype=np.float64)
    if brand.settings.history.far_field:
        promises = brand.settings.promise
        stores = set(brand.locations.loc[brand.locations["kind"] == "store", "region"])
        nearest = np.where(
            sales["region"].isin(stores), promises.near.conversion, promises.mid.conversion
        )
        own, far = had * nearest, (1.0 - had) * promises.far.conversion
        asked = own + far
        share = np.where(asked > 0, own / np.where(asked > 0, asked, 1.0), had)
    else:
        share = np.ones(len(sales))
    units = sales["units"].to_numpy(dtype=np.float64)
    rows = pd.DataFrame(
        {
            "period": _period_of(sales["date"], period, start),
            "region": sales["region"].astype(str),
            "sku": sales["sku"].astype(str),
            "units": units,
            "own": units * share,
        }
    )
    return rows.groupby(_KEY, sort=True, as_index=False)[["units", "own"]].sum()


def _recorded(
    brand: Brand, sales: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp, period: Period
) -> tuple[pd.DataFrame, float]:
    """Return period, region, sku, location, units as recorded, and what is beyond the sales."""
    told = brand.fulfilments
    told = told[told["date"].between(start, end) & (told["units"] > 0)]
    home = dict(zip(brand.locations["location"], brand.locations["region"], strict=True))
    region = told["region"].astype(str)
    rows = pd.DataFrame(
        {
            "period": _period_of(told["date"], period, start),
            "region": region.where(region != "", told["location"].map(home)),
            "sku": told["sku"].astype(str),
            "location": told["location"].astype(str),
            "units": told["units"].to_numpy(dtype=np.float64),
        }
    )
    rows = rows.groupby([*_KEY, "location"], sort=True, as_index=False)[["units"]].sum()
    rows = rows.merge(sales[[*_KEY, "units"]], "left", _KEY, suffixes=("", "_sold"))
    sold = rows.pop("units_sold").fillna(0.0)
    sum_told = rows.groupby(_KEY)["units"].transform("sum")
    kept = rows["units"] * np.minimum(1.0, sold / sum_told)
    surplus = float((rows["units"] - kept).sum())
    rows = rows.assign(units=kept)
    return rows[rows["units"] > 0].reset_index(drop=True), surplus


def _not_told(brand: Brand, sales: pd.DataFrame, recorded: pd.DataFrame) -> pd.DataFrame:
    """Return period, region, sku and units that no record tells, from near (own) and from far.

    Records count first: what is left is split so that both fields come to their share.
    """
    kind = brand.locations.set_index("location")["kind"]
    local = set(brand.locations.loc[brand.locations["kind"] != "main", "region"])
    is_far = recorded["location"].map(kind) == "main"
    told = recorded[_KEY].assign(
        told=recorded["units"], told_own=recorded["units"].where(~is_far, 0.0)
    )
    rows = sales.merge(told.groupby(_KEY, as_index=False).sum(), "left", _KEY)
    rows = rows.fillna({"told": 0.0, "told_own": 0.0})
    own = rows["own"].where(rows["region"].isin(local), 0.0)
    rest = (rows["units"] - rows["told"]).clip(lower=0.0)
    from_own = (own - rows["told_own"]).clip(lower=0.0).clip(upper=rest)
    left = rows[_KEY].assign(own=from_own, far=rest - from_own)
    return left[rest > _TOLERANCE].reset_index(drop=True)


def _shares(brand: Brand, left: pd.DataFrame, had: pd.DataFrame) -> pd.DataFrame:
    """Return period, region, sku, is_far, location, share: how what is not recorded is split.

    ``share`` adds up to 1 over the mains of a key, and over the fronts and stores of its region.

    :param left: the keys, from :func:`_not_told`.
    :param had: period, location, sku, units that arrived there.
    """
    places = brand.locations[["location", "kind", "region", "demand_share"]]
    mains = places[places["kind"] == "main"].assign(is_far=True, usual=1.0)
    own = places[places["kind"] != "main"].assign(is_far=False)
    # Where nothing tells, the nearest field has it all.
    with_stores = set(own.loc[own["kind"] == "store", "region"])
    is_nearest = (own["kind"] == "store") | ~own["region"].isin(with_stores)
    own = own.assign(usual=own["demand_share"].where(is_nearest, 0.0))
    columns = ["location", "is_far", "usual"]
    served = pd.concat(
        [
            left[_KEY].merge(own[["region", *columns]], on="region"),
            left[_KEY].merge(mains[columns], how="cross"),
        ],
        ignore_index=True,
    )
    stock = brand.stock.groupby(["location", "sku"], observed=True)["units"].sum().reset_index()
    stock = stock.astype({"location": str, "sku": str})
    arrived = served.merge(had, "left", ["period", "location", "sku"])["units"].fillna(0.0)
    held = served.merge(stock, "left", ["location", "sku"])["units"].fillna(0.0)
    served = served.assign(weight=arrived + held)
    groups = served.groupby([*_KEY, "is_far"])
    total, usual = groups["weight"].transform("sum"), groups["usual"].transform("sum")
    share = (served["weight"] / total.where(total > 0)).fillna(served["usual"] / usual)
    return served[[*_KEY, "is_far", "location"]].assign(share=share)


def _had(
    received: pd.DataFrame | None, start: pd.Timestamp, end: pd.Timestamp, period: Period
) -> pd.DataFrame:
    """Return period, location, sku, units that arrived in the range."""
    columns = ["period", "location", "sku"]
    if received is None or received.empty:
        empty = pd.DataFrame({name: pd.Series([], dtype="str") for name in columns})
        return empty.astype({"period": "datetime64[ns]"}).assign(units=0.0)
    rows = received[received["arrive_date"].between(start, end)]
    arrived = rows["received_cases"].fillna(rows["cases"])
    frame = pd.DataFrame(
        {
            "period": _period_of(rows["arrive_date"], period, start),
            "location": rows["destination"].astype(str),
            "sku": rows["sku"].astype(str),
            "units": rows["units"] * arrived / rows["cases"],
        }
    )
    return frame.groupby(columns, as_index=False)[["units"]].sum()


def _estimated(left: pd.DataFrame, shares: pd.DataFrame) -> pd.DataFrame:
    """Return period, region, sku, location, units of what no record tells."""
    rows = shares.merge(left, on=_KEY)
    rows["units"] = rows["share"] * rows["far"].where(rows["is_far"], rows["own"])
    return rows.loc[rows["units"] > 0, [*_KEY, "location", "units"]].reset_index(drop=True)


def _worth(rows: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    products = brand.products.set_index("sku")
    units = rows["units"]
    return rows.assign(
        value=units * rows["sku"].map(products["price"]),
        margin=units * rows["sku"].map(products["margin"]),
    )


def _totals(sales: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    sums = _worth(sales, brand).groupby("period", sort=True, as_index=False)[list(MEASURES)].sum()
    return sums.assign(**{name: hundredths(sums[name]) / 100 for name in MEASURES})


def _lines(rows: pd.DataFrame, totals: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    places = brand.locations.set_index("location")
    branch = places["branch"].where(places["branch"] != "", places["region"])
    rows = _worth(rows, brand)
    rows = rows.assign(
        branch=rows["location"].map(branch), kind=rows["location"].map(places["kind"])
    )
    lines = rows.groupby(list(LINE), sort=True, as_index=False)[list(MEASURES)].sum()
    # Both are sorted by period, so that each period's lines lie together.
    ends = lines["period"].searchsorted(totals["period"], side="right")
    starts = [0, *ends[:-1]]
    for name in MEASURES:
        parts = lines[name].to_numpy(dtype=np.float64) * 100
        whole = hundredths(totals[name])
        pieces = [
            apportion(parts[one:other], total)
            for one, other, total in zip(starts, ends, whole, strict=True)
        ]
        lines[name] = np.concatenate(pieces) / 100
    named = lines.assign(
        name=lines["location"].map(places["name"]), field=lines["kind"].map(FIELDS)
    )
    columns = ["period", "branch", "location", "name", "kind", "field", "basis", *MEASURES]
    return named[columns].reset_index(drop=True)


def apportion(parts: Floats, whole: int) -> npt.NDArray[np.int64]:
    """Round parts to whole numbers that add up to ``whole``, by the largest remainder.

    :param parts: (n,) numbers that add up to ``whole`` but for rounding.
    :returns: (n,) each part rounded down or up; of equal remainders the first is rounded up.

    >>> apportion(np.array([1.4, 1.4, 1.2]), 4).tolist()
    [2, 1, 1]
    """
    down = np.floor(parts + _TOLERANCE).astype(np.int64)
    missing = whole - int(down.sum())
    if not 0 <= missing <= len(parts):
        raise ValueError(f"{len(parts)} parts that add up to {parts.sum()} are not {whole}")
    order = np.argsort(-(parts - down), kind="stable")
    down[order[:missing]] += 1
    return down

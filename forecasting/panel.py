"""All series of a brand on one grid of days: what there is to learn from.

A :class:`Panel` holds arrays of S series by T days of history (and H days of horizon for what is
known ahead). It knows nothing of any model; :mod:`forecasting.design` turns one of its series
into the inputs of a fit.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from forecasting.calendar import calendar_features
from forecasting.closed_days import closed_days, odd_days
from forecasting.driver_grid import driver_grid
from forecasting.late_data import late_days

if TYPE_CHECKING:
    from data.brand import Brand

Floats = npt.NDArray[np.floating[Any]]

MIN_AVAILABILITY = 0.5
"""Days on which the product was there for less than this share of the selling hours are left out.

Such a day says what stock allowed, not what was wanted. Measured on 18 cities of fresh food:
leaving out days with more than half their hours out of stock is worth more than the choice of
model (docs/forecasting.md); between this and full availability sales are taken as they are.
"""


STOPPED_DAYS = 28
"""A series with a row on nine days in ten that has had none for so long is no longer sold."""

_PAST = ("units", "availability", "demand", "usable")
"""The arrays of a panel that are (S, T)."""

_LAUNCH_REACH = pd.Timedelta(days=60)
"""A product counts as new when it was or will be launched within this time of the as-of day."""


@dataclass(frozen=True, slots=True)
class Panel:
    """S series on one grid of T days of history and H of horizon.

    :param dates: T + H consecutive days.
    :param history: T.
    :param region: S names. :param sku: S names. :param category: S names.
    :param units: (S, T) units sold; 0 on days without a row, NaN before the series' first day and
        on up to six days after its last row (late data is not a day without sales).
    :param availability: (S, T) share of hours in stock, 0 to 1; 1 where there is no row.
    :param demand: (S, T) units with stock all day: as sold, or where the far field sold on while
        local stock was out, sales divided by the share that buys then.
    :param usable: (S, T) whether the day tells of demand: the series lives, stock was there, and
        the day was neither closed nor without sales for no reason known.
    :param closed: (S, T + H) days on which nothing can be sold (:mod:`forecasting.closed_days`).
    :param stopped: (S,) sold daily until its rows ended 28 days or more before the as-of day.
    :param calendar: (T + H, E) 0/1 windows of China's days, ``calendar_names`` their names.
    :param brand_events: (T + H, B) strength of the brand's own events, 0 outside;
        ``brand_event_names``; ``brand_event_scope`` (B, S) says whom they concern.
    :param drivers: (S, T + H, D) values of known drivers, NaN where there is none;
        ``driver_names``.
    """

    dates: pd.DatetimeIndex
    history: int
    region: npt.NDArray[np.object_]
    sku: npt.NDArray[np.object_]
    category: npt.NDArray[np.object_]
    units: Floats
    availability: Floats
    demand: Floats
    usable: npt.NDArray[np.bool_]
    closed: npt.NDArray[np.bool_]
    stopped: npt.NDArray[np.bool_]
    calendar: Floats
    calendar_names: tuple[str, ...]
    brand_events: Floats
    brand_event_names: tuple[str, ...]
    brand_event_scope: npt.NDArray[np.bool_]
    drivers: Floats
    driver_names: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.region)

    @property
    def horizon(self) -> int:
        """Days after history for which calendar, events and drivers are known."""
        return len(self.dates) - self.history

    def part(self, series: npt.NDArray[np.intp] | slice) -> Panel:
        """Return the panel of some of its series, in the order asked for."""
        by_series = (*_PAST, "region", "sku", "category", "closed", "stopped", "drivers")
        changes = {name: getattr(self, name)[series] for name in by_series}
        return replace(self, **changes, brand_event_scope=self.brand_event_scope[:, series])

    def before(self, days: int) -> Panel:
        """Return the panel as it was so many days ago, its horizon being the days since.

        :param days: 1 to T - 1.
        """
        past = self.history - days
        cut = {name: getattr(self, name)[:, :past] for name in _PAST}
        return replace(
            self,
            **cut,
            dates=self.dates[: self.history],
            history=past,
            closed=self.closed[:, : self.history],
            calendar=self.calendar[: self.history],
            brand_events=self.brand_events[: self.history],
            drivers=self.drivers[:, : self.history],
        )

    def key(self, series: int) -> str:
        """Return a name of one series that is the same in every run."""
        return f"{self.region[series]}\x1f{self.sku[series]}"

    def __post_init__(self) -> None:
        wrong = [
            field.name
            for field in fields(self)
            if field.name in _PAST
            and getattr(self, field.name).shape != (len(self.region), self.history)
        ]
        if wrong or self.calendar.shape[0] != len(self.dates):
            raise ValueError(f"shapes do not fit: {', '.join(wrong) or 'calendar'}")


def build_panel(brand: Brand, horizon: int) -> Panel:
    """Lay the brand's sales, calendar, events and drivers on one grid.

    Series are all of the brand's sales, then products without sales in the regions where the
    product they resemble (``similar_to``) sells, or in every region where they resemble none.

    :param horizon: days after the as-of day, >= 1.
    :raises BadInput: a driver that is declared known stops before the horizon ends.
    """
    sales = brand.sales
    first = sales["date"].min() if len(sales) else brand.as_of
    dates = pd.date_range(first, brand.as_of + pd.Timedelta(days=horizon), unit="ns")
    history = len(dates) - horizon
    keys = _series_keys(brand)
    units, availability, stopped = _sales_grid(brand, keys, dates, history)
    share = share_that_buys(brand, keys["region"].to_numpy(dtype=object), availability)
    usable = np.isfinite(units) & (
        (availability >= MIN_AVAILABILITY) if share is None else (share > 0.2)
    )
    demand = units if share is None else units / np.maximum(share, 0.2)
    features = calendar_features(dates)
    events, names, scope = _brand_events(brand, keys, dates)
    drivers, driver_names = driver_grid(brand, keys, dates, history)
    # What was out of stock does not tell whether the day was open.
    region, in_stock = pd.factorize(keys["region"])[0], np.where(usable, units, np.nan)
    weekday, occasions = dates.dayofweek.to_numpy(), features.to_numpy(dtype=np.float32)[None]
    closed = closed_days(in_stock, weekday, region, occasions, drivers)
    usable &= ~closed[:, :history]
    usable &= ~odd_days(units, usable, region)
    return Panel(
        dates=dates,
        history=history,
        region=keys["region"].to_numpy(dtype=object),
        sku=keys["sku"].to_numpy(dtype=object),
        category=keys["category"].to_numpy(dtype=object),
        units=units,
        availability=availability,
        demand=demand,
        usable=usable,
        closed=closed,
        stopped=stopped,
        calendar=features.to_numpy(dtype=np.float32),
        calendar_names=tuple(features.columns),
        brand_events=events,
        brand_event_names=names,
        brand_event_scope=scope,
        drivers=drivers,
        driver_names=driver_names,
    )


def _series_keys(brand: Brand) -> pd.DataFrame:
    """Region, sku and category of every series to forecast, sorted, each once."""
    sold = brand.sales[["region", "sku"]].drop_duplicates().astype(str)
    products = brand.products.assign(
        sku=brand.products["sku"].astype(str),
        similar_to=brand.products["similar_to"].astype(str),
        category=brand.products["category"].astype(str),
    )
    recent = products["launched"].between(brand.as_of - _LAUNCH_REACH, brand.as_of + _LAUNCH_REACH)
    new = products[~products["sku"].isin(set(sold["sku"])) & recent]
    unlike = new[new["similar_to"] == ""]
    like = new[new["similar_to"] != ""]
    # A product that has begun to sell in some regions still has to reach its likeness' others.
    begun = products[
        products["sku"].isin(set(sold["sku"])) & recent & (products["similar_to"] != "")
    ]
    where = sold.rename(columns={"sku": "similar_to"})
    inherited = pd.concat([like, begun])[["sku", "similar_to"]].merge(where, on="similar_to")
    everywhere = unlike[["sku"]].merge(
        pd.DataFrame({"region": sorted(sold["region"].unique())}), how="cross"
    )
    keys = pd.concat([sold, inherited[["region", "sku"]], everywhere[["region", "sku"]]])
    keys = keys.drop_duplicates()
    keys["category"] = keys["sku"].map(products.set_index("sku")["category"])
    return keys.sort_values(["region", "sku"], ignore_index=True)


def _sales_grid(
    brand: Brand, keys: pd.DataFrame, dates: pd.DatetimeIndex, history: int
) -> tuple[Floats, Floats, npt.NDArray[np.bool_]]:
    shape = (len(keys), history)
    units = np.zeros(shape, dtype=np.float32)
    availability = np.ones(shape, dtype=np.float32)
    sales = brand.sales
    row = series_rows(keys, sales["region"], sales["sku"])
    day = (sales["date"].to_numpy() - dates[0].to_datetime64()) // np.timedelta64(1, "D")
    units[row, day] = sales["units"].to_numpy(dtype=np.float32)
    availability[row, day] = sales["availability"].to_numpy(dtype=np.float32)
    begins, ends = np.full(len(keys), history), np.full(len(keys), -1)
    np.minimum.at(begins, row, day)
    np.maximum.at(ends, row, day)
    number = np.arange(history)[None, :]
    gap = history - 1 - ends
    rows = np.bincount(row, minlength=len(keys))
    late = late_days(rows, begins, ends, keys["region"].to_numpy(dtype=object), history)
    units[(number < begins[:, None]) | late] = np.nan
    daily = rows >= 0.9 * (ends - begins + 1)
    return units, availability, daily & (gap >= STOPPED_DAYS) & (ends >= 0)


def series_rows(
    keys: pd.DataFrame, region: pd.Series[Any], sku: pd.Series[Any]
) -> npt.NDArray[np.intp]:
    """Return the row of ``keys`` for each pair of region and sku; -1 where there is none."""
    regions = pd.Index(sorted(keys["region"].unique()), dtype=object)
    skus = pd.Index(sorted(keys["sku"].unique()), dtype=object)
    table = np.full((len(regions) + 1, len(skus) + 1), -1, dtype=np.intp)
    table[regions.get_indexer(keys["region"]), skus.get_indexer(keys["sku"])] = np.arange(len(keys))
    return np.asarray(table[_codes(regions, region), _codes(skus, sku)])


def _codes(index: pd.Index[Any], values: pd.Series[Any]) -> npt.NDArray[np.intp]:
    categories = values.astype("category").cat
    lookup = np.append(index.get_indexer(categories.categories.astype(str).astype(object)), -1)
    return np.asarray(lookup[categories.codes.to_numpy()], dtype=np.intp)


def share_that_buys(
    brand: Brand, region: npt.NDArray[np.object_], availability: Floats
) -> Floats | None:
    """(S, T) share of a full day's sales that were possible, where the far field sold on.

    ``None`` where nothing was sold without local stock: then there is nothing to divide by.
    In the hours without local stock only the share ``far.conversion / local.conversion`` of
    those who would have bought locally bought; local is near where the region has a store.
    """
    if not brand.settings.history.far_field:
        return None
    promise = brand.settings.promise
    stores = set(brand.locations.loc[brand.locations["kind"] == "store", "region"].astype(str))
    local = np.array(
        [promise.near.conversion if name in stores else promise.mid.conversion for name in region]
    )
    far = np.divide(promise.far.conversion, local, out=np.ones_like(local), where=local > 0)
    far = np.minimum(far, 1.0)[:, None]
    return np.asarray(availability + (1 - availability) * far, dtype=np.float32)


def _brand_events(
    brand: Brand, keys: pd.DataFrame, dates: pd.DatetimeIndex
) -> tuple[Floats, tuple[str, ...], npt.NDArray[np.bool_]]:
    """Daily strength of each of the brand's events, and the series it concerns.

    Occurrences of one name with different scopes are told apart by number.
    """
    columns: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Floats] = {}
    table = brand.events
    days = dates.to_numpy()
    for event, starts, ends, regions, categories, strength in zip(
        table["event"].astype(str),
        table["starts"].to_numpy(),
        table["ends"].to_numpy(),
        table["regions"],
        table["categories"],
        table["strength"].to_numpy(dtype=np.float32),
        strict=True,
    ):
        scope = (event, tuple(regions), tuple(categories))
        values = columns.setdefault(scope, np.zeros(len(dates), dtype=np.float32))
        inside = (days >= starts) & (days <= ends)
        values[inside] = np.maximum(values[inside], strength)
    if not columns:
        empty = np.zeros((len(dates), 0), dtype=np.float32)
        return empty, (), np.zeros((0, len(keys)), dtype=bool)
    concerned = [
        (keys["region"].isin(regions) if regions else keys["region"].notna())
        & (keys["category"].isin(categories) if categories else keys["region"].notna())
        for _, regions, categories in columns
    ]
    names: list[str] = []
    for event, _, _ in columns:
        again = sum(name.split("#")[0] == event for name in names)
        names.append(f"{event}#{again + 1}" if again else event)
    return (
        np.stack(list(columns.values()), axis=1),
        tuple(names),
        np.stack([mask.to_numpy(dtype=bool) for mask in concerned]),
    )

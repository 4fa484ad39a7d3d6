"""The tables of a brand folder: columns, kinds, ranges and defaults, all in this one place.

Reading, checking, the templates and the documentation of the input follow these declarations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "number", "whole", "day"]
"""``number``: a float; ``whole``: a whole number; ``day``: an ISO date without a time."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    :param name: as in the file's header.
    :param kind: what a cell holds.
    :param meaning: one line for users, with the unit.
    :param required: the column must be there and no cell of it blank.
    :param default: stands for a blank cell or an absent column (None: stays missing).
    :param least: smallest allowed value (numbers).
    :param most: largest allowed value (numbers).
    :param above: values must be greater than this (numbers).
    :param refers_to: the table whose names the cell must be one of.
    :param unlimited: a blank means infinity, and ``inf`` may be written.
    """

    name: str
    kind: Kind
    meaning: str
    required: bool = False
    default: float | str | None = None
    least: float | None = None
    most: float | None = None
    above: float | None = None
    refers_to: str | None = None
    unlimited: bool = False

    @property
    def numeric(self) -> bool:
        """Whether cells are numbers."""
        return self.kind in ("number", "whole")


@dataclass(frozen=True, slots=True)
class Table:
    """One table of a brand folder.

    :param name: the file's name without its ending.
    :param meaning: one line for users.
    :param columns: in the order in which they are documented and returned.
    :param key: columns that together name a row; also the order of rows.
    :param required: the folder must have it.
    :param may_be_empty: a header without rows is a statement ("nothing"), not a mistake.
    :param open_ended: columns that are not declared are read too (drivers).
    :param repeats: several rows may share a key (they add up).
    """

    name: str
    meaning: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: bool = False
    may_be_empty: bool = False
    open_ended: bool = False
    repeats: bool = False

    def column(self, name: str) -> Column:
        """Return the declared column of that name, or raise KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the declared columns."""
        return tuple(column.name for column in self.columns)


def _coordinates() -> tuple[Column, Column]:
    return (
        Column("lat", "number", "degrees north", least=-90, most=90),
        Column("lon", "number", "degrees east", least=-180, most=180),
    )


SALES = Table(
    "sales",
    "daily units sold to shoppers of a region, from any field",
    (
        Column("date", "day", "the day of the sales", required=True),
        Column("region", "text", "the shoppers' region", required=True, refers_to="regions"),
        Column("sku", "text", "the product", required=True, refers_to="products"),
        Column("units", "number", "units sold; fractions are allowed", required=True, least=0),
        Column(
            "availability",
            "number",
            "share of selling hours in which the region's own stock had it",
            default=1.0,
            least=0,
            most=1,
        ),
    ),
    key=("region", "sku", "date"),
    required=True,
)

PRODUCTS = Table(
    "products",
    "what the brand sells",
    (
        Column("sku", "text", "the product's name in every other table", required=True),
        Column("name", "text", "the product's name for people", default=""),
        Column("category", "text", "a group of alike products", default=""),
        Column("unit_m3", "number", "volume of one unit in m³", required=True, above=0),
        Column("case_units", "whole", "units a case; transfers are whole cases", True, least=1),
        Column("price", "number", "money a unit", required=True, least=0),
        Column("margin", "number", "gross margin a unit in money, before delivery", required=True),
        Column("shelf_life_days", "number", "days until it spoils; blank = never", least=1),
        Column("launched", "day", "first day of sale"),
        Column(
            "similar_to",
            "text",
            "an older product that sold alike",
            default="",
            refers_to="products",
        ),
    ),
    key=("sku",),
    required=True,
)

REGIONS = Table(
    "regions",
    "demand areas",
    (
        Column("region", "text", "the region's name in every other table", required=True),
        Column("name", "text", "the region's name for people", default=""),
        *_coordinates(),
        Column(
            "vip_share",
            "number",
            "share of demand from members",
            default=0.0,
            least=0,
            most=1,
        ),
    ),
    key=("region",),
)

LOCATIONS = Table(
    "locations",
    "main warehouses, front warehouses and stores",
    (
        Column("location", "text", "its name in every other table", required=True),
        Column("name", "text", "its name for people", default=""),
        Column("kind", "text", "main, front or store", required=True),
        Column(
            "region",
            "text",
            "the region that a front or store serves; blank for a main",
            default="",
            refers_to="regions",
        ),
        *_coordinates(),
        Column(
            "storage_m3",
            "number",
            "room in m³; blank = unlimited",
            least=0,
            unlimited=True,
        ),
        Column(
            "handling_units",
            "number",
            "units it can receive a day; blank = unlimited",
            least=0,
            unlimited=True,
        ),
        Column(
            "demand_share",
            "number",
            "share of its region's demand; blank = equal among its kind",
            least=0,
            most=1,
        ),
        Column(
            "branch",
            "text",
            "the branch that is credited with what it serves; blank = its region",
            default="",
        ),
    ),
    key=("location",),
    required=True,
)

LANES = Table(
    "lanes",
    "ways on which stock can move",
    (
        Column("lane", "text", "the lane's name", required=True),
        Column("origin", "text", "where it starts", required=True, refers_to="locations"),
        Column("destination", "text", "where it ends", required=True, refers_to="locations"),
        Column("lead_days", "whole", "days on the way; 0 = the same day", True, least=0, most=60),
        Column("vehicle_m3", "number", "what a vehicle carries in m³", required=True, above=0),
        Column("vehicle_cost", "number", "money a vehicle and trip", required=True, least=0),
        Column("unit_cost", "number", "money a unit moved", default=0.0, least=0),
        Column("km", "number", "length in km", least=0),
        Column("co2_kg", "number", "kg of CO₂ a vehicle and trip", default=0.0, least=0),
        Column("departs", "text", "weekdays such as Mon-Sat; blank = daily", default="daily"),
    ),
    key=("lane",),
    required=True,
)

STOCK = Table(
    "stock",
    "stock at the close of the as-of day",
    (
        Column("location", "text", "where it is", required=True, refers_to="locations"),
        Column("sku", "text", "the product", required=True, refers_to="products"),
        Column("units", "number", "units that can be sold", required=True, least=0),
        Column("expires", "day", "last day on which it can be sold; blank = never"),
    ),
    key=("location", "sku", "expires"),
    required=True,
)

INBOUND = Table(
    "inbound",
    "stock that is already on its way",
    (
        Column("location", "text", "where it will arrive", required=True, refers_to="locations"),
        Column("sku", "text", "the product", required=True, refers_to="products"),
        Column("units", "number", "units on the way", required=True, least=0),
        Column("arrives", "day", "the day on whose morning it arrives", required=True),
    ),
    key=("location", "sku", "arrives"),
    may_be_empty=True,
    repeats=True,
)

DRIVERS = Table(
    "drivers",
    "what is known to move demand, over the history and the days to come",
    (
        Column("date", "day", "the day", required=True),
        Column("region", "text", "blank = every region", default="", refers_to="regions"),
        Column("sku", "text", "blank = every product", default="", refers_to="products"),
    ),
    key=("region", "sku", "date"),
    open_ended=True,
)

ASSORTMENT = Table(
    "assortment",
    "what a front or store may hold; without this table, everything",
    (
        Column("location", "text", "the front or store", required=True, refers_to="locations"),
        Column("sku", "text", "the product", required=True, refers_to="products"),
        Column(
            "max_units",
            "number",
            "most units to hold; blank = unlimited",
            least=0,
            unlimited=True,
        ),
    ),
    key=("location", "sku"),
)

EVENTS = Table(
    "events",
    "days that the built-in calendar does not know",
    (
        Column("event", "text", "its name; the same name each time it comes", required=True),
        Column("starts", "day", "first day", required=True),
        Column("ends", "day", "last day", required=True),
        Column("regions", "text", "names joined by ; (blank = every region)", default=""),
        Column("categories", "text", "names joined by ; (blank = every category)", default=""),
        Column("strength", "number", "how strong, beside others of its name", default=1.0, least=0),
    ),
    key=("event", "starts", "ends", "regions", "categories"),
    may_be_empty=True,
)

FULFILMENTS = Table(
    "fulfilments",
    "which location served what was sold, where that is recorded",
    (
        Column("date", "day", "the day of the sale", required=True),
        Column("location", "text", "which served it", required=True, refers_to="locations"),
        Column("sku", "text", "the product", required=True, refers_to="products"),
        Column(
            "region",
            "text",
            "the shoppers' region; blank = the one that the location serves",
            default="",
            refers_to="regions",
        ),
        Column("units", "number", "units served", required=True, least=0),
    ),
    key=("location", "sku", "region", "date"),
    may_be_empty=True,
    repeats=True,
)

TABLES: tuple[Table, ...] = (
    SALES,
    PRODUCTS,
    REGIONS,
    LOCATIONS,
    LANES,
    STOCK,
    INBOUND,
    DRIVERS,
    ASSORTMENT,
    EVENTS,
    FULFILMENTS,
)
"""Every table, in the order in which it is read and reported."""

BY_NAME = {table.name: table for table in TABLES}

LOCATION_KINDS = ("main", "front", "store")

MOST_ROWS = 60_000_000
"""A table with more rows is refused: it would not fit a small machine's memory."""

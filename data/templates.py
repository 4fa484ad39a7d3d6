"""One small example file a table, and brand.toml; together a brand that passes every check."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

FIRST = date(2025, 3, 3)
DAYS = 28
HORIZON_DAYS = 7
_SKUS = ("yogurt", "tea", "charger")

SETTINGS = f"""\
# Every setting has a default; what is left out takes it.
name = "Example brand"
currency = "CNY"

[promise.near]            # a store in the region
hours = 0.5
delivery_cost = 5.0       # money per unit
conversion = 1.0          # share of demand that still buys when served from here
[promise.mid]             # a front warehouse in the region
hours = 4
delivery_cost = 4.0
conversion = 0.95
[promise.far]             # a main warehouse, next day
hours = 30
delivery_cost = 6.0
conversion = 0.7

[costs]
holding_per_m3_day = 6.0
handling_per_unit = 0.08
waste_share_of_price = 0.6

[plan]
horizon_days = {HORIZON_DAYS}
frozen_days = 0

[history]
far_field = true          # in the past, the far field sold while the region's own stock was out

[drivers]                 # columns of drivers.csv: "known" over the days to come, or "past"
discount = "known"
coupon_spend = "known"
"""


def templates() -> dict[str, bytes]:
    """Return the files of an example brand: the name of each and its content (UTF-8, \\n)."""
    files = {f"{name}.csv": _csv(rows) for name, rows in _tables().items()}
    return {"brand.toml": SETTINGS.encode(), **files}


def zipped_templates() -> bytes:
    """Return :func:`templates` as one zip file, the same bytes every time."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in templates().items():
            archive.writestr(zipfile.ZipInfo(f"example-brand/{name}"), text)
    return content.getvalue()


def _tables() -> dict[str, list[Sequence[object]]]:
    after = FIRST + timedelta(days=DAYS)
    return {
        "sales": [("date", "region", "sku", "units", "availability"), *_sales()],
        "products": [
            ("sku", "name", "category", "unit_m3", "case_units", "price", "margin",
             "shelf_life_days", "launched", "similar_to"),
            ("yogurt", "Yogurt 200 g", "fresh", 0.0005, 12, 8.5, 3.2, 21, "", ""),
            ("tea", "Jasmine tea", "drinks", 0.001, 6, 39, 18, 540, "", ""),
            ("charger", "Charger 65 W", "phone", 0.0008, 10, 129, 52, "", "2025-01-15", ""),
        ],
        "regions": [
            ("region", "name", "lat", "lon", "vip_share"),
            ("hangzhou", "Hangzhou", 30.2741, 120.1551, 0.18),
            ("suzhou", "Suzhou", 31.2989, 120.5853, 0.12),
        ],
        "locations": [
            ("location", "name", "kind", "region", "lat", "lon", "storage_m3", "handling_units",
             "demand_share", "branch"),
            ("main-sh", "Shanghai main", "main", "", 31.2304, 121.4737, "", "", "", "Head office"),
            ("front-hz", "Hangzhou front", "front", "hangzhou", 30.3, 120.2, 40, 5000, 1,
             "Zhejiang"),
            ("front-sz", "Suzhou front", "front", "suzhou", 31.3, 120.6, 30, 4000, 1, "Jiangsu"),
            ("store-hz", "West Lake store", "store", "hangzhou", 30.25, 120.14, 3, 500, 1,
             "Zhejiang"),
        ],
        "lanes": [
            ("lane", "origin", "destination", "lead_days", "vehicle_m3", "vehicle_cost",
             "unit_cost", "km", "co2_kg", "departs"),
            ("sh>hz van", "main-sh", "front-hz", 1, 6, 420, 0.02, 170, 42, "daily"),
            ("sh>sz van", "main-sh", "front-sz", 1, 6, 300, 0.02, 100, 25, "Mon-Sat"),
            ("hz>store", "front-hz", "store-hz", 0, 1, 60, 0, 8, 2, "Mon,Wed,Fri"),
        ],
        "stock": [
            ("location", "sku", "units", "expires"),
            ("main-sh", "yogurt", 900, after + timedelta(days=18)),
            ("main-sh", "yogurt", 240, after + timedelta(days=9)),
            ("main-sh", "tea", 700, ""),
            ("main-sh", "charger", 400, ""),
            ("front-hz", "yogurt", 60, after + timedelta(days=9)),
            ("front-hz", "tea", 24, ""),
            ("front-sz", "charger", 10, ""),
            ("store-hz", "yogurt", 12, after + timedelta(days=6)),
        ],
        "inbound": [
            ("location", "sku", "units", "arrives"),
            ("main-sh", "yogurt", 600, after + timedelta(days=2)),
            ("front-hz", "tea", 36, after),
        ],
        "drivers": [("date", "region", "sku", "discount", "coupon_spend"), *_drivers()],
        "assortment": [
            ("location", "sku", "max_units"),
            *(("front-hz", sku, "") for sku in _SKUS),
            *(("front-sz", sku, "") for sku in _SKUS),
            ("store-hz", "yogurt", 60),
            ("store-hz", "tea", 24),
        ],
        "events": [
            ("event", "starts", "ends", "regions", "categories", "strength"),
            ("spring fair", FIRST + timedelta(days=11), FIRST + timedelta(days=13), "hangzhou",
             "fresh;drinks", 1),
            ("spring fair", after + timedelta(days=3), after + timedelta(days=5), "hangzhou",
             "fresh;drinks", 1.2),
        ],
        "fulfilments": [
            ("date", "location", "sku", "region", "units"),
            (after - timedelta(days=1), "store-hz", "yogurt", "", 12),
            (after - timedelta(days=1), "front-hz", "yogurt", "", 8),
            (after - timedelta(days=1), "main-sh", "yogurt", "hangzhou", 2),
        ],
    }  # fmt: skip


def _sales() -> Iterable[Sequence[object]]:
    """Sales with a weekend peak, a sold-out day, and no row on days without a sale."""
    levels = {"yogurt": 14, "tea": 5, "charger": 2}
    for region, size in (("hangzhou", 1.5), ("suzhou", 1.0)):
        for sku in _SKUS:
            for number in range(DAYS):
                day = FIRST + timedelta(days=number)
                weekend = 1.35 if day.weekday() >= 5 else 1.0
                swing = 1 + 0.2 * ((number * 7 + len(sku)) % 5 - 2) / 2
                sold_out = (number * 5 + len(region)) % 17 == 0
                availability = 0.5 if sold_out else 1
                units = int(size * levels[sku] * weekend * swing * availability)
                if units or sold_out:
                    yield day, region, sku, units, availability


def _drivers() -> Iterable[Sequence[object]]:
    for number in range(DAYS + 2 * HORIZON_DAYS):
        day = FIRST + timedelta(days=number)
        yield day, "", "", 1, 300 if day.weekday() >= 5 else 0
        if number % 14 in (4, 5):
            yield day, "hangzhou", "yogurt", 0.8, ""


def _csv(rows: Iterable[Sequence[object]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue().encode()

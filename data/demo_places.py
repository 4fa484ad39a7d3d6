"""Where the demo brand is: twelve cities, two main warehouses, 24 stores, and the lanes.

Coordinates of cities and districts are the real ones (city halls and shopping districts, to
about a kilometre); the warehouses, stores and all their limits are made up.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

EARTH_KM = 6371.0
ROAD_FACTOR = 1.25  # kilometres by road for each kilometre as the crow flies


@dataclass(frozen=True, slots=True)
class City:
    """A region of the demo brand, and what the simulator knows of its demand.

    :param size: demand relative to the average city.
    :param growth: log growth a year on top of the category's.
    :param leavers: how deep the Lunar New Year dip is (people travel home), 1 = average.
    :param students: how strong the summer holiday is felt, 1 = average, negative: students leave.
    :param weekend: how strong the weekly shape is, 1 = average.
    :param temperature: mean and half range over the year, °C.
    :param rain: share of wet days in the dry and in the wet season.
    :param main: the main warehouse that serves it first.
    :param cover: days of normal demand that its front has room for.
    :param foresight: how much of a coming peak its stock keeper prepares for, 0 to 1 (and more).
    :param bias: how much the stock keeper over-orders, 1 = not.
    :param departs: when its lanes from a main depart.
    """

    region: str
    name: str
    lat: float
    lon: float
    size: float
    vip_share: float
    growth: float
    leavers: float
    students: float
    weekend: float
    temperature: tuple[float, float]
    rain: tuple[float, float]
    main: str
    cover: float
    foresight: float
    bias: float
    departs: str


CITIES: tuple[City, ...] = (
    City("SHA", "上海 Shanghai", 31.2304, 121.4737, 1.95, 0.24, 0.00, 1.25, 0.9, 1.1,
         (17.2, 11.8), (0.26, 0.42), "M-SHA", 9, 0.55, 1.00, "daily"),
    City("HZH", "杭州 Hangzhou", 30.2741, 120.1551, 1.30, 0.19, 0.04, 1.10, 1.0, 1.0,
         (17.4, 12.2), (0.28, 0.44), "M-SHA", 8, 0.60, 1.05, "Mon-Sat"),
    City("NKG", "南京 Nanjing", 32.0603, 118.7969, 0.90, 0.13, 0.01, 0.95, 0.5, 1.0,
         (16.4, 12.8), (0.22, 0.40), "M-SHA", 9, 0.50, 1.00, "Mon-Sat"),
    City("SUZ", "苏州 Suzhou", 31.2989, 120.5853, 0.95, 0.12, 0.02, 1.15, 1.0, 0.9,
         (16.9, 12.2), (0.25, 0.42), "M-SHA", 6.5, 0.85, 1.70, "Mon-Sat"),
    City("BJS", "北京 Beijing", 39.9042, 116.4074, 1.55, 0.21, -0.02, 1.20, 0.8, 1.1,
         (13.2, 15.2), (0.05, 0.36), "M-SHA", 8, 0.50, 0.95, "Mon-Fri"),
    City("CAN", "广州 Guangzhou", 23.1291, 113.2644, 1.35, 0.17, 0.00, 1.20, 1.0, 0.9,
         (22.6, 7.4), (0.18, 0.50), "M-CAN", 9, 0.55, 1.00, "daily"),
    City("SZX", "深圳 Shenzhen", 22.5431, 114.0579, 1.25, 0.18, 0.03, 1.45, 1.1, 0.8,
         (23.2, 6.8), (0.16, 0.50), "M-CAN", 7.5, 0.55, 1.00, "Mon-Sat"),
    City("CTU", "成都 Chengdu", 30.5728, 104.0668, 1.15, 0.15, 0.06, 0.75, 0.9, 1.1,
         (16.6, 10.2), (0.18, 0.46), "M-CAN", 9, 0.45, 1.00, "Mon,Wed,Fri"),
    City("CKG", "重庆 Chongqing", 29.5630, 106.5516, 0.80, 0.10, 0.05, 0.65, 1.0, 1.0,
         (18.6, 10.6), (0.24, 0.44), "M-CAN", 7.5, 0.70, 1.25, "Mon,Wed,Fri"),
    City("WUH", "武汉 Wuhan", 30.5928, 114.3055, 0.85, 0.11, 0.03, 0.85, -0.6, 1.0,
         (17.3, 12.8), (0.24, 0.40), "M-SHA", 6, 0.90, 1.50, "Mon-Sat"),
    City("XIY", "西安 Xi'an", 34.3416, 108.9398, 0.65, 0.09, 0.05, 0.75, -0.4, 1.0,
         (14.4, 13.6), (0.12, 0.34), "M-SHA", 10, 0.45, 0.95, "Tue,Thu,Sat"),
    City("CSX", "长沙 Changsha", 28.2282, 112.9388, 0.70, 0.10, 0.04, 0.80, 0.7, 1.2,
         (17.8, 12.2), (0.30, 0.46), "M-CAN", 10, 0.35, 0.95, "Mon-Sat"),
)  # fmt: skip

MAINS: tuple[tuple[str, str, float, float], ...] = (
    ("M-SHA", "上海青浦主仓 Shanghai main", 31.1500, 121.1242),
    ("M-CAN", "广州黄埔主仓 Guangzhou main", 23.1820, 113.4800),
)

BRANCHES = {
    "M-SHA": "华东分公司 East China branch",
    "M-CAN": "华南分公司 South China branch",
}
"""The branch that a main, the fronts that it supplies and their stores belong to."""


@dataclass(frozen=True, slots=True)
class Store:
    """A store: ``share`` of the demand of its city, and the day's lead time of its van."""

    region: str
    name: str
    lat: float
    lon: float
    share: float
    lead_days: int = 0


STORES: tuple[Store, ...] = (
    Store("SHA", "静安店 Jing'an", 31.2288, 121.4480, 0.22),
    Store("SHA", "徐家汇店 Xujiahui", 31.1955, 121.4366, 0.21),
    Store("SHA", "陆家嘴店 Lujiazui", 31.2397, 121.4998, 0.19),
    Store("SHA", "五角场店 Wujiaochang", 31.3013, 121.5141, 0.15),
    Store("SHA", "长宁店 Changning", 31.2204, 121.4246, 0.13),
    Store("SHA", "松江店 Songjiang", 31.0322, 121.2277, 0.10, 1),
    Store("HZH", "西湖店 Xihu", 30.2592, 120.1303, 0.21),
    Store("HZH", "上城店 Shangcheng", 30.2425, 120.1693, 0.20),
    Store("HZH", "滨江店 Binjiang", 30.2084, 120.2119, 0.19),
    Store("HZH", "拱墅店 Gongshu", 30.3193, 120.1419, 0.16),
    Store("HZH", "余杭店 Yuhang", 30.2737, 119.9787, 0.14, 1),
    Store("HZH", "萧山店 Xiaoshan", 30.1833, 120.2641, 0.10),
    Store("SZX", "南山店 Nanshan", 22.5333, 113.9304, 0.23),
    Store("SZX", "福田店 Futian", 22.5215, 114.0550, 0.22),
    Store("SZX", "罗湖店 Luohu", 22.5484, 114.1315, 0.18),
    Store("SZX", "宝安店 Bao'an", 22.5553, 113.8830, 0.15),
    Store("SZX", "龙华店 Longhua", 22.6569, 114.0238, 0.13),
    Store("SZX", "龙岗店 Longgang", 22.7204, 114.2468, 0.09, 1),
    Store("CTU", "锦江店 Jinjiang", 30.6534, 104.0837, 0.23),
    Store("CTU", "武侯店 Wuhou", 30.6419, 104.0434, 0.20),
    Store("CTU", "高新店 Gaoxin", 30.5904, 104.0633, 0.19),
    Store("CTU", "青羊店 Qingyang", 30.6744, 104.0622, 0.15),
    Store("CTU", "金牛店 Jinniu", 30.6913, 104.0522, 0.13),
    Store("CTU", "龙泉驿店 Longquanyi", 30.5565, 104.2746, 0.10, 1),
)

SMALL_REGIONS = ("SHA", "HZH", "CAN", "CTU")
SMALL_STORE_REGIONS = ("SHA", "HZH")
SMALL_STORES_A_REGION = 3

_SECOND_MAIN = ("BJS", "CTU", "CKG", "WUH", "XIY", "CSX")
_LATERALS = (("SHA", "HZH"), ("SHA", "SUZ"), ("NKG", "SUZ"), ("CAN", "SZX"), ("CTU", "CKG"))
_RETURNS = ("HZH", "SUZ", "WUH", "SZX", "CKG")


@dataclass(frozen=True, slots=True)
class _Vehicle:
    name: str
    m3: float
    fixed: float
    per_km: float
    co2_per_km: float

    def cost(self, km: float) -> float:
        return round(self.fixed + self.per_km * km, 1)


_VAN = _Vehicle("van", 3.0, 120.0, 1.6, 0.25)
_TRUCK = _Vehicle("truck", 12.0, 320.0, 3.2, 0.80)
_CITY_VAN = _Vehicle("van", 1.2, 38.0, 1.4, 0.12)


def pick_cities(size: str) -> tuple[City, ...]:
    """Return the cities of the ``full`` or the ``small`` brand."""
    if size == "full":
        return CITIES
    return tuple(city for city in CITIES if city.region in SMALL_REGIONS)


def pick_stores(size: str) -> tuple[Store, ...]:
    """Return the stores; in the small brand the first three of two cities, with shares of 1."""
    if size == "full":
        return STORES
    picked: list[Store] = []
    for region in SMALL_STORE_REGIONS:
        stores = [store for store in STORES if store.region == region][:SMALL_STORES_A_REGION]
        total = sum(store.share for store in stores)
        shares = [round(store.share / total, 4) for store in stores[1:]]
        shares.insert(0, round(1 - sum(shares), 4))
        picked += [replace(store, share=share) for store, share in zip(stores, shares, strict=True)]
    return tuple(picked)


def store_ids(stores: tuple[Store, ...]) -> list[str]:
    """Return the location names of stores: ``S-HZH-1`` and so on, counted within a city."""
    seen: dict[str, int] = {}
    ids = []
    for store in stores:
        seen[store.region] = seen.get(store.region, 0) + 1
        ids.append(f"S-{store.region}-{seen[store.region]}")
    return ids


def lead_days(km: float) -> int:
    """Return the days that a vehicle between cities needs for a distance by road."""
    return 1 if km < 450 else 2 if km < 1250 else 3


def road_km(
    from_lat: float, from_lon: float, to_lat: npt.ArrayLike, to_lon: npt.ArrayLike
) -> npt.NDArray[np.float64]:
    """Return kilometres by road: the great circle times a road factor, at least 8."""
    lat1, lon1 = np.radians(from_lat), np.radians(from_lon)
    lat2, lon2 = np.radians(np.asarray(to_lat, float)), np.radians(np.asarray(to_lon, float))
    half = (
        np.sin((lat2 - lat1) / 2) ** 2
        + np.cos(lat1) * np.cos(lat2) * np.sin((lon2 - lon1) / 2) ** 2
    )
    crow = 2 * EARTH_KM * np.arcsin(np.sqrt(half))
    road: npt.NDArray[np.float64] = np.maximum(np.round(crow * ROAD_FACTOR), 8.0)
    return road


def city_km(city: City, main: str) -> float:
    """Return kilometres by road from a main warehouse to a city's front."""
    lat, lon = next((place[2], place[3]) for place in MAINS if place[0] == main)
    return float(road_km(lat, lon, city.lat, city.lon))


def build_lanes(cities: tuple[City, ...], stores: tuple[Store, ...]) -> pd.DataFrame:
    """Return the lanes table: main to front, front to store, lateral, and back to a main."""
    by_region = {city.region: city for city in cities}
    rows: list[dict[str, object]] = []
    for city in cities:
        front = f"F-{city.region}"
        km = city_km(city, city.main)
        for vehicle in (_VAN, _TRUCK):
            rows.append(_lane(city.main, front, vehicle, km, lead_days(km), city.departs))
        if city.region in _SECOND_MAIN:
            other = next(place[0] for place in MAINS if place[0] != city.main)
            far = city_km(city, other)
            rows.append(_lane(other, front, _TRUCK, far, lead_days(far), "Mon,Thu"))
        if city.region in _RETURNS:
            rows.append(_lane(front, city.main, _TRUCK, km, lead_days(km), "Tue,Fri"))
    for one, two in _LATERALS:
        if one in by_region and two in by_region:
            a, b = by_region[one], by_region[two]
            km = float(road_km(a.lat, a.lon, b.lat, b.lon))
            for origin, destination in ((one, two), (two, one)):
                ends = f"F-{origin}", f"F-{destination}"
                rows.append(_lane(*ends, _VAN, km, lead_days(km), "Mon-Sat"))
    for store, location in zip(stores, store_ids(stores), strict=True):
        city = by_region[store.region]
        km = float(road_km(city.lat, city.lon, store.lat, store.lon))
        departs = "daily" if store.lead_days == 0 else "Mon-Sat"
        rows.append(_lane(f"F-{store.region}", location, _CITY_VAN, km, store.lead_days, departs))
    return pd.DataFrame(rows)


def _lane(
    origin: str, destination: str, vehicle: _Vehicle, km: float, lead: int, departs: str
) -> dict[str, object]:
    return {
        "lane": f"{origin}>{destination}:{vehicle.name}",
        "origin": origin,
        "destination": destination,
        "lead_days": lead,
        "vehicle_m3": vehicle.m3,
        "vehicle_cost": vehicle.cost(km),
        "unit_cost": 0.0 if vehicle is _CITY_VAN else 0.02,
        "km": km,
        "co2_kg": round(vehicle.co2_per_km * km, 1),
        "departs": departs,
    }

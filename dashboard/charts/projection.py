"""Coordinates of the earth on the plane, so that distances on a map look right."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

OUTLINE = Path(__file__).parents[1] / "outline" / "land.geojson"
_LEAST_CONE = 0.02


@dataclass(frozen=True, slots=True)
class Albers:
    """Albers' equal-area conic projection of a sphere with radius 1.

    Source: J. P. Snyder, Map Projections: A Working Manual, USGS Professional Paper 1395 (1987),
    equations 14-1 to 14-6.

    :param longitude: of the middle of the map, degrees.
    :param latitude: of its middle, degrees, between -80 and 80.
    :param spread: the standard parallels lie so many degrees from it, > 0.
    """

    longitude: float
    latitude: float
    spread: float = 9.0

    def __post_init__(self) -> None:
        if not -80 <= self.latitude <= 80:
            raise ValueError(f"latitude: expected -80 to 80, found {self.latitude}")

    @classmethod
    def around(cls, lat: pd.Series, lon: pd.Series) -> Albers:
        """Return the projection whose middle is the middle of these places."""
        latitude = float(np.clip((lat.min() + lat.max()) / 2, -70, 70))
        # On the equator itself the cone is a cylinder; a step beside it looks the same.
        if abs(np.sin(np.radians(latitude))) < _LEAST_CONE:
            latitude = 1.5
        return cls(float((lon.min() + lon.max()) / 2), latitude)

    def project(self, lat: npt.ArrayLike, lon: npt.ArrayLike) -> tuple[Floats, Floats]:
        """Return x (east) and y (north) of places given in degrees.

        >>> x, y = Albers(105, 36).project([36.0], [105.0])
        >>> bool(abs(x[0]) < 1e-12 and abs(y[0]) < 1e-12)
        True
        """
        first, second = np.radians([self.latitude - self.spread, self.latitude + self.spread])
        n = (np.sin(first) + np.sin(second)) / 2
        c = np.cos(first) ** 2 + 2 * n * np.sin(first)

        def rho(phi: npt.ArrayLike) -> Floats:
            return np.asarray(np.sqrt(np.maximum(c - 2 * n * np.sin(phi), 0.0)) / n)

        away = np.asarray(lon, dtype=float) - self.longitude
        theta = n * np.radians((away + 180) % 360 - 180)
        radius = rho(np.radians(np.asarray(lat, dtype=float)))
        return radius * np.sin(theta), rho(np.radians(self.latitude)) - radius * np.cos(theta)


@cache
def land() -> pd.DataFrame:
    """Return the coastline: ring (a number), lon, lat in drawing order (``outline/README.md``)."""
    shapes = json.loads(OUTLINE.read_text(encoding="utf-8"))
    rings = [np.array(ring) for ring in _rings(shapes)]
    points = np.concatenate(rings)
    number = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    return pd.DataFrame({"ring": number, "lon": points[:, 0], "lat": points[:, 1]})


def _rings(
    shapes: dict[str, list[dict[str, dict[str, list[list[list[list[float]]]]]]]],
) -> Iterator[list[list[float]]]:
    for feature in shapes["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            yield polygon[0]

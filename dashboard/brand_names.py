"""Names for people: of a brand's regions, products and places, by their codes.

Codes are text here, whatever the tables keep them as; a name that a table leaves empty is its code
(:mod:`data.assemble`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from data import Brand


def of_regions(rows: pd.DataFrame) -> dict[str, str]:
    """Return region to name, in the order of the rows.

    :param rows: ``brand.regions``, or some of it.
    """
    return _named(rows["region"], rows["name"])


def of_products(rows: pd.DataFrame) -> dict[str, str]:
    """Return sku to name, in the order of the rows.

    :param rows: ``brand.products``, or some of it.
    """
    return _named(rows["sku"], rows["name"])


def of_places(rows: pd.DataFrame) -> dict[str, str]:
    """Return location to name, in the order of the rows.

    :param rows: ``brand.locations``, or some of it.
    """
    return _named(rows["location"], rows["name"])


def of_ends(rows: pd.DataFrame) -> dict[str, str]:
    """Return location to name of both ends of what moves.

    :param rows: with origin, origin_name, destination, destination_name, as the board has them.
    """
    return {
        **_named(rows["origin"], rows["origin_name"]),
        **_named(rows["destination"], rows["destination_name"]),
    }


def of_series(rows: pd.DataFrame, brand: Brand) -> pd.DataFrame:
    """Return the columns region and name (the product's) that tell in a table which series it is.

    :param rows: with region and sku; the index is kept. A code that the brand does not know (any
        more) stands for itself.
    """
    regions, products = of_regions(brand.regions), of_products(brand.products)
    return pd.DataFrame(
        {
            "region": [regions.get(code, code) for code in rows["region"].astype(str)],
            "name": [products.get(code, code) for code in rows["sku"].astype(str)],
        },
        index=rows.index,
    )


def _named(codes: pd.Series, names: pd.Series) -> dict[str, str]:
    return dict(zip(codes.astype(str), names.astype(str), strict=True))

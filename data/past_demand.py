"""What was asked for on past days, to judge policies by: never an input of a forecast or plan."""

from __future__ import annotations

import pandas as pd

from data.brand import Brand
from data.demo import TRUTH_FILE, read_truth


def past_demand(brand: Brand) -> tuple[pd.DataFrame, str]:
    """Return date, region, sku, units asked for on the days of sales, and where it is known from.

    A simulated brand's true demand is known (``truth``). Elsewhere sales are all that is known
    (``sales``): on days on which stock ran out they are less than what was asked for.
    """
    columns = ["date", "region", "sku", "units"]
    if brand.settings.simulated and brand.folder and (brand.folder / TRUTH_FILE).is_file():
        truth = read_truth(brand.folder).rename(columns={"demand": "units"})
        truth = truth[truth["date"] <= brand.as_of]
        return truth[columns].reset_index(drop=True), "truth"
    return brand.daily_sales()[columns], "sales"

"""What else could have been done, and what limits are worth, as sentences in the reader's language.

Plain text: where Streamlit reads Markdown, pass it through :func:`dashboard.style.plain`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from dashboard import style
from dashboard.language import _

LEAST_MONEY = 0.5
"""Money below which two ways are called equal."""


def instead(reason: Mapping[Any, Any], currency: str, names: Mapping[str, str]) -> list[str]:
    """Tell the alternatives to a transfer and by how much each loses, one a sentence.

    :param reason: a row of ``Plan.reasons``; what is missing is left out.
    :param names: of locations.
    """
    day = reason.get("later_date")
    told = {
        "nothing": _("Not sent at all"),
        "later": _("Sent on {day}").format(day=style.date(day)) if not pd.isna(day) else "",
        "other_origin": _("Sent from {place}").format(
            place=names.get(str(reason.get("other_origin_name")), "")
        ),
        "other_vehicle": _("Sent on {lane}").format(lane=reason.get("other_vehicle_lane")),
    }
    return [
        _lost(text, float(reason[name]), currency)
        for name, text in told.items()
        if reason.get(name) is not None and not pd.isna(reason[name])
    ]


def _lost(way: str, loss: float, currency: str) -> str:
    money = style.money(abs(loss), currency)
    if abs(loss) < LEAST_MONEY:
        return _("{way}: about as good.").format(way=way)
    if loss < 0:
        return _("{way}: {money} better by this estimate.").format(way=way, money=money)
    return _("{way}: {money} worse.").format(way=way, money=money)


_WORTH: Mapping[str, Callable[[], str]] = {
    "main_stock": lambda: _("One more case of {product} at {place} would bring {money}."),
    "storage": lambda: _("One more m³ of storage at {place} on {day} would bring {money}."),
    "handling": lambda: _("One more unit handled at {place} on {day} would bring {money}."),
    "vehicle": lambda: _("One more vehicle on {lane} on {day} would bring {money}."),
    "assortment": lambda: _("Room for one more case of {product} at {place} would bring {money}."),
}


def worth(
    limit: Mapping[str, Any], currency: str, places: Mapping[str, str], products: Mapping[str, str]
) -> str:
    """Tell what one more unit of a limit would bring.

    :param limit: one of ``Plan.details["limits"]`` (:mod:`optimization.limit_values`).
    """
    tell = _WORTH.get(str(limit["limit"]))
    if tell is None:
        return ""
    return tell().format(
        product=products.get(str(limit.get("sku")), ""),
        place=places.get(str(limit.get("location")), ""),
        lane=limit.get("lane", ""),
        day=style.date(pd.Timestamp(limit["date"])) if "date" in limit else "",
        money=style.money(float(limit["value"]), currency),
    )


def churn(change: Mapping[str, float]) -> str:
    """Tell how much of the last plan stands (``Plan.details["churn"]``)."""
    return _("{share} of the last plan stands; {units} units were changed.").format(
        share=style.percent(float(change["unchanged_share"])),
        units=style.compact(float(change["changed_units"])),
    )

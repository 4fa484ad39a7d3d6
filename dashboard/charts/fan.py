"""History and forecast of one series: sales, days out of stock, median and bands."""

from __future__ import annotations

import altair as alt
import pandas as pd

from dashboard import style
from dashboard.charts.event_strip import event_layers
from dashboard.language import _

BANDS: tuple[tuple[str, str, str, str], ...] = (
    ("90%", "q05", "q95", "2b"),
    ("80%", "q10", "q90", "33"),
    ("50%", "q25", "q75", "4d"),
)
"""Name, lower and upper quantile and opacity (hexadecimal) of each band, widest first."""


def fan_chart(
    history: pd.DataFrame,
    forecast: pd.DataFrame,
    events: pd.DataFrame,
    as_of: pd.Timestamp,
    *,
    planned: pd.DataFrame | None = None,
    height: int = 340,
) -> alt.LayerChart:
    """Draw what sold and what is expected to.

    :param history: date, units, availability (0 to 1), one row a day.
    :param forecast: date, mean, and the quantiles of :data:`BANDS` with q50; without the
        quantile columns only the mean is drawn.
    :param events: name, starts, ends, provisional.
    :param as_of: the last day whose sales are known.
    :param planned: date, planned: the mean with people's overrides, where any concerns it.
    """
    colours = style.palette()
    bands = BANDS if "q50" in forecast else ()
    middle = _("Median") if bands else _("Mean")
    names = [_("Sales"), middle, *(_("{share} band").format(share=band[0]) for band in bands)]
    shades = [colours.ink, colours.line, *(colours.band + band[3] for band in bands)]
    if (history["availability"] < 1).any():
        names.append(_("Out of stock"))
        shades.append(colours.out + "40")
    if planned is not None:
        names.append(_("Mean with overrides"))
        shades.append(colours.mid)
    scale = alt.Scale(domain=names, range=shades)

    colour = alt.Color(
        "series:N",
        scale=scale,
        legend=alt.Legend(title=None, orient="bottom", labelLimit=320, columns=4),
    )
    days = pd.concat([history["date"], forecast["date"]])
    first, last = days.min(), days.max()
    axis = style.date_axis()
    x = alt.X("date:T", axis=axis, scale=alt.Scale(domain=_domain(first, last), nice=False))
    y_axis = style.number_axis(_("Units a day"))
    layers: list[alt.LayerChart | alt.Chart] = list(event_layers(events, first, last))
    layers += _out_of_stock(history, colour)
    for (_share, low, high, _shade), name in zip(bands, names[2:], strict=False):
        layers.append(
            alt.Chart(forecast.assign(series=name))
            .mark_area(line=False)
            .encode(x=x, y=alt.Y(f"{low}:Q", axis=y_axis), y2=f"{high}:Q", color=colour)
        )
    layers.append(
        alt.Chart(history.assign(series=names[0]))
        .mark_line(strokeWidth=1.2)
        .encode(x=x, y=alt.Y("units:Q", axis=y_axis), color=colour)
    )
    layers.append(
        alt.Chart(forecast.assign(series=middle))
        .mark_line(strokeWidth=2.2)
        .encode(x=x, y=alt.Y("q50:Q" if bands else "mean:Q", axis=y_axis), color=colour)
    )
    if planned is not None:
        layers.append(
            alt.Chart(planned.assign(series=names[-1]))
            .mark_line(strokeWidth=2, strokeDash=[6, 3])
            .encode(x=x, y=alt.Y("planned:Q", axis=y_axis), color=colour)
        )
    layers.append(_as_of_rule(as_of))
    layers += _readers(history, forecast, bands=bool(bands))
    return alt.LayerChart(layer=layers).properties(
        height=height, padding={"top": 8, "left": 4, "right": 10, "bottom": 4}
    )


def _domain(first: pd.Timestamp, last: pd.Timestamp) -> list[alt.DateTime]:
    return [
        alt.DateTime(year=day.year, month=day.month, date=day.day, hours=hours)
        for day, hours in ((first - pd.Timedelta(days=1), 12), (last, 12))
    ]


def _out_of_stock(history: pd.DataFrame, colour: alt.Color) -> list[alt.Chart]:
    """Shade each run of days on which stock ran out; the darker, the longer each day."""
    out = history.loc[history["availability"] < 1, ["date", "availability"]].copy()
    if out.empty:
        return []
    half = pd.Timedelta(hours=12)
    out["from"], out["to"] = out["date"] - half, out["date"] + half
    out["missing"] = 1 - out["availability"]
    out["series"] = _("Out of stock")
    return [
        alt.Chart(out)
        .mark_rect()
        .encode(
            x="from:T",
            x2="to:T",
            color=colour,
            opacity=alt.Opacity(
                "missing:Q", scale=alt.Scale(domain=[0, 1], range=[0.02, 1.0]), legend=None
            ),
            tooltip=[
                alt.Tooltip("date:T", title=_("Day"), format=style.date_format()),
                alt.Tooltip("missing:Q", title=_("Hours out of stock"), format=".0%"),
            ],
        )
    ]


def _as_of_rule(as_of: pd.Timestamp) -> alt.Chart:
    at = pd.DataFrame({"date": [as_of + pd.Timedelta(hours=12)]})
    rule: alt.Chart = alt.Chart(at).mark_rule(strokeDash=[3, 3], strokeWidth=1).encode(x="date:T")
    return rule


def _readers(
    history: pd.DataFrame, forecast: pd.DataFrame, *, bands: bool
) -> list[alt.Chart | alt.LayerChart]:
    """Points that appear under the pointer and tell the day's numbers."""
    colours = style.palette()
    day = alt.Tooltip("date:T", title=_("Day"), format=style.date_format())
    readers: list[alt.Chart | alt.LayerChart] = []
    quantiles = [
        alt.Tooltip(f"{name}:Q", title=title, format=",.1f")
        for name, title in (
            ("q05", "5%"),
            ("q25", "25%"),
            ("q50", _("Median")),
            ("q75", "75%"),
            ("q95", "95%"),
        )
    ]
    tips: tuple[tuple[pd.DataFrame, str, list[alt.Tooltip]], ...] = (
        (history, "units", [alt.Tooltip("units:Q", title=_("Sales"), format=",.1f")]),
        (
            forecast,
            "q50" if bands else "mean",
            [
                alt.Tooltip("mean:Q", title=_("Mean"), format=",.1f"),
                *(quantiles if bands else []),
            ],
        ),
    )
    for number, (frame, column, tip) in enumerate(tips):
        near = alt.selection_point(
            name=f"day{number}", nearest=True, on="pointerover", fields=["date"], empty=False
        )
        readers.append(
            alt.Chart(frame)
            .mark_point(size=42, filled=True, color=colours.ink)
            .encode(
                x="date:T",
                y=f"{column}:Q",
                tooltip=[day, *tip],
                opacity=alt.condition(near, alt.value(0.9), alt.value(0)),
            )
            .add_params(near)
        )
    return readers

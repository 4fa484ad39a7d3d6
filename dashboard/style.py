"""How numbers, dates and charts look: one style, in both languages, on light and on dark."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from dashboard.language import Language, language

if TYPE_CHECKING:
    import altair as alt

Mode = Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of one mode; each has one meaning everywhere.

    ``near``, ``mid``, ``far`` and ``lost`` are the fields; ``before`` and ``after`` are the
    days without and with the plan; ``main``, ``front`` and ``store`` are kinds of places;
    ``band`` is uncertainty, ``out`` the days out of stock, ``event`` named days.
    """

    ink: str
    quiet: str
    grid: str
    ground: str
    near: str
    mid: str
    far: str
    lost: str
    before: str
    after: str
    main: str
    front: str
    store: str
    line: str
    band: str
    out: str
    event: str
    good: str
    warn: str
    bad: str


LIGHT = Palette(
    ink="#18211f", quiet="#5d6b68", grid="#e4e9e7", ground="#ffffff",
    near="#0b7d68", mid="#d9962b", far="#5b78b4", lost="#c2453a",
    before="#b9c3c0", after="#0b7d68",
    main="#5b78b4", front="#d9962b", store="#0b7d68",
    line="#0b6e5c", band="#0b7d68", out="#c2453a", event="#7a5ba8",
    good="#0b7d68", warn="#b87411", bad="#c2453a",
)  # fmt: skip

DARK = Palette(
    ink="#e6edeb", quiet="#98a8a4", grid="#26312f", ground="#111716",
    near="#3fb89f", mid="#e8b04f", far="#8ba6de", lost="#ec7468",
    before="#74827f", after="#3fb89f",
    main="#8ba6de", front="#e8b04f", store="#3fb89f",
    line="#5fd0b8", band="#3fb89f", out="#ec7468", event="#b79be0",
    good="#3fb89f", warn="#e8b04f", bad="#ec7468",
)  # fmt: skip


def mode() -> Mode:
    """Return whether the reader's page is light or dark; light outside a running page."""
    import streamlit as st
    from streamlit.runtime.scriptrunner import get_script_run_ctx

    if get_script_run_ctx(suppress_warning=True) is None:
        return "light"
    return "dark" if st.context.theme.type == "dark" else "light"


def palette() -> Palette:
    """Return the colours of the reader's mode."""
    return DARK if mode() == "dark" else LIGHT


# --- numbers, money, dates -------------------------------------------------------------------

_STEPS: dict[Language, tuple[tuple[float, str], ...]] = {
    "en": ((1e9, "bn"), (1e6, "m"), (1e3, "k")),
    "zh": ((1e8, "亿"), (1e4, "万")),
}
_SYMBOLS = {"CNY": "¥", "RMB": "¥", "EUR": "€", "USD": "$", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"}
_NONE = "–"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_WEEKDAYS: dict[Language, tuple[str, ...]] = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "zh": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}


def number(value: float | None, digits: int = 0) -> str:
    """Return a number in full, as ``12,345``; a dash where there is none."""
    if value is None or pd.isna(value):
        return _NONE
    text = f"{value:,.{digits}f}"
    return text.removeprefix("-") if not re.search("[1-9]", text) else text.replace("-", "−")


def compact(value: float | None, to: Language | None = None) -> str:
    """Return a number in three or four figures: ``12.3k`` in English, ``1.23万`` in Chinese.

    >>> compact(12_345, "en"), compact(12_345, "zh"), compact(-0.04, "en"), compact(999_999, "en")
    ('12.3k', '1.23万', '0', '1m')
    """
    if value is None or pd.isna(value):
        return _NONE
    steps = _STEPS[to or language()]
    for size, suffix in steps:
        # 999,950 rounds to 1,000k: it belongs to the next step.
        if abs(value) >= size * 0.9995:
            scaled = value / size
            digits = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
            text = f"{scaled:,.{digits}f}"
            text = text.rstrip("0").rstrip(".") if "." in text else text
            return text.replace("-", "−") + suffix
    return number(value, 0 if abs(value) >= 10 else 1).removesuffix(".0")


def money(value: float | None, currency: str = "CNY", *, full: bool = False) -> str:
    """Return money, short (``¥12.3k``) or in full (``¥12,345``)."""
    if value is None or pd.isna(value):
        return _NONE
    text = number(value) if full else compact(value)
    symbol = _SYMBOLS.get(currency, f"{currency} ")
    return f"−{symbol}{text[1:]}" if text.startswith("−") else f"{symbol}{text}"


def currency_sign(currency: str) -> str:
    """Return how a column of money is headed: ``¥``, or the currency's code where it has none."""
    return _SYMBOLS.get(currency, currency)


def percent(share: float | None, digits: int = 0) -> str:
    """Return a share of one as a percentage."""
    return _NONE if share is None or pd.isna(share) else f"{number(100 * share, digits)}%"


def date(
    day: pd.Timestamp | datetime.date | str | None, *, year: bool = False, weekday: bool = True
) -> str:
    """Return a day as its reader writes it: ``Mon 3 Nov`` or ``11月3日 周一``."""
    stamp = pd.Timestamp(day) if day is not None else pd.NaT
    if pd.isna(stamp):
        return _NONE
    name = _WEEKDAYS[language()][stamp.dayofweek]
    if language() == "zh":
        text = f"{stamp.month}月{stamp.day}日"
        text = f"{stamp.year}年{text}" if year else text
        return f"{text} {name}" if weekday else text
    text = f"{stamp.day} {_MONTHS[stamp.month - 1]}"
    text = f"{text} {stamp.year}" if year else text
    return f"{name} {text}" if weekday else text


# Icons, emoji, addresses of pages and of mail are looked for in the text that Markdown leaves,
# where an escape is gone: only a character between, the invisible word joiner, keeps them words.
_FOUND_LATER = re.compile(r":(?=[\w+/-]+:|//)|@|(?<=www)(?=\.)", re.IGNORECASE)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|~<>$:&^=])")


def plain(words: object) -> str:
    """Return words of the data so that Streamlit's Markdown shows them as they are.

    Names come from files that anyone may have written: they are never a link, an image, a
    formula, an icon or HTML. Needed wherever Streamlit reads Markdown (labels, captions,
    buttons, tabs); tables and charts show text as it is.
    """
    joined = _FOUND_LATER.sub("\\g<0>\u2060", re.sub(r"\s+", " ", str(words)))
    return _MARKDOWN.sub(r"\\\1", joined)


def table_height(rows: int, most: int) -> int:
    """Return the height of a table, in pixels, that shows all its rows, up to ``most``."""
    return min(33 * (rows + 1) + 3, most)


def listed(words: Iterable[str]) -> str:
    """Return words one after another, as the reader's language parts them."""
    return ("、" if language() == "zh" else ", ").join(words)


# --- charts ----------------------------------------------------------------------------------


def number_labels() -> str:
    """Return the Vega expression that labels a number axis in the reader's language."""
    if language() == "zh":
        return (
            "abs(datum.value) >= 1e8 ? format(datum.value / 1e8, ',.2~f') + '亿' : "
            "abs(datum.value) >= 1e4 ? format(datum.value / 1e4, ',.2~f') + '万' : "
            "format(datum.value, ',.2~f')"
        )
    return (
        "abs(datum.value) >= 1e6 ? format(datum.value / 1e6, ',.2~f') + 'm' : "
        "abs(datum.value) >= 1e3 ? format(datum.value / 1e3, ',.1~f') + 'k' : "
        "format(datum.value, ',.2~f')"
    )


def number_axis(title: str | None = None, **options: Any) -> alt.Axis:
    """Return an axis of numbers, labelled short in the reader's language."""
    import altair as alt

    return alt.Axis(title=title, labelExpr=number_labels(), **options)


def money_axis(currency: str, **options: Any) -> alt.Axis:
    """Return an axis of money, labelled short with the currency's sign: ``¥50k``."""
    import altair as alt

    sign = _SYMBOLS.get(currency, f"{currency} ")
    label = f"{json.dumps(sign, ensure_ascii=False)} + ({number_labels()})"
    return alt.Axis(title=None, labelExpr=label, **options)


def date_axis(title: str | None = None, **options: Any) -> alt.Axis:
    """Return an axis of days: ``3 Nov`` or ``11月3日``."""
    import altair as alt

    form = "%-m月%-d日" if language() == "zh" else "%-d %b"
    return alt.Axis(title=title, format=form, labelOverlap="greedy", labelSeparation=8, **options)


def date_format() -> str:
    """Return the Vega format of a full day, for tooltips."""
    return "%Y年%-m月%-d日 %a" if language() == "zh" else "%a %-d %b %Y"


_CHINESE_TIME: dict[str, Any] = {
    "dateTime": "%x %A %X",
    "date": "%Y年%-m月%-d日",
    "time": "%H:%M:%S",
    "periods": ["上午", "下午"],
    "days": ["星期日", "星期一", "星期二", "星期三", "星期四", "星期五", "星期六"],
    "shortDays": ["周日", "周一", "周二", "周三", "周四", "周五", "周六"],
    "months": [f"{word}月" for word in ("一", "二", "三", "四", "五", "六")]
    + [f"{word}月" for word in ("七", "八", "九", "十", "十一", "十二")],
    "shortMonths": [f"{month}月" for month in range(1, 13)],
}


def chart_config() -> dict[str, Any]:
    """Return the Vega-Lite configuration that all charts share."""
    colours = palette()
    config: dict[str, Any] = {
        "background": "transparent",
        "font": '"Source Sans", "Noto Sans SC", sans-serif',
        "view": {"stroke": None},
        "padding": {"left": 4, "right": 8, "top": 6, "bottom": 4},
        "axis": {
            "labelColor": colours.quiet,
            "titleColor": colours.quiet,
            "gridColor": colours.grid,
            "domainColor": colours.grid,
            "tickColor": colours.grid,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelLimit": 170,
            "titlePadding": 8,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False},
        "legend": {
            "labelColor": colours.ink,
            "titleColor": colours.quiet,
            "titleFontWeight": "normal",
            "labelFontSize": 12,
            "titleFontSize": 12,
            "orient": "top",
            "symbolType": "square",
            "symbolOpacity": 1,
        },
        "title": {"color": colours.ink, "fontSize": 14, "fontWeight": 600, "anchor": "start"},
        "header": {"labelColor": colours.ink, "titleColor": colours.quiet},
        "text": {"color": colours.ink},
        "rule": {"color": colours.quiet},
        "line": {"strokeWidth": 2},
        "bar": {"cornerRadiusEnd": 2},
        "range": {
            "category": [
                colours.near,
                colours.mid,
                colours.far,
                colours.lost,
                colours.event,
                colours.quiet,
            ]
        },
    }
    if language() == "zh":
        config["locale"] = {"time": _CHINESE_TIME}
    return config


def show(chart: alt.Chart | alt.LayerChart | alt.FacetChart | Any, **options: Any) -> Any:
    """Draw a chart in the one style; ``options`` are those of ``st.altair_chart``."""
    import streamlit as st

    return st.altair_chart(chart.properties(config=chart_config()), theme=None, **options)

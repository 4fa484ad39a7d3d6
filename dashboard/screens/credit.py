"""Who is credited with what was sold: the front or store that served it, and its branch."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from dashboard import brand_names, links, state, style
from dashboard.charts.credit import MOST_BRANCHES, by_branch_chart
from dashboard.language import _
from dashboard.words import word
from data import Brand
from data.credit import MEASURES, CreditStatement, Period, credit_statement, hundredths
from data.spreadsheet_cells import marked
from data.transitions import State

SPANS = ("month", "last_month", "quarter", "year", "always")
PERIODS: tuple[Period, ...] = ("week", "month", "quarter", "all")


def main() -> None:
    """Draw the page."""
    st.title(_("Credit"))
    st.write(
        _(
            "What was sold is credited to the front, store or main warehouse that served it and "
            "to its branch, however it was ordered: online sales and stores are not rivals."
        )
    )
    brand = state.brand()
    first, last, period, measure = _choose(brand)
    statement = _statement(brand, period, first, last)
    _figures(statement)
    branches = _branch_names(brand)
    _branches(statement, measure, branches)
    _locations(statement, measure, branches)
    _periods(statement, period, measure, branches)
    _adds_up(statement)


def _span(brand: Brand, code: str) -> tuple[pd.Timestamp, pd.Timestamp]:
    last = brand.as_of
    first_of_month = last.replace(day=1)
    if code == "last_month":
        last = first_of_month - pd.Timedelta(days=1)
        return last.replace(day=1), last
    first = {
        "month": first_of_month,
        "quarter": last.to_period("Q").start_time,
        "year": last - pd.DateOffset(years=1) + pd.Timedelta(days=1),
        "always": brand.dates[0],
    }[code]
    return max(first, brand.dates[0]), last


def _choose(brand: Brand) -> tuple[pd.Timestamp, pd.Timestamp, Period, str]:
    possible = [code for code in SPANS if _span(brand, code)[1] >= brand.dates[0]]
    spans = {
        "month": _("this month"),
        "last_month": _("last month"),
        "quarter": _("this quarter"),
        "year": _("twelve months"),
        "always": _("all days"),
    }
    cuts = {
        "week": _("by week"),
        "month": _("by month"),
        "quarter": _("by quarter"),
        "all": _("as one"),
    }
    amounts = {"value": _("value"), "margin": _("margin"), "units": _("units")}
    start = "quarter" if "quarter" in possible else possible[0]
    with st.container(horizontal=True):
        span = _one_of("span", _("Days"), possible, spans, start)
        cut = _one_of("cut", _("Statement"), list(PERIODS), cuts, "month")
        measure = _one_of("measure", _("Amount"), list(amounts), amounts, "value")
    first, last = _span(brand, span)
    period = next(one for one in PERIODS if one == cut)
    return first, last, period, measure


def _one_of(name: str, label: str, options: list[str], names: dict[str, str], start: str) -> str:
    links.follow(name, options)
    if st.session_state.get(name) not in options:
        st.session_state[name] = start
    chosen = str(st.selectbox(label, options, key=name, format_func=lambda code: names[code]))
    links.keep(name, "" if chosen == start else chosen)
    return chosen


def _statement(
    brand: Brand, period: Period, first: pd.Timestamp, last: pd.Timestamp
) -> CreditStatement:
    newest = state.ledger().events(limit=1)
    position = int(newest["number"].iloc[0]) if len(newest) else 0
    return _made(
        brand, (brand.version, state.workspace().ledger_url, position), period, first, last
    )


@st.cache_resource(max_entries=8, show_spinner=False)
def _made(
    _brand: Brand,
    key: tuple[str, str, int],
    period: Period,
    first: pd.Timestamp,
    last: pd.Timestamp,
) -> CreditStatement:
    received = state.ledger().transfers(states=[State.RECEIVED])
    return credit_statement(_brand, period=period, first=first, last=last, received=received)


def _figures(statement: CreditStatement) -> None:
    total = statement.totals[list(MEASURES)].sum()
    boxes = st.container(horizontal=True)
    boxes.metric(_("Units sold"), style.number(total["units"]), border=True, height="stretch")
    boxes.metric(
        _("Value"), style.money(total["value"], statement.currency)
,border=True, height="stretch",
        help=_("Units at the list price."),)  # fmt: skip
    boxes.metric(
        _("Margin"), style.money(total["margin"], statement.currency), border=True,
        height="stretch", help=_("Before delivery."),
    )  # fmt: skip
    boxes.metric(
        _("Recorded"), style.percent(statement.recorded_share), border=True, height="stretch",
        help=_(
            "The share of the units whose location a record tells (the table fulfilments). The "
            "others are estimated from availability and from who had the product."
        ),
    )  # fmt: skip


def _branch_names(brand: Brand) -> dict[str, str]:
    """Return branches in words: a region's name where the branch is a region."""
    names = brand_names.of_regions(brand.regions)
    return {**names, "": _("main warehouses")}


def _branches(statement: CreditStatement, measure: str, branches: dict[str, str]) -> None:
    st.subheader(_("By branch"))
    locations = _named(statement.by_location(), branches)
    fields = {name: word(name) for name in ("near", "mid", "far")}
    style.show(
        by_branch_chart(locations, measure, fields, _amount(statement, measure)), width="stretch"
    )
    count = locations["branch"].nunique()
    if count > MOST_BRANCHES:
        st.caption(
            _("The {count} largest of {all} branches.").format(
                count=style.number(MOST_BRANCHES), all=style.number(count)
            )
        )


def _amount(statement: CreditStatement, measure: str) -> str:
    if measure == "units":
        return _("units")
    name = _("value") if measure == "value" else _("margin")
    return f"{name}, {statement.currency}"


def _shares() -> dict[str, str]:
    return {
        "value": _("Share of the value"),
        "margin": _("Share of the margin"),
        "units": _("Share of the units"),
    }


def _named(rows: pd.DataFrame, branches: dict[str, str]) -> pd.DataFrame:
    return rows.assign(branch=rows["branch"].map(branches).fillna(rows["branch"]))


def _locations(statement: CreditStatement, measure: str, branches: dict[str, str]) -> None:
    st.subheader(_("By front and store"))
    rows = _named(statement.by_location(), branches)
    rows = rows.sort_values([measure, "name"], ascending=[False, True])
    total = statement.totals[list(MEASURES)].sum()
    share = rows[measure] / total[measure] if total[measure] else 0.0 * rows[measure]
    table = pd.DataFrame(
        {
            "name": rows["name"],
            "branch": rows["branch"],
            "kind": [word(kind) for kind in rows["kind"]],
            "field": [word(field) for field in rows["field"]],
            **{name: rows[name] for name in MEASURES},
            "share": 100 * share,
        }
    )
    whole = {"name": _("total"), "share": 100.0, **total.to_dict()}
    # What a person looks for comes first; the share of the whole beside it.
    order = ["name", "share", *MEASURES, "branch", "kind", "field"]
    table = pd.concat([pd.DataFrame([whole]), table], ignore_index=True).fillna("")[order]
    # Most brands sell whole units: hundredths of none are only in the way.
    whole_units = bool((table["units"] % 1 == 0).all())
    currency = style.currency_sign(statement.currency)
    amount = st.column_config.NumberColumn
    st.dataframe(
        table,
        hide_index=True,
        width="stretch",
        height=style.table_height(len(table), 400),
        column_config={
            "branch": _("Branch"),
            "name": _("Location"),
            "kind": _("Kind"),
            "field": _("Field"),
            "units": amount(_("Units"), format="localized" if whole_units else "accounting"),
            "value": amount(f"{_('Value')} {currency}", format="accounting"),
            "margin": amount(f"{_('Margin')} {currency}", format="accounting"),
            "share": st.column_config.ProgressColumn(
                _shares()[measure], min_value=0, max_value=100, format="%.1f%%"
            ),
        },
    )


def _periods(
    statement: CreditStatement, period: Period, measure: str, branches: dict[str, str]
) -> None:
    if period == "all":
        return
    st.subheader(_("By period"))
    rows = _named(statement.by_branch(), branches)
    table = rows.pivot_table(index="branch", columns="period", values=measure, aggfunc="sum")
    table = table.fillna(0.0)
    shown = table.rename(columns=lambda day: f"{day:%Y-%m-%d}")
    shown.insert(0, "total", shown.sum(axis=1))
    shown = shown.sort_values("total", ascending=False)
    shown = pd.concat([shown.sum().to_frame(_("total")).T, shown])
    st.dataframe(
        shown.reset_index(names="branch"),
        hide_index=True,
        width="stretch",
        height=style.table_height(len(shown), 400),
        column_config={
            "branch": st.column_config.TextColumn(_("Branch"), pinned=True, width=200),
            "total": st.column_config.NumberColumn(_("total"), format="accounting"),
            **{
                str(column): st.column_config.NumberColumn(format="accounting")
                for column in shown.columns[1:]
            },
        },
    )
    st.caption(_("Each column is named for its first day."))


def _adds_up(statement: CreditStatement) -> None:
    same = all(
        hundredths(statement.lines[name]).sum() == hundredths(statement.totals[name]).sum()
        for name in MEASURES
    )
    span = _("{first} to {last}").format(
        first=style.date(statement.first, year=True, weekday=False),
        last=style.date(statement.last, year=True, weekday=False),
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        if same:
            st.success(
                _("The credits of {span} add up to the sales, to the hundredth.").format(span=span),
                icon=":material/check:",
            )
        else:
            st.error(
                _("The credits of {span} do not add up to the sales.").format(span=span),
                icon=":material/error:",
            )
        st.download_button(
            _("Download the statement"),
            lambda: marked(statement.to_csv()),
            file_name=f"nearfield-credit-{statement.first:%Y%m%d}-{statement.last:%Y%m%d}.csv",
            mime="text/csv",
            icon=":material/download:",
            on_click="ignore",
        )
    if statement.surplus > 0:
        st.caption(
            _("Records tell {units} units more than were sold; those are not credited.").format(
                units=style.number(statement.surplus)
            )
        )


main()

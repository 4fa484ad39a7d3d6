"""What a table's own rows must hold: of each column, as declared, and of each row together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.departures import parse_departures
from data.sentence import say
from data.tables import LOCATION_KINDS, Column, Table

EARLIEST = np.datetime64("2000-01-01", "s")
LATEST = np.datetime64("2099-12-31", "s")
LONGEST_TEXT = 200

Holds = Callable[[Any], "pd.Series[bool]"]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that rows must hold.

    :param column: whose cells are shown when the rule is broken.
    :param expected: what a fault's sentence says was expected.
    :param mend: how a user mends it.
    :param holds: from a column (or from the whole frame where ``of_row``) to a truth a row.
    """

    column: str
    expected: str
    mend: str
    holds: Holds
    of_row: bool = False

    @property
    def name(self) -> str:
        """The check's name within pandera."""
        return f"{self.column}|{self.expected}|{self.mend}"


@cache
def rules_of(table: Table) -> tuple[Rule, ...]:
    """Return the rules of a table: of its columns first, then of its rows."""
    rules = [rule for column in table.columns for rule in _of_column(table, column)]
    return (*rules, *_OF_ROWS.get(table.name, ()))


def _of_column(table: Table, column: Column) -> list[Rule]:
    rules = []
    if column.required:
        # Of the row: pandera cannot list blank categories among the failure cases of a column.
        present = _present(column.name)
        rules.append(
            Rule(column.name, say("a value in every row"), say("Fill the cell"), present, True)
        )
    if column.kind == "text":
        rules.append(
            Rule(
                column.name,
                say("one line of at most {most} characters", most=LONGEST_TEXT),
                say(
                    "Shorten the text; a quotation mark that is never closed swallows the lines "
                    "below"
                ),
                _one_line,
            )
        )
    if column.kind == "day":
        rules.append(
            Rule(
                column.name,
                say("days from 2000 to 2099"),
                say("Correct the year"),
                _between(EARLIEST, LATEST),
            )
        )
    if not column.numeric:
        return rules
    if not column.unlimited:
        mend = (
            say("Write a number")
            if column.required
            else say("Write a number or leave the cell blank")
        )
        rules.append(Rule(column.name, say("finite numbers"), mend, _finite))
    if column.above is not None:
        expected = say("numbers above {limit:g}", limit=column.above)
        rules.append(
            Rule(
                column.name,
                expected,
                say("Correct the {column}", column=_plain(column)),
                _above(column.above),
            )
        )
    if column.least is not None or column.most is not None:
        rules.append(_range(table, column))
    if column.kind == "whole":
        rules.append(Rule(column.name, say("whole numbers"), say("Write a whole number"), _whole))
    return rules


def _plain(column: Column) -> str:
    return column.name.replace("_", " ")


def _range(table: Table, column: Column) -> Rule:
    least, most = column.least, column.most
    if most is None:
        expected = say("numbers of at least {least:g}", least=least)
    elif least is None:
        expected = say("numbers of at most {most:g}", most=most)
    else:
        expected = say("numbers from {least:g} to {most:g}", least=least, most=most)
    mend = say("Correct the {column}", column=_plain(column))
    if table.name == "sales" and column.name == "units":
        mend = say("Correct the units; returns from shoppers do not belong here")
    if column.name == "availability":
        mend = say("Write a share such as 0.75 (not 75 for 75 %)")
    return Rule(column.name, expected, mend, _between(least, most))


def _truth(series: Any, holds: Any) -> pd.Series[bool]:
    return pd.Series(np.asarray(holds, dtype=bool), index=series.index)


def _present(name: str) -> Holds:
    return lambda frame: frame[name].notna()


def _one_line(series: pd.Series[Any]) -> pd.Series[bool]:
    fits = [
        len(name) <= LONGEST_TEXT and "\n" not in name and "\r" not in name
        for name in series.cat.categories
    ]
    return _truth(series, np.array([*fits, True])[series.cat.codes.to_numpy()])


def _finite(series: pd.Series[Any]) -> pd.Series[bool]:
    return _truth(series, ~np.isinf(series.to_numpy()))


def _whole(series: pd.Series[Any]) -> pd.Series[bool]:
    values = series.to_numpy()
    with np.errstate(invalid="ignore"):
        return _truth(series, ~np.isfinite(values) | (np.floor(values) == values))


def _above(limit: float) -> Holds:
    return lambda series: _truth(series, ~(series.to_numpy() <= limit))


def _between(least: Any, most: Any) -> Holds:
    def holds(series: pd.Series[Any]) -> pd.Series[bool]:
        values = series.to_numpy()
        broken = np.zeros(len(values), dtype=bool)
        if least is not None:
            broken |= values < least
        if most is not None:
            broken |= values > most
        return _truth(series, ~broken)

    return holds


def _text(frame: pd.DataFrame, column: str) -> npt.NDArray[np.object_]:
    return frame[column].astype(object).where(frame[column].notna(), "").to_numpy(dtype=object)


def _margin_within_price(frame: pd.DataFrame) -> pd.Series[bool]:
    return _truth(frame, ~(frame["margin"].to_numpy() > frame["price"].to_numpy()))


def _not_itself(frame: pd.DataFrame) -> pd.Series[bool]:
    similar = _text(frame, "similar_to")
    return _truth(frame, (similar == "") | (similar != _text(frame, "sku")))


def _known_kind(frame: pd.DataFrame) -> pd.Series[bool]:
    return frame["kind"].isna() | frame["kind"].isin(LOCATION_KINDS)


def _region_as_kind_needs(frame: pd.DataFrame) -> pd.Series[bool]:
    kinds = _text(frame, "kind")
    return _truth(frame, ~np.isin(kinds, ("front", "store")) | (_text(frame, "region") != ""))


def _region_of_no_main(frame: pd.DataFrame) -> pd.Series[bool]:
    return _truth(frame, (_text(frame, "kind") != "main") | (_text(frame, "region") == ""))


def _goes_somewhere(frame: pd.DataFrame) -> pd.Series[bool]:
    origin = _text(frame, "origin")
    return _truth(frame, (origin == "") | (origin != _text(frame, "destination")))


def _departs(series: pd.Series[Any]) -> pd.Series[bool]:
    understood = {}
    for text in series.dropna().unique():
        try:
            parse_departures(str(text))
            understood[text] = True
        except ValueError:
            understood[text] = False
    return _truth(series, [understood.get(text, True) for text in series])


def _ends_after_start(frame: pd.DataFrame) -> pd.Series[bool]:
    return _truth(frame, ~(frame["ends"].to_numpy() < frame["starts"].to_numpy()))


_OF_ROWS: dict[str, tuple[Rule, ...]] = {
    "products": (
        Rule(
            "margin",
            say("a margin of at most the price"),
            say("Write money a unit before delivery, not a percentage"),
            _margin_within_price,
            of_row=True,
        ),
        Rule(
            "similar_to",
            say("another product"),
            say("Name an older product or leave the cell blank"),
            _not_itself,
            of_row=True,
        ),
    ),
    "locations": (
        Rule(
            "kind",
            say("main, front or store"),
            say("Write one of the three"),
            _known_kind,
            of_row=True,
        ),
        Rule(
            "region",
            say("the region that a front or store serves"),
            say("Write the region (only mains have none)"),
            _region_as_kind_needs,
            of_row=True,
        ),
        Rule(
            "region",
            say("no region for a main, which serves all of them"),
            say("Leave the cell blank"),
            _region_of_no_main,
            of_row=True,
        ),
    ),
    "lanes": (
        Rule(
            "destination",
            say("a destination other than the origin"),
            say("Correct one of the two or remove the lane"),
            _goes_somewhere,
            of_row=True,
        ),
        Rule(
            "departs",
            say("weekdays such as Mon-Sat or Mon,Wed,Fri"),
            say("Use Mon, Tue, Wed, Thu, Fri, Sat, Sun, or leave the cell blank for daily"),
            _departs,
        ),
    ),
    "events": (
        Rule(
            "ends",
            say("a last day not before the first"),
            say("Correct starts or ends"),
            _ends_after_start,
            of_row=True,
        ),
    ),
}

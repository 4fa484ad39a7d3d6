"""What the tables must say together: names that are known, a network that fits, days that agree."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from data.findings import Findings, listed, quoted
from data.reading import Rows
from data.sentence import say
from data.suggest import nearest
from data.tables import BY_NAME

Tables = Mapping[str, Rows]

_SHARE_TOLERANCE = 0.01
_MOST_SHARE_FAULTS = 20


def check_together(tables: Tables, findings: Findings) -> None:
    """Check everything that needs more than one row or more than one table."""
    for rows in tables.values():
        _references(rows, tables, findings)
    if "locations" in tables:
        _main_exists(tables["locations"], findings)
        _demand_shares(tables["locations"], findings)
    if "locations" in tables and "lanes" in tables:
        _lanes_fit(tables["lanes"], tables["locations"], findings)
    if "locations" in tables and "assortment" in tables:
        _assortment_of_mains(tables["assortment"], tables["locations"], findings)
    if "locations" in tables and "fulfilments" in tables:
        _mains_name_regions(tables["fulfilments"], tables["locations"], findings)
    if "products" in tables:
        _similar_in_circles(tables["products"], findings)
    if "events" in tables:
        _event_scopes(tables, findings)


def known_names(tables: Tables, name: str) -> set[str] | None:
    """Return the names that a table declares, or None where it could not be read.

    Regions are those of the table regions; without it, those with sales.
    """
    if name == "regions" and name not in tables:
        if "sales" not in tables:
            return None
        return _used(tables["sales"].frame["region"])
    if name not in tables:
        return None
    return _used(tables[name].frame[BY_NAME[name].key[0]])


def _used(names: pd.Series[Any]) -> set[str]:
    codes = np.unique(names.cat.codes.to_numpy())
    return {str(names.cat.categories[code]) for code in codes if code >= 0}


def _references(rows: Rows, tables: Tables, findings: Findings) -> None:
    for column in rows.table.columns:
        if column.refers_to is None:
            continue
        source = column.refers_to
        if source == "regions" and "regions" not in findings.files:
            source = "sales"
        known = known_names(tables, column.refers_to) if source in tables else None
        if known is None or source == rows.table.name == "sales":
            continue
        cells = rows.frame[column.name]
        unknown = ~cells.cat.categories.isin(list(known))
        hit = np.append(unknown, False)[cells.cat.codes.to_numpy()]
        if not hit.any():
            continue
        names = cells[hit].unique().tolist()
        where = findings.files[source]
        findings.fault(
            rows.table.name,
            column.name,
            say("names that {where} has", where=where),
            say("{names}, unknown there", names=listed(names)),
            say("{correct} or add it to {where}", correct=_correct(names[0], known), where=where),
            rows.at(hit),
        )


def _correct(name: str, known: set[str]) -> str:
    alike = nearest(name, sorted(known))
    if alike is None:
        return say("Correct the name")
    return say("Correct the name ({alike} is nearest)", alike=quoted(alike))


def _main_exists(locations: Rows, findings: Findings) -> None:
    kinds = locations.frame["kind"]
    if not (kinds == "main").any() and len(kinds):
        findings.fault(
            "locations",
            "kind",
            say("at least one main warehouse"),
            say("none"),
            say("Add the warehouse that everything comes from, with kind main"),
        )


def _demand_shares(locations: Rows, findings: Findings) -> None:
    frame = locations.frame
    local = frame[frame["kind"].isin(("front", "store")) & frame["region"].notna()]
    groups = local.groupby(["region", "kind"], observed=True)["demand_share"]
    shares = pd.DataFrame({"total": groups.sum(), "given": groups.count(), "all": groups.size()})
    full = shares["given"] == shares["all"]
    wrong = full & ((shares["total"] - 1).abs() > _SHARE_TOLERANCE)
    wrong |= ~full & (shares["total"] > 1 + 1e-9)
    for place in shares[wrong].head(_MOST_SHARE_FAULTS).reset_index().to_dict("records"):
        region, kind = str(place["region"]), str(place["kind"])
        findings.fault(
            "locations",
            "demand_share",
            say(
                "shares that add up to 1 over the {kind}s of region {region}",
                kind=kind,
                region=quoted(region),
            ),
            say("{total:.10g}", total=place["total"]),
            say("Correct the shares, or leave all of them blank for equal ones"),
            locations.at((frame["region"] == region) & (frame["kind"] == kind)),
        )


def _lanes_fit(lanes: Rows, locations: Rows, findings: Findings) -> None:
    """A store sells and ships to nobody; a main is supplied from fronts (returns) and mains."""
    kind = dict(
        zip(
            locations.frame["location"].astype(object),
            locations.frame["kind"].astype(object),
            strict=True,
        )
    )
    origin = lanes.frame["origin"].astype(object).map(kind)
    destination = lanes.frame["destination"].astype(object).map(kind)
    wrong = (origin == "store") & destination.notna()
    if wrong.any():
        pairs = dict.fromkeys(
            f"{o} to {d}" for o, d in zip(origin[wrong], destination[wrong], strict=True)
        )
        findings.fault(
            "lanes",
            "origin",
            say("lanes that start at a main or a front"),
            listed(pairs),
            say("Correct the origin (a store ships to nobody) or remove the lane"),
            lanes.at(wrong),
        )


def _assortment_of_mains(assortment: Rows, locations: Rows, findings: Findings) -> None:
    mains = set(locations.frame.loc[locations.frame["kind"] == "main", "location"].astype(object))
    wrong = assortment.frame["location"].isin(mains).to_numpy()
    if wrong.any():
        findings.fault(
            "assortment",
            "location",
            say("fronts and stores"),
            say(
                "{names}, main warehouses",
                names=listed(dict.fromkeys(assortment.frame["location"][wrong])),
            ),
            say("Remove the rows; a main may hold everything"),
            assortment.at(wrong),
        )


def _mains_name_regions(fulfilments: Rows, locations: Rows, findings: Findings) -> None:
    mains = set(locations.frame.loc[locations.frame["kind"] == "main", "location"].astype(object))
    frame = fulfilments.frame
    wrong = (frame["location"].isin(mains) & frame["region"].isna()).to_numpy()
    if wrong.any():
        findings.fault(
            "fulfilments",
            "region",
            say("the shoppers' region in every row of a main, which serves all of them"),
            say("blank cells"),
            say("Write the region that was served"),
            fulfilments.at(wrong),
        )


def _similar_in_circles(products: Rows, findings: Findings) -> None:
    frame = products.frame
    pairs = frame[["sku", "similar_to"]].astype(object).dropna()
    after = dict(zip(pairs["sku"], pairs["similar_to"], strict=True))
    circular = []
    for sku in after:
        seen, here = {sku}, after.get(sku)
        while here is not None and here not in seen:
            seen.add(here)
            here = after.get(here)
        if here == sku and after[sku] != sku:
            circular.append(sku)
    if circular:
        findings.fault(
            "products",
            "similar_to",
            say("older products"),
            say("products that name each other in a circle: {names}", names=listed(circular)),
            say("Leave similar_to of the oldest one blank"),
            frame.index[frame["sku"].isin(circular)].to_numpy(),
        )


def _event_scopes(tables: Tables, findings: Findings) -> None:
    events = tables["events"]
    frame = events.frame
    scopes: list[tuple[str, set[str] | None]] = [("regions", known_names(tables, "regions"))]
    if "products" in tables:
        scopes.append(("categories", _used(tables["products"].frame["category"])))
    for column, known in scopes:
        if known is None:
            continue
        named = [split_names(text) for text in frame[column].astype(object)]
        unknown = dict.fromkeys(name for names in named for name in names if name not in known)
        if not unknown:
            continue
        hit: npt.NDArray[np.bool_] = np.array(
            [any(n not in known for n in names) for names in named]
        )
        findings.fault(
            "events",
            column,
            say("known {column}, joined by ;", column=column),
            say("{names}, unknown", names=listed(unknown)),
            _correct(next(iter(unknown)), known),
            events.at(hit),
        )


def split_names(text: object) -> tuple[str, ...]:
    """Split names that are joined by ``;``; a blank gives none.

    >>> split_names("C00; C01")
    ('C00', 'C01')
    """
    if not isinstance(text, str):
        return ()
    return tuple(name.strip() for name in text.split(";") if name.strip())

"""Codes that the other rooms use, in the reader's language."""

from __future__ import annotations

from functools import cache

from dashboard.language import Language, catalogue, language
from data.sentence import Sentence


def word(code: str) -> str:
    """Return a code (a field, a kind, a state, a step, a reason) as words; itself if unknown."""
    return _words(language()).get(code, code)


def spoken(code: str) -> Sentence:
    """Return a code as words that may be said in either language; itself if unknown."""
    words = _ENGLISH.get(code, code)
    return Sentence(words, words, {})


def _mark(sentence: str) -> str:
    """Mark a sentence for the catalogue without translating it here."""
    return sentence


_ENGLISH: dict[str, str] = {
    # fields
    "near": _mark("near"),
    "mid": _mark("mid"),
    "far": _mark("far"),
    "not_bought": _mark("not bought"),
    # kinds of places
    "main": _mark("main warehouse"),
    "front": _mark("front warehouse"),
    "store": _mark("store"),
    # states of a transfer
    "proposed": _mark("proposed"),
    "approved": _mark("approved"),
    "rejected": _mark("rejected"),
    "dispatched": _mark("dispatched"),
    "received": _mark("received"),
    "cancelled": _mark("cancelled"),
    # kinds of jobs and how they stand
    "demo": _mark("make the demo brand"),
    "forecast": _mark("forecast"),
    "plan": _mark("plan"),
    "running": _mark("running"),
    "done": _mark("done"),
    "failed": _mark("failed"),
    "starting": _mark("starting"),
    # steps of long work
    "fit": _mark("fitting"),
    "calibrate": _mark("measuring how far forecasts go wrong"),
    "measuring how far forecasts go wrong": _mark("measuring how far forecasts go wrong"),
    "quantiles": _mark("working out the quantiles"),
    "effects": _mark("working out what drivers do"),
    "learning what the series share": _mark("learning what the series share"),
    "forecasting": _mark("forecasting"),
    "forecasting the past": _mark("forecasting the past, to see how good it is"),
    "valuing stock": _mark("valuing stock"),
    "searching transfers": _mark("searching transfers"),
    "improving the plan": _mark("improving the plan"),
    "looking for a better plan": _mark("looking for a better plan"),
    "bounding what is possible": _mark("bounding what is possible"),
    "checking and explaining": _mark("checking and explaining"),
    "demand": _mark("simulating demand"),
    "stock and sales": _mark("simulating stock and sales"),
    "tables": _mark("writing the tables"),
    # how a plan came out
    "optimal": _mark("optimal"),
    "feasible": _mark("checked, not proven best"),
    "time_limit": _mark("the best by the time limit"),
    "nothing_to_do": _mark("nothing worth moving"),
    "no_bound": _mark("checked, no bound found"),
    # what stops a unit
    "economics": _mark("not worth its cost"),
    "main_stock": _mark("no more stock to send"),
    "vehicle": _mark("one more vehicle is not worth it"),
    "storage": _mark("storage is full"),
    "handling": _mark("receiving is at its limit"),
    "case": _mark("less than a case is wanted"),
    "lead_time": _mark("it would arrive too late"),
    "departure": _mark("no departure in time"),
    "assortment": _mark("not in the assortment"),
    "no_lane": _mark("no lane goes there"),
    "expiry": _mark("it would spoil unsold"),
    # kinds of costs
    "vehicles": _mark("vehicles"),
    "moving": _mark("moving"),
    "handling_cost": _mark("handling"),
    "holding": _mark("holding"),
    "waste": _mark("waste"),
    "co2": _mark("CO₂"),
    "sales": _mark("sales"),
    "end_value": _mark("stock that is left"),
}


_TABLES: dict[str, tuple[str, str]] = {
    "sales": (_mark("sales"), _mark("daily units sold to shoppers of a region, from any field")),
    "products": (_mark("products"), _mark("what the brand sells")),
    "regions": (_mark("regions"), _mark("demand areas")),
    "locations": (_mark("locations"), _mark("main warehouses, front warehouses and stores")),
    "lanes": (_mark("lanes"), _mark("ways on which stock can move")),
    "stock": (_mark("stock"), _mark("stock at the close of the as-of day")),
    "inbound": (_mark("inbound"), _mark("stock that is already on its way")),
    "drivers": (
        _mark("drivers"),
        _mark("what is known to move demand, over the history and the days to come"),
    ),
    "assortment": (
        _mark("assortment"),
        _mark("what a front or store may hold; without this table, everything"),
    ),
    "events": (_mark("events"), _mark("days that the built-in calendar does not know")),
    "fulfilments": (
        _mark("fulfilments"),
        _mark("which location served what was sold, where that is recorded"),
    ),
}


def table(name: str) -> tuple[str, str]:
    """Return a table's name and what it holds, in words; its own name if unknown."""
    translate = catalogue(language()).gettext
    title, meaning = _TABLES.get(name, (name, ""))
    return translate(title), translate(meaning) if meaning else ""


@cache
def _words(to: Language) -> dict[str, str]:
    translate = catalogue(to).gettext
    return {code: translate(sentence) for code, sentence in _ENGLISH.items()}

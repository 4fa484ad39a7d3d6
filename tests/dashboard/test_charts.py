"""The charts: what is drawn from small frames, in Vega-Lite's own words."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dashboard.charts.components import component_chart, moving_parts
from dashboard.charts.cover import cover_chart
from dashboard.charts.event_strip import assign_rows, event_layers
from dashboard.charts.fan import fan_chart
from dashboard.charts.flow_layout import largest_flows, place_boxes, ribbons
from dashboard.charts.gain import gain_chart, gain_rows
from dashboard.charts.missed import by_region
from dashboard.charts.network_map import network_map
from dashboard.charts.place_names import place_names
from dashboard.charts.projection import Albers, land
from dashboard.charts.sankey import has_room, sankey_chart
from dashboard.charts.stock import stock_chart

DAY = pd.Timestamp
AS_OF = DAY("2025-11-02")


def history() -> pd.DataFrame:
    dates = pd.date_range("2025-10-01", AS_OF)
    rows = pd.DataFrame({"date": dates, "units": np.arange(len(dates), dtype=float)})
    rows["availability"] = 1.0
    rows.loc[3, "availability"] = 0.25
    return rows


def forecast() -> pd.DataFrame:
    rows = pd.DataFrame({"date": pd.date_range("2025-11-03", periods=14)})
    for number, column in enumerate(["q05", "q10", "q25", "q50", "q75", "q90", "q95"]):
        rows[column] = 10.0 + number
    return rows.assign(mean=13.0)


def events(*spans: tuple[str, str, str, bool]) -> pd.DataFrame:
    rows = [(name, DAY(starts), DAY(ends), maybe) for name, starts, ends, maybe in spans]
    return pd.DataFrame(rows, columns=["name", "starts", "ends", "provisional"])


def spec(chart: Any) -> dict[str, Any]:
    return dict(json.loads(chart.to_json()))


def drawn(chart: Any) -> list[dict[str, Any]]:
    """Every row of every data set of a chart."""
    return [row for rows in spec(chart)["datasets"].values() for row in rows]


def marks(chart: Any) -> list[str]:
    return [layer["mark"]["type"] for layer in spec(chart)["layer"]]


def test_a_fan_has_three_bands_and_shades_the_days_out_of_stock() -> None:
    chart = fan_chart(history(), forecast(), events(), AS_OF)
    assert marks(chart).count("area") == 3
    shaded = [row for row in drawn(chart) if "missing" in row]
    assert [(row["date"][:10], row["missing"]) for row in shaded] == [("2025-10-04", 0.75)]
    legend = {row["series"] for row in drawn(chart) if "series" in row}
    assert legend == {"Sales", "Median", "50% band", "80% band", "90% band", "Out of stock"}


def test_without_quantiles_only_the_mean_is_drawn() -> None:
    chart = fan_chart(history(), forecast()[["date", "mean"]], events(), AS_OF)
    assert "area" not in marks(chart)
    assert "Mean" in {row.get("series") for row in drawn(chart)}


def test_days_always_in_stock_are_not_shaded() -> None:
    chart = fan_chart(history().assign(availability=1.0), forecast(), events(), AS_OF)
    assert not [row for row in drawn(chart) if "missing" in row]


def test_overlapping_events_stand_on_rows_of_their_own() -> None:
    spans = [(DAY(2025, 1, a), DAY(2025, 1, b)) for a, b in ((1, 5), (3, 8), (6, 9), (4, 4))]
    assert assign_rows(spans, 3) == [0, 1, 0, 2]
    assert assign_rows(spans, 2) == [0, 1, 0, -1]


def test_events_outside_the_days_shown_are_not_drawn() -> None:
    named = events(
        ("before", "2025-09-01", "2025-09-20", False),
        ("cut", "2025-09-25", "2025-10-03", False),
        ("Double 11", "2025-11-11", "2025-11-11", True),
    )
    layers = event_layers(named, DAY("2025-10-01"), DAY("2025-11-16"))
    shown = [row for layer in layers for row in drawn(layer)]
    assert {row["name"] for row in shown} == {"cut", "Double 11"}
    assert {row["state"] for row in shown if row["provisional"]} == {
        "provisional: not announced yet"
    }


def test_an_event_s_name_ends_where_its_neighbour_s_begins() -> None:
    named = events(
        ("Labour Day", "2025-10-02", "2025-10-03", False),
        ("Mid-Autumn", "2025-10-12", "2025-10-13", False),
        ("Double 11", "2025-11-15", "2025-11-16", False),  # written towards the left
    )
    first, last = DAY("2025-10-01"), DAY("2025-11-16")
    rows = drawn(event_layers(named, first, last)[-1])
    assert len({row["words"] for row in rows}) == 1
    ends = [
        (DAY(row["anchor"]) - first) / (last - first) + (1 if row["left"] else -1) * row["room"]
        for row in rows
    ]
    assert ends[0] == pytest.approx((DAY(rows[1]["anchor"]) - first) / (last - first))
    assert ends[1] == pytest.approx(ends[2])


def test_no_event_no_strip() -> None:
    assert event_layers(events(), DAY("2025-10-01"), DAY("2025-10-02")) == []


def test_parts_that_say_nothing_are_left_out() -> None:
    parts = pd.DataFrame({"date": pd.date_range("2025-10-01", periods=3), "trend": 0.0})
    parts = parts.assign(weekly=[0.0, -2.0, 1.0], yearly=0.0, events=0.0, drivers=1e-9)
    assert moving_parts(parts) == ["trend", "weekly"]
    chart = component_chart(parts, "weekly", AS_OF)
    assert [row["units"] for row in drawn(chart) if "units" in row] == [0.0, -2.0, 1.0]


def test_cover_draws_demand_and_both_stocks() -> None:
    days = pd.DataFrame({"date": pd.date_range("2025-11-03", periods=2), "c05": 1.0, "c50": 2.0})
    days = days.assign(c95=3.0, stock_without=5.0, stock_with=9.0)
    assert {row["series"] for row in drawn(cover_chart(days)) if "series" in row} == {
        "Demand so far, median and 90% band",
        "Stock as it is",
        "Stock with the plan",
    }


@pytest.mark.parametrize(("limit", "rules"), [(12.0, 2), (float("inf"), 1)])
def test_storage_has_a_line_only_where_it_is_limited(limit: float, rules: int) -> None:
    days = pd.DataFrame({"date": pd.date_range("2025-11-03", periods=2), "m3": [1.0, 2.0]})
    chart = stock_chart(days.assign(arrives_m3=0.0, leaves_m3=0.5), limit)
    assert marks(chart).count("rule") == rules


# --- flows -----------------------------------------------------------------------------------


def flows() -> pd.DataFrame:
    rows = [
        ("M1", "main", "F1", "front", 6.0),
        ("M1", "main", "F2", "front", 2.0),
        ("M2", "main", "F2", "front", 3.0),
        ("F1", "front", "S1", "store", 4.0),
        ("F1", "front", "F2", "front", 1.0),
        ("F2", "front", "M1", "main", 0.5),
    ]
    columns = ["origin", "origin_kind", "destination", "destination_kind", "weight"]
    return pd.DataFrame(rows, columns=columns)


def test_no_ribbon_runs_backwards_and_no_boxes_overlap() -> None:
    boxes, laid = place_boxes(flows())
    assert (laid["to_column"] > laid["from_column"]).all()
    assert boxes[["low", "high"]].min().min() >= -1e-9
    assert boxes["high"].max() <= 1 + 1e-9
    for _column, stack in boxes.sort_values("low").groupby("column"):
        assert (stack["low"].to_numpy()[1:] >= stack["high"].to_numpy()[:-1] - 1e-9).all()


def test_ribbons_keep_their_weight_and_stay_in_their_boxes() -> None:
    boxes, laid = place_boxes(flows())
    width = laid["from_high"] - laid["from_low"]
    assert np.allclose(width, laid["to_high"] - laid["to_low"])
    assert np.allclose(width / laid["weight"], width.iloc[0] / laid["weight"].iloc[0])
    at = boxes.set_index(["column", "location"])
    for end, place in (("from", "origin"), ("to", "destination")):
        box = at.loc[list(zip(laid[f"{end}_column"], laid[place], strict=True))]
        assert (laid[f"{end}_low"].to_numpy() >= box["low"].to_numpy() - 1e-9).all()
        assert (laid[f"{end}_high"].to_numpy() <= box["high"].to_numpy() + 1e-9).all()
    points = ribbons(laid)
    assert points.groupby("flow")["x"].is_monotonic_increasing.all()


def test_small_destinations_are_put_together_and_nothing_is_lost() -> None:
    kept = largest_flows(flows(), 1, "{count} others")
    assert kept["weight"].sum() == pytest.approx(flows()["weight"].sum())
    fronts = set(kept.loc[kept["destination_kind"] == "front", "destination"])
    assert fronts == {"F1", "1 others"} or fronts == {"F2", "1 others"}


def test_names_that_would_touch_are_left_out_the_smaller_first() -> None:
    boxes = pd.DataFrame(
        {"column": [0, 0, 1], "weight": [1.0, 5.0, 1.0], "middle": [0.5, 0.51, 0.5]}
    )
    assert has_room(boxes, 0.05) == [False, True, True]


def test_a_sankey_names_places_by_their_names() -> None:
    named = flows().assign(origin_name="<b>Main</b>", destination_name="There")
    text = json.dumps(drawn(sankey_chart(named, "m³")))
    assert "<b>Main</b>" in text  # as data: Vega draws text on a canvas, never as HTML


# --- the map ---------------------------------------------------------------------------------


def test_albers_keeps_areas() -> None:
    projection = Albers(105, 36)
    areas = []
    for lat in (22.0, 36.0, 48.0):
        step = 0.01
        x, y = projection.project([lat, lat, lat + step], [110, 110 + step, 110])
        area = abs((x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]))
        areas.append(area / np.cos(np.radians(lat + step / 2)))
    assert np.allclose(areas, areas[0], rtol=2e-3)


def test_albers_puts_north_up_and_east_right() -> None:
    x, y = Albers(105, 36).project([31.2, 39.9, 30.7], [121.5, 116.4, 104.1])
    assert x[0] > x[1] > x[2]
    assert y[1] > y[0]


@pytest.mark.parametrize("lat", [[-33.9, -33.8], [0.0, 0.1], [51.5, 51.6]])
def test_a_map_anywhere_on_earth_is_finite(lat: list[float]) -> None:
    lats, lons = pd.Series(lat), pd.Series([179.5, -179.5])
    projection = Albers.around(lats, lons)
    assert np.isfinite(np.concatenate(projection.project(lats, lons))).all()
    coast = land()
    assert np.isfinite(np.concatenate(projection.project(coast["lat"], coast["lon"]))).all()


def test_the_coast_holds_the_cities_of_the_demo() -> None:
    # Ray casting: a city lies on land if a line to the east of it crosses the coast oddly often.
    coast = land()
    cities = {"Chengdu": (30.57, 104.07), "Beijing": (39.90, 116.40), "Wuhan": (30.59, 114.31)}
    for _ring, shape in coast.groupby("ring"):
        if len(shape) > 400:
            inside = {name: _inside(shape, *place) for name, place in cities.items()}
            assert all(inside.values())
            return
    raise AssertionError("no continent")


def _inside(shape: pd.DataFrame, lat: float, lon: float) -> bool:
    y, x = shape["lat"].to_numpy(), shape["lon"].to_numpy()
    crosses = (y[:-1] > lat) != (y[1:] > lat)
    at = x[:-1] + (lat - y[:-1]) / np.where(crosses, y[1:] - y[:-1], 1) * (x[1:] - x[:-1])
    return bool((crosses & (at > lon)).sum() % 2)


def test_a_map_loads_nothing_and_draws_flows_and_idle_lanes() -> None:
    places = pd.DataFrame(
        {
            "location": ["M", "F", "G"],
            "name": ["Main", "Front", "Other"],
            "kind": ["main", "front", "front"],
            "lat": [31.2, 30.3, 39.9],
            "lon": [121.5, 120.2, 116.4],
            "ring": ["good", "bad", "none"],
            "note": "",
        }
    )
    pairs = pd.DataFrame({"origin": ["M", "M"], "destination": ["F", "G"], "weight": [3.0, 0.0]})
    chart = network_map(places, pairs, "m³", "Days of cover")
    assert {"trail", "rule", "point", "line"} <= set(marks(chart))
    assert '"url"' not in json.dumps(spec(chart))


def test_names_on_a_map_do_not_touch() -> None:
    names = pd.Series(["Shanghai", "Suzhou", "Kunshan"])
    x, y = pd.Series([200.0, 205.0, 210.0]), pd.Series([100.0, 100.0, 100.0])
    assert place_names(x, y, names, 400, 200) == ["above", "below", "right"]
    # A name stays on the map, and leaves other places to be seen.
    edge = pd.Series([4.0, 60.0, 396.0])
    assert place_names(edge, y, names, 400, 200) == ["below right", "above", "left"]
    nowhere = pd.Series([4.0, 60.0, 396.0])
    assert place_names(nowhere, y, names, 400, 12) == ["", "", ""]


def test_a_main_in_the_midst_of_its_citys_fronts_still_has_its_name() -> None:
    names = pd.Series(["上海青浦主仓 Shanghai main"])
    x, y = pd.Series([500.0]), pd.Series([300.0])
    around = pd.Series([485.0, 512.0, 490.0, 505.0]), pd.Series([296.0, 296.0, 320.0, 282.0])
    crowd = pd.concat([x, around[0]]), pd.concat([y, around[1]])
    labels = pd.concat([names, pd.Series([""] * 4)])
    assert place_names(*crowd, labels, 900, 600)[0] != ""


def test_missed_profit_by_region_says_what_its_colours_mean() -> None:
    risk = pd.DataFrame({"region": ["hz"], "lost_money_without": [9.0], "lost_money_with": [4.0]})
    layers = spec(by_region(risk, {"hz": "Hangzhou"}, "CNY"))["layer"]
    for layer, case in zip(layers, ("without the plan", "with the plan"), strict=True):
        colour = layer["encoding"]["color"]
        assert colour["scale"]["domain"] == ["without the plan", "with the plan"]
        assert "legend" not in colour  # its default is to show one
        assert layer["transform"] == [{"as": "case", "calculate": f'"{case}"'}]


def test_parts_of_a_gain_follow_one_another_up_to_it() -> None:
    parts = {"sales": 100.0, "end_value": 50.0, "vehicles": -70.0, "waste": -0.01}
    rows = gain_rows(parts)
    assert list(rows["name"]) == ["sales", "stock that is left", "vehicles", "gain"]
    assert list(zip(rows["left"], rows["right"], strict=True))[:3] == [
        (0, 100),
        (100, 150),
        (80, 150),
    ]
    assert rows["money"].iloc[-1] == pytest.approx(79.99)
    assert rows["left"].iloc[-1] == 0
    assert marks(gain_chart(parts, "CNY")) == ["bar", "text"]

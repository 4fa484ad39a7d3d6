"""The peers: each runs on a tiny brand and gives a whole forecast."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from data.brand import read_brand
from data.errors import BadInput
from forecasting import peer_lightgbm, peers
from forecasting.forecast_check import check_frame
from forecasting.panel import build_panel
from tests import brand_factory as factory


@pytest.mark.parametrize(
    ("name", "library"),
    [("lightgbm", "lightgbm"), ("theta", "statsforecast"), ("prophet", "lightgbm")],
)
def test_each_peer_keeps_the_contract_and_finds_the_level(
    name: str,
    library: str,
    make_brand: Callable[..., Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pytest.importorskip(library)
    monkeypatch.setattr(peer_lightgbm, "ROUNDS", 60)
    monkeypatch.setitem(peer_lightgbm.TREES, "num_threads", 1)
    monkeypatch.setitem(peer_lightgbm.TREES, "min_data_in_leaf", 5)
    brand = read_brand(make_brand(drivers=lambda usual: factory.drivers()))
    made = peers.available_peers("sequential", 1)[name](brand, 5)
    check_frame(made.frame, brand)
    mean = made.frame.groupby(["region", "sku"], observed=True)["mean"].mean()
    assert mean["hangzhou", "milk"] == pytest.approx(18.0, rel=0.3)
    assert mean["suzhou", "case"] == pytest.approx(4.0, rel=0.4)


def test_a_series_of_a_single_day_goes_on_at_its_mean(make_brand: Callable[..., Path]) -> None:
    pytest.importorskip("statsforecast")

    def short(sales: pd.DataFrame) -> pd.DataFrame:
        tea = (sales["region"] == "suzhou") & (sales["sku"] == "tea")
        return sales[~tea | (sales["date"] == sales["date"].max())]

    brand = read_brand(make_brand(sales=short))
    made = peers.available_peers("sequential", 1)["theta"](brand, 5)
    check_frame(made.frame, brand)


def test_without_their_libraries_it_is_said_how_to_get_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(peers.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(BadInput, match="extra `peers`"):
        peers.available_peers()


def test_days_out_of_stock_are_filled_from_their_weekday(make_brand: Callable[..., Path]) -> None:
    panel = build_panel(read_brand(make_brand()), 5)
    filled = peers._without_gaps(panel)
    assert np.isfinite(filled).all()
    np.testing.assert_allclose(filled[panel.usable], panel.demand[panel.usable])
    row, day = next((i, t) for i, t in np.argwhere(~panel.usable) if 7 <= t < 50)
    if panel.usable[row, day - 7] and panel.usable[row, day + 7]:
        middle = (panel.demand[row, day - 7] + panel.demand[row, day + 7]) / 2
        assert filled[row, day] == pytest.approx(middle)


def test_lightgbm_sees_nothing_after_the_origin(make_brand: Callable[..., Path]) -> None:
    panel = build_panel(read_brand(make_brand()), 5)
    ahead = np.arange(40, 45)
    before = peer_lightgbm.features(panel, 40, ahead)[0].copy()
    panel.demand[:, 40:] = 999.0
    np.testing.assert_array_equal(peer_lightgbm.features(panel, 40, ahead)[0], before)

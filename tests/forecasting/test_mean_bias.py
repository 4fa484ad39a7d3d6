from __future__ import annotations

import pytest

from forecasting.mean_bias import USUAL, garrote, mean_factor


def test_little_is_not_followed_and_much_nearly_wholly() -> None:
    assert garrote(0.99 * USUAL, USUAL) == garrote(0.0, USUAL) == 0.0
    assert garrote(-10 * USUAL, USUAL) == pytest.approx(-9.9 * USUAL)
    assert garrote(1.001 * USUAL, USUAL) == pytest.approx(0.0, abs=0.01 * USUAL)


def test_means_follow_what_past_ones_were_all_out_by() -> None:
    assert mean_factor([50, 52, 48, 50], [100] * 4) == pytest.approx(0.505, rel=0.02)
    assert mean_factor([97, 102, 95, 99], [100] * 4) == 1.0


def test_what_cutoffs_do_not_agree_on_is_luck() -> None:
    assert mean_factor([50, 150, 60, 120], [100] * 4) == 1.0


@pytest.mark.parametrize("sold", [[], [50.0], [0.0, 0.0, 0.0]])
def test_without_two_cutoffs_that_sold_nothing_is_followed(sold: list[float]) -> None:
    assert mean_factor(sold, [100.0] * len(sold)) == 1.0

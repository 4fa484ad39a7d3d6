"""Whose demand counts more while a plan is chosen, and a floor under every region's service.

A plan is chosen on a network whose series carry weights: serving series s counts weight_s times
its money, in every field. Weights begin with ``vip_weight``; where a floor on fairness is set and
a region's service falls below it, that region's weight doubles and the plan is chosen again, a
few times: the multiplier of a penalty on the floor, raised until it holds. Where that brings other
regions below it, the next rise is the square root of the last one, which closes in on the weights
between. What a plan then earns is always told in money, without weights.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from data import PlanSettings
from optimization.draft import Draft
from optimization.evaluation import Draw, evaluate
from optimization.network import Floats, Network
from optimization.search import Found

ROUNDS = 6
"""Times that the weights are raised at most."""
_SLACK = 1e-3


@dataclass(frozen=True, slots=True)
class Fairness:
    """How evenly demand is served.

    :param floor: the share of demand served that is aimed at in every region: the brand's
        ``fairness_floor`` times the share of all regions in the plan without a floor.
    :param mean: the share of all regions together; ``least``: that of ``region``, the least
        served one.
    """

    floor: float
    mean: float
    least: float
    region: str

    @property
    def short(self) -> float:
        """By how much the least served region misses the floor, 0 where it holds."""
        return max(self.floor - self.least, 0.0)


def weights_of(network: Network, settings: PlanSettings) -> Floats:
    """(series,) weights from ``vip_weight`` and each region's share of important shoppers."""
    weights: Floats = 1 + settings.vip_weight * network.vip_share[network.series_region]
    return weights


def choose(
    network: Network,
    draw: Draw,
    settings: PlanSettings,
    search: Callable[[Network, bool], Found],
    late: Callable[[], bool],
) -> tuple[Found, Fairness | None]:
    """Choose a plan under priorities.

    :param search: chooses a plan on the network that it is given; told whether it is the first.
    :param late: whether there is no time for another search.
    :returns: what was found, its draft on ``network``, and its fairness where a floor is set.
    """
    weights = weights_of(network, settings)
    best = _unweighted(search(replace(network, series_weight=weights), True), network)
    if not settings.fairness_floor or not len(weights):
        return best, None
    mean = served_shares(network, best.draft, draw, 0.0)[0].mean
    floor = settings.fairness_floor * mean
    fairness, now = served_shares(network, best.draft, draw, floor)
    rise, below = 2.0, now < floor - _SLACK
    for _ in range(ROUNDS):
        if fairness.short <= _SLACK or late():
            break
        before, below = below, now < floor - _SLACK
        if (below & ~before).any():
            rise = np.sqrt(rise)
        weights = weights * np.where(below[network.series_region], rise, 1.0)
        found = _unweighted(search(replace(network, series_weight=weights), False), network)
        other, now = served_shares(network, found.draft, draw, floor)
        if other.short < fairness.short - 1e-9:
            best, fairness = found, other
    return best, fairness


def served_shares(
    network: Network, draft: Draft, draw: Draw, floor: float
) -> tuple[Fairness, Floats]:
    """Return the fairness of a draft, and each region's share of demand served from any field."""
    outcome = evaluate(network, draft.moves(), draw)
    served, lost = outcome.served.sum(axis=(0, 2)), outcome.lost.sum(axis=1)
    regions = len(network.regions)
    got = np.bincount(network.series_region, weights=served, minlength=regions)
    missed = np.bincount(network.series_region, weights=lost, minlength=regions)
    asked = got + missed
    share = np.divide(got, asked, out=np.ones(regions), where=asked > 0)
    mean = float(got.sum() / max(asked.sum(), 1e-9))
    least = int(share.argmin())
    fairness = Fairness(floor, mean, float(share[least]), str(network.regions[least]))
    return fairness, share


def _unweighted(found: Found, network: Network) -> Found:
    return replace(found, draft=replace(found.draft, network=network))

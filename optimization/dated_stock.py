"""What expires where it stands, if nothing is sold: only what leaves before is saved from it."""

from __future__ import annotations

import numpy as np

from optimization.network import Floats, Ints, Network


def spoiling_cells(network: Network) -> Ints:
    """Return the cells with lots that expire within the horizon, increasing."""
    lots = network.lots
    return np.unique(lots.cell[lots.expiry < network.days])


def unsold_spoilage(network: Network, cells: Ints, leaves: Floats) -> Floats:
    """Return (cells, days) units of lots that expire that night when nothing is sold.

    :param cells: as :func:`spoiling_cells` gives them; ``leaves`` (cells, days): units that leave
        there each day, what expires first leaving first.
    """
    lots, days = network.lots, network.days
    own = np.flatnonzero(np.isin(lots.cell, cells) & (lots.expiry < days))
    row = np.searchsorted(cells, lots.cell[own])
    comes = np.zeros((days, len(cells), days))
    np.add.at(comes, (np.maximum(lots.day[own], 0), row, lots.expiry[own]), lots.units[own])
    comes = np.cumsum(comes, axis=2)
    stock = np.zeros((len(cells), days))
    spoilt = np.zeros((len(cells), days))
    for day in range(days):
        stock = np.maximum(stock + comes[day] - leaves[:, day, None], 0)
        spoilt[:, day] = stock[:, day]
        stock = np.maximum(stock - spoilt[:, day, None], 0)
    return spoilt

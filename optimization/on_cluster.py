"""A plan made on a cluster: the whole call is one piece of work of one worker there.

Its steps go from one simulation of the whole network to the next, so that there is nothing to hand
out in parts; the worker spreads each over its own processors. A cluster gives the work to another
worker if that one dies.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd

from data import Brand, Progress
from forecasting.workers import Workers
from optimization.plan import Plan


@dataclass(frozen=True, eq=False)
class Call:
    """A call of :func:`optimization.planner.plan_transfers`.

    :param choices: its keyword arguments, those that say where and who is told left out.
    """

    brand: Brand
    forecast: pd.DataFrame
    choices: dict[str, Any]


def plan_on_cluster(call: Call, backend: str, tell: Progress) -> Plan:
    """Make the call on the cluster that joblib knows by this name.

    :param tell: told when the work is handed over and when it is back.
    :raises data.errors.Failure: there is no such cluster.
    """
    tell(0, 1, "searching transfers")
    (plan,) = Workers(backend, 1).each(_plan, [call], 1)
    tell(1, 1, "done")
    return plan


def _plan(call: Call) -> Plan:
    from optimization.planner import plan_transfers

    return plan_transfers(call.brand, call.forecast, **call.choices)

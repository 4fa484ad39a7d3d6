"""Which stock to move where and when, at the highest expected profit."""

from optimization.check import Violation, check_plan
from optimization.plan import Plan, read_plan
from optimization.planner import plan_transfers

__all__ = ["Plan", "Violation", "check_plan", "plan_transfers", "read_plan"]

"""Which stock to move where and when, at the highest expected profit."""

from optimization.plan import Plan, read_plan

__all__ = ["Plan", "read_plan"]

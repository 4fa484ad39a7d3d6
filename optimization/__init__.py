"""Which stock to move where and when, at the highest expected profit."""

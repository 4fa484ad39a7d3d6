"""Demand by region and product, with its uncertainty."""

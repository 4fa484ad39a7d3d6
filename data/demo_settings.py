"""The demo brand's ``brand.toml``, and the notice that it is simulated."""

from __future__ import annotations

from data.demo_stock import FAR_CONVERSION

BRAND_TOML = f"""\
# Simulated: every number of this brand is made up; docs/demo.md tells how.
name = "Demo brand (simulated)"
currency = "CNY"
frequency = "D"
simulated = true

[promise.near]            # a store in the region
hours = 0.5
delivery_cost = 2.5       # per unit
conversion = 1.00         # share of demand that still buys when served from this field
[promise.mid]             # a front warehouse in the region
hours = 4
delivery_cost = 2.8
conversion = 0.93
[promise.far]             # a main warehouse, next day
hours = 30
delivery_cost = 4.5
conversion = {FAR_CONVERSION}

[costs]
holding_per_m3_day = 6.0
handling_per_unit = 0.08
waste_share_of_price = 0.6

[plan]
horizon_days = 14
frozen_days = 0
time_limit_seconds = 100  # the last few percent of gain take as long again

[history]
far_field = true          # while a region's own stock was out, the far field sold

[drivers]                 # every one is planned, or forecast, beyond the last day of sales
discount = "known"        # price paid as a share of the list price, 1 = full price
coupon = "known"          # coupon depth as a share of the price
campaign = "known"        # exposure on the platform, 0 to 1
temperature = "known"     # degrees C, the day's mean
rain_mm = "known"
"""

NOTICE = """\
# Demo brand (simulated)

Every number in this folder is made up by `nearfield demo`; no shopper, product or warehouse in
it exists. `truth.parquet` holds the demand that the simulator knows and the sales do not show
(they are what stock allowed). It is there to measure forecasts and plans; Nearfield itself never
reads it.
"""

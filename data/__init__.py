"""The brand's tables, settings and ledger: what is known, checked before anyone works with it."""

from data.brand import Brand, check_brand, read_brand
from data.demo import read_truth, simulate_demo
from data.errors import (
    BadBrand,
    BadDecision,
    BadForecast,
    BadInput,
    Cancelled,
    Conflict,
    Failure,
    NearfieldError,
    NotAllowed,
)
from data.faults import CheckReport, Fault, Repair
from data.freshretailnet import import_freshretailnet
from data.progress import Progress, silent
from data.settings import (
    Costs,
    ForecastSettings,
    History,
    PlanSettings,
    Promise,
    Promises,
    Settings,
    parse_settings,
)
from data.templates import zipped_templates
from data.upload import read_zipped
from data.workspace import Workspace

__all__ = [
    "BadBrand",
    "BadDecision",
    "BadForecast",
    "BadInput",
    "Brand",
    "Cancelled",
    "CheckReport",
    "Conflict",
    "Costs",
    "Failure",
    "Fault",
    "ForecastSettings",
    "History",
    "NearfieldError",
    "NotAllowed",
    "PlanSettings",
    "Progress",
    "Promise",
    "Promises",
    "Repair",
    "Settings",
    "Workspace",
    "check_brand",
    "import_freshretailnet",
    "parse_settings",
    "read_brand",
    "read_truth",
    "read_zipped",
    "silent",
    "simulate_demo",
    "zipped_templates",
]

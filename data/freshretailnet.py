"""Imports FreshRetailNet-50K, a public data set of real fresh-food demand, as a brand folder.

Source: FreshRetailNet-50K, Dingdong-Inc, CC-BY-4.0, arXiv:2505.16319; one row a store, product
and day, with the hours in which the product was out of stock.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from data.atomic import replace_folder
from data.errors import BadBrand
from data.faults import Fault
from data.findings import Findings
from data.freshretailnet_folder import write_folder
from data.freshretailnet_source import count_rows, read_parts
from data.freshretailnet_sums import Days, DaySums
from data.progress import Progress, silent

Regions = Literal["cities", "stores"]


def import_freshretailnet(
    files: Iterable[str | Path],
    out: str | Path,
    *,
    regions: Regions = "cities",
    hold_back_days: int = 14,
    progress: Progress = silent,
) -> Path:
    """Write a brand folder from the data set's own parquet files, and return it.

    Sales and drivers are the source's; availability is 1 minus the share of the hours 06 to 22
    that were out of stock, and for cities everything is summed (units) or averaged over the
    city's stores. Locations, lanes, stock, prices and volumes are not in the source: they are
    written with round values, marked as assumed in ``brand.toml`` and ``README.md`` beside it.

    :param files: ``train.parquet``, ``eval.parquet`` or parts of them; read in pieces.
    :param out: a folder that is new or empty.
    :param regions: a city or a store's area as a region.
    :param hold_back_days: sales of the last days are kept apart (``held_back.parquet``), so that
        the drivers of those days are what is known over the horizon; at most a third of the days.
    :raises BadBrand: with every fault of the source.
    """
    paths = _paths(files)
    out = Path(out)
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        fault = Fault(
            "out", None, "a new or empty folder", str(out), "Choose another", file="--out"
        )
        raise BadBrand([fault])
    days = _read(paths, regions == "stores", progress)
    with replace_folder(out) as folder:
        write_folder(days.frame, days.categories, folder, regions == "cities", hold_back_days)
    return out


def _paths(files: Iterable[str | Path]) -> list[Path]:
    paths = [Path(file) for file in files]
    faults = [
        Fault("source", None, "a parquet file of FreshRetailNet-50K", "no such file",
              "Give the paths of train.parquet and eval.parquet", file=str(path))
        for path in paths
        if not path.is_file()
    ]  # fmt: skip
    if not paths:
        faults = [Fault("source", None, "at least one parquet file", "none", "Name the files")]
    if faults:
        raise BadBrand(faults)
    return paths


def _read(paths: list[Path], stores: bool, progress: Progress) -> Days:
    findings = Findings()
    total = sum(count_rows(path, findings) for path in paths)
    if findings.faults:
        raise BadBrand(findings.faults)
    sums, done = DaySums(stores), 0
    for path in paths:
        for part in read_parts(path, findings):
            sums.add(part)
            done += part.rows
            progress(done, total, f"reading {path.name}")
    if not findings.faults:
        sums.check_rows_are_once(findings)
    if findings.faults:
        raise BadBrand(findings.faults)
    return sums.result()

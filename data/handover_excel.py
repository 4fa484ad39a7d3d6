"""An export as a workbook: the trips, a printable pick list a trip, a sheet to confirm on.

The same export gives the same bytes: the moments that a workbook holds are the export's, and
its parts are stored uncompressed, because compressors differ between machines.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from data.confirmations import ACTIONS

if TYPE_CHECKING:
    from data.handover import Export, Line

CONFIRM_SHEET: Final = "confirm"
CONFIRM_COLUMNS: Final = ("plan", "transfer", "sku", "cases", "status", "confirmed_cases", "text")
# One file for every reader, the same bytes each time: what people read is in both languages. The
# columns to confirm are read by programs and keep their names.
TRIP_COLUMNS: Final = (
    "sheet 工作表",
    "dispatch 发车",
    "lane 线路",
    "from 发出地",
    "to 目的地",
    "arrive 到达",
    "lines 行数",
    "cases 箱数",
    "m³",
)
TRIP_WIDTHS: Final = (32, 12, 24, 20, 20, 12, 10, 10, 10)
PICK_COLUMNS: Final = (
    "✓",
    "sku 商品编号",
    "name 商品",
    "cases 箱数",
    "units 件数",
    "m³",
    "",
    "transfer 调拨",
)
PICK_WIDTHS: Final = (4, 16, 40, 10, 11, 10, 13, 34)
CANCEL: Final = "CANCEL 取消"

_HEAD_ROW: Final = 4

_BOLD: Final = Font(bold=True)
_TITLE: Final = Font(bold=True, size=14)
_HEAD: Final = PatternFill("solid", fgColor="E8EEF4")
_LINE: Final = Border(bottom=Side("hair"))
_FORMATS: Final[dict[type, str]] = {date: "yyyy-mm-dd", int: "#,##0", float: "#,##0.###"}
_THE_SAME_DAY: Final = (1980, 1, 1, 0, 0, 0)  # the first that a zip file knows


def write_workbook(export: Export) -> bytes:
    """Return the workbook's bytes."""
    book = Workbook()
    first = book.active
    assert isinstance(first, Worksheet)
    trips = [(trip, list(lines)) for trip, lines in groupby(export.lines, _trip)]
    titles = [_sheet_title(number, trip) for number, (trip, _) in enumerate(trips, 1)]
    _write_trips(first, export, trips, titles)
    for title, (trip, lines) in zip(titles, trips, strict=True):
        _write_pick_list(book.create_sheet(title), export, trip, lines)
    _write_confirmations(book.create_sheet(CONFIRM_SHEET), export)
    book.properties.creator = "Nearfield"
    book.properties.created = book.properties.modified = export.at.replace(tzinfo=None)
    raw = io.BytesIO()
    book.save(raw)
    book.close()
    return _repeatable(raw.getvalue(), export)


def _trip(line: Line) -> tuple[str, str]:
    return line.dispatch_date, line.lane


def _sheet_title(number: int, trip: tuple[str, str]) -> str:
    """Name a trip's sheet: at most 31 characters, some forbidden, no two alike."""
    lane = re.sub(r"[\[\]:*?/\\']", "-", ILLEGAL_CHARACTERS_RE.sub("", trip[1]))
    return f"{number:03d} {trip[0][5:]} {lane}"[:31]


def _write_trips(
    sheet: Worksheet,
    export: Export,
    trips: Sequence[tuple[tuple[str, str], list[Line]]],
    titles: Sequence[str],
) -> None:
    sheet.title = "trips"
    _put(sheet, 1, [f"{export.brand}: export {export.id}"], _TITLE)
    _put(sheet, 2, [f"{export.at:%Y-%m-%d %H:%M} UTC, {export.who}"])
    _head(sheet, _HEAD_ROW, TRIP_COLUMNS, TRIP_WIDTHS)
    for row, (title, ((day, lane), lines)) in enumerate(
        zip(titles, trips, strict=True), _HEAD_ROW + 1
    ):
        moved = [line for line in lines if line.action == "move"]
        cases, m3 = sum(line.cases for line in moved), sum(line.m3 for line in moved)
        one = lines[0]
        places = (one.origin, one.destination, date.fromisoformat(one.arrive_date))
        leaves = date.fromisoformat(day)
        _put(sheet, row, [title, leaves, lane, *places, len(lines), cases, round(m3, 3)])
    _print_on_paper(sheet, export, _HEAD_ROW)


def _write_pick_list(
    sheet: Worksheet, export: Export, trip: tuple[str, str], lines: Sequence[Line]
) -> None:
    one = lines[0]
    _put(sheet, 1, [f"{trip[1]}: {one.origin} → {one.destination}"], _TITLE)
    days = f"{one.dispatch_date} → {one.arrive_date}"
    _put(sheet, 2, [f"{days}; export {export.id}, {export.brand}"])
    _head(sheet, _HEAD_ROW, PICK_COLUMNS, PICK_WIDTHS)
    for row, line in enumerate(lines, _HEAD_ROW + 1):
        told = CANCEL if line.action == "cancel" else ""
        amounts = (line.cases, round(line.units, 3), round(line.m3, 3))
        _put(sheet, row, ["☐", line.sku, line.name, *amounts, told, line.transfer], border=_LINE)
    moved = [line for line in lines if line.action == "move"]
    total = [sum(getattr(line, name) for line in moved) for name in ("cases", "units", "m3")]
    last = _HEAD_ROW + len(lines) + 1
    _put(sheet, last, ["", "", "Σ", total[0], round(total[1], 3), round(total[2], 3)], _BOLD)
    _print_on_paper(sheet, export, _HEAD_ROW)


def _write_confirmations(sheet: Worksheet, export: Export) -> None:
    _head(sheet, 1, CONFIRM_COLUMNS, (20, 34, 16, 9, 14, 16, 32))
    moved = [line for line in export.lines if line.action == "move"]
    for row, line in enumerate(moved, 2):
        _put(sheet, row, [line.plan, line.transfer, line.sku, line.cases])
    if moved:
        column = sheet.cell(1, CONFIRM_COLUMNS.index("status") + 1).column_letter
        choice = DataValidation("list", formula1=f'"{",".join(ACTIONS)}"', allow_blank=True)
        choice.add(f"{column}2:{column}{len(moved) + 1}")
        sheet.add_data_validation(choice)
    _print_on_paper(sheet, export, 1)


def _head(sheet: Worksheet, row: int, names: Sequence[str], widths: Sequence[int]) -> None:
    _put(sheet, row, names, _BOLD)
    for column, width in enumerate(widths, 1):
        cell = sheet.cell(row, column)
        cell.fill = _HEAD
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.column_dimensions[cell.column_letter].width = width


def _put(
    sheet: Worksheet,
    row: int,
    values: Sequence[Any],
    font: Font | None = None,
    border: Border | None = None,
) -> None:
    """Fill a row; texts are texts, whatever they look like."""
    for column, value in enumerate(values, 1):
        cell = sheet.cell(row, column)
        if isinstance(value, str):
            cell.value = ILLEGAL_CHARACTERS_RE.sub("�", value)
            cell.data_type = "s"
            if value.startswith(("=", "+", "-", "@")):
                cell.quotePrefix = True
        else:
            cell.value = value
            cell.number_format = _FORMATS.get(type(value), "General")
        if font is not None:
            cell.font = font
        if border is not None:
            cell.border = border


def _print_on_paper(sheet: Worksheet, export: Export, head_row: int) -> None:
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = 9  # A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = f"{head_row}:{head_row}"
    sheet.freeze_panes = f"A{head_row + 1}"
    sheet.oddFooter.left.text = export.id
    sheet.oddFooter.right.text = "&P / &N"


def _repeatable(workbook: bytes, export: Export) -> bytes:
    """Write the workbook's parts again with the export's moment instead of today's."""
    moment = f"{export.at:%Y-%m-%dT%H:%M:%S}Z"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook)) as made, zipfile.ZipFile(out, "w") as again:
        for name in made.namelist():
            content = made.read(name)
            if name == "docProps/core.xml":
                content = re.sub(
                    rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + moment.encode(), content
                )
            part = zipfile.ZipInfo(name, _THE_SAME_DAY)
            part.external_attr = 0o600 << 16
            again.writestr(part, content)
    return out.getvalue()

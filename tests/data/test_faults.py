"""How faults, repairs and reports read."""

from __future__ import annotations

import json

import pytest

from data.errors import BadBrand, BadInput, NearfieldError
from data.faults import CheckReport, Fault, Repair
from data.findings import Findings, RowNumbers, listed, quoted


def fault(**changes: object) -> Fault:
    values: dict[str, object] = {
        "table": "sales",
        "column": "units",
        "expected": "numbers",
        "found": "'x'",
        "mend": "Write a number",
        "file": "sales.csv",
    }
    return Fault(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("rows", "count", "place"),
    [
        ((), 0, "sales.csv, column units: "),
        ((7,), 1, "sales.csv, column units, row 7: "),
        ((7, 9), 2, "sales.csv, column units, rows 7, 9: "),
        (
            (2, 3, 4, 5, 6),
            1234567,
            "sales.csv, column units, rows 2, 3, 4, 5, 6 and 1,234,562 more",
        ),
    ],
)
def test_a_fault_is_one_sentence_and_what_to_do(
    rows: tuple[int, ...], count: int, place: str
) -> None:
    told = str(fault(rows=rows, count=count))
    assert told.startswith(place)
    assert told.endswith("expected numbers; found 'x'. Write a number.")


def test_a_fault_of_a_file_and_of_no_file() -> None:
    assert str(fault(column=None)).startswith("sales.csv: expected")
    assert str(fault(column=None, file=None)).startswith("sales: expected")


def test_a_report_as_plain_values() -> None:
    report = CheckReport(
        (fault(rows=(2,), count=1),), (Repair("sales", "copies", 3),), {"sales": 9}
    )
    plain = json.loads(json.dumps(report.to_dict()))
    assert plain["ok"] is False
    assert plain["faults"][0]["rows"] == [2]
    assert plain["repairs"] == [{"table": "sales", "what": "copies", "count": 3}]
    assert plain["rows"] == {"sales": 9}
    assert CheckReport().ok
    assert str(report.repairs[0]) == "sales: copies (3)"


def test_a_bad_brand_tells_every_fault() -> None:
    error = BadBrand([fault(), fault(column="date")])
    assert len(str(error).splitlines()) == 2
    assert error.faults[1].column == "date"
    assert isinstance(error, BadInput)
    assert isinstance(error, NearfieldError)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        (RowNumbers(), (2, 3, 5)),
        (RowNumbers(blank=(2,)), (3, 4, 6)),
        (RowNumbers(blank=(3, 4)), (2, 5, 7)),
        (RowNumbers(refused=(3,)), (2, 4, 6)),
        (RowNumbers(refused=(3,), blank=(4, 9)), (2, 5, 7)),
    ],
)
def test_row_numbers(numbers: RowNumbers, expected: tuple[int, ...]) -> None:
    assert numbers([0, 1, 3]) == expected


def test_first_rows_are_listed_and_all_are_counted() -> None:
    findings = Findings(files={"sales": "sales.csv"})
    findings.fault("sales", "units", "a", "b", "c", positions=range(99, 9, -1))
    assert findings.faults[0].rows == (12, 13, 14, 15, 16)
    assert findings.faults[0].count == 90
    assert findings.faults[0].file == "sales.csv"


def test_no_repair_is_no_news() -> None:
    findings = Findings()
    findings.repair("sales", "copies", 0)
    assert findings.repairs == []


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], ""),
        (["a"], "'a'"),
        (list("abcdef"), "'a', 'b', 'c', 'd', 'e' and 1 more"),
        ([1, 2], "'1', '2'"),
    ],
)
def test_listed(values: list[object], text: str) -> None:
    assert listed(values) == text


def test_quoted_stays_short_and_on_one_line() -> None:
    assert quoted("a\nb\tc") == "'a⏎b⇥c'"
    assert len(quoted("x" * 999)) == 60

"""A zip file from somebody else: unpacked where it is sound, refused with a reason where not."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest

from data.brand import check_brand, read_brand
from data.errors import BadBrand
from data.templates import templates
from data.upload import MOST_FILES, read_zipped


def zipped(files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", compression) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return content.getvalue()


def inside(folder: str) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in templates().items()}


@pytest.mark.parametrize(
    "files",
    [
        templates(),
        inside("brand"),
        inside("exports/2025/brand"),
        {**inside("品牌"), "品牌/": b"", "品牌/plan/": b"", "品牌/plan/plan.json": b"{}"},
        {
            **inside("brand"),
            "__MACOSX/brand/._stock.csv": b"\0",
            "brand/.DS_Store": b"\0",
            "brand/Thumbs.db": b"\0",
            "brand/.nearfield/ledger.sqlite": b"x",
            "read me.txt": b"hello",
        },
    ],
    ids=["flat", "one folder", "deep", "folders beside", "junk"],
)
def test_a_brand_is_unpacked(files: dict[str, bytes], tmp_path: Path) -> None:
    folder = read_zipped(zipped(files), tmp_path / "new" / "brand")
    assert folder == tmp_path / "new" / "brand"
    assert {path.name for path in folder.iterdir()} == set(templates())
    assert check_brand(folder).ok
    assert [path.name for path in folder.parent.iterdir()] == ["brand"]


def test_from_a_file_into_an_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "b.zip").write_bytes(zipped(templates()))
    (tmp_path / "empty").mkdir()
    assert read_brand(read_zipped(tmp_path / "b.zip", tmp_path / "empty")).dates


def link() -> bytes:
    content = io.BytesIO(zipped(templates()))
    with zipfile.ZipFile(content, "a") as archive:
        info = zipfile.ZipInfo("sales.parquet")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return content.getvalue()


def locked() -> bytes:
    content = bytearray(zipped(templates()))
    start = content.find(b"PK\x01\x02")
    while start >= 0:  # the flag "encrypted" of each entry of the directory
        content[start + 8] |= 1
        start = content.find(b"PK\x01\x02", start + 1)
    return bytes(content)


def damaged() -> bytes:
    files = {"brand.toml": b"name = 'x'" * 99, **templates()}
    content = bytearray(zipped(files, zipfile.ZIP_STORED))
    content[60] ^= 0xFF
    return bytes(content)


def doubled() -> bytes:
    return zipped({**templates(), "Stock.csv": b"x"})


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "cannot be read as one"),
        (b"PK\x03\x04 rubbish", "cannot be read as one"),
        (zipped(templates())[:-30], "cannot be read as one"),
        (damaged(), "Bad CRC-32"),
        (locked(), "found a password"),
        (link(), "'sales.parquet', a link"),
        (doubled(), "'Stock.csv' twice"),
        (zipped({**templates(), "../evil.csv": b"x"}), "'../evil.csv', which leads outside"),
        (zipped({**templates(), "a/../../evil": b"x"}), "leads outside"),
        (zipped({**templates(), "/etc/evil": b"x"}), "'/etc/evil', which leads outside"),
        (zipped({**templates(), "C:/evil": b"x"}), "leads outside"),
        (zipped({**templates(), "a\\..\\evil": b"x"}), "leads outside"),
        (zipped({"sales.csv": b"x"}), "no brand.toml"),
        (zipped({**inside("a"), **inside("b")}), "2 files brand.toml"),
        (zipped({**templates(), **{f"{n}.txt": b"" for n in range(MOST_FILES)}}), "at most 500"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_refused(content: bytes, says: str, tmp_path: Path) -> None:
    into = tmp_path / "uploads" / "brand"
    with pytest.raises(BadBrand) as caught:
        read_zipped(content, into)
    assert says in str(caught.value)
    assert not into.exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) in ([], ["uploads"])


def test_a_bomb_is_stopped_while_it_is_unpacked(tmp_path: Path) -> None:
    bomb = zipped({**templates(), "sales.parquet": bytes(30_000_000)})
    assert len(bomb) < 100_000
    with pytest.raises(BadBrand, match="at most 5,000,000 bytes unpacked"):
        read_zipped(bomb, tmp_path / "brand", most_bytes=5_000_000)
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "brand").mkdir()
    (tmp_path / "brand" / "mine.txt").write_text("x")
    with pytest.raises(BadBrand, match="a new or empty folder"):
        read_zipped(zipped(templates()), tmp_path / "brand")
    with pytest.raises(BadBrand, match="no file"):
        read_zipped(tmp_path / "none.zip", tmp_path / "new")

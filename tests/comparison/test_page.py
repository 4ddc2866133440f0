import html
import re

from learnet.comparison import CompareConfig, ComparedRow, Comparison, FailedRow
from learnet.comparison.page import COLUMNS, cells, failed_cells, render_page


def compared(tmp_path, **changes):
    row = ComparedRow(
        name="<b>",
        accuracy=0.5,
        low=0.4,
        high=0.6,
        macro_f1=0.45678,
        minutes=0.345,
        peak_memory_mb=1234.5,
        disk_mb=14.33,
        images_per_second=3.52,
        latency_ms=194.87,
        computed=1797,
    )
    config = CompareConfig(data="<i>", modes=("head",), backbones=("efficientnet_lite0",), seeds=2)
    told = {"folder": tmp_path, "config": config, "rows": (row,), "neighbours": (("a", "b", "+1.0 points"),)}
    return Comparison(**{**told, "pick": "<u>: the best", **changes})


def shown(page, section):
    """The text of a section."""
    inside = re.search(rf'<section id="{section}".*?</section>', page, re.DOTALL)
    return html.unescape(re.sub(r"<[^>]+>", " ", inside.group())) if inside else None


def test_a_row_is_shown_with_its_units_and_dashes(tmp_path):
    (row,) = compared(tmp_path).rows
    assert dict(zip(COLUMNS, cells(row), strict=True)) == {
        "Way": "<b>",
        "Accuracy": "50.0%",
        "95 % interval": "40.0% to 60.0%",
        "Macro-F1": "0.457",
        "Minutes": "0.34",
        "Peak memory, MB": "1,234",
        "On disk, MB": "14.3",
        "Images/s": "3.5",
        "Latency, ms": "194.9",
    }
    simple = ComparedRow(name="kNN", accuracy=1.0, low=0.99, high=1.0, macro_f1=1.0, minutes=12.25, trained=False)
    assert cells(simple) == ["kNN", "100.0%", "99.0% to 100.0%", "1.000", "12.2", "-", "-", "-", "-"]
    failed = FailedRow(name="x", seed=3, reason="It melted.")
    assert failed_cells(failed) == ["x, seed 3", "failed", *["-"] * 7]


def test_the_page_shows_names_as_text_and_repeats_itself(tmp_path):
    page = render_page(compared(tmp_path))
    assert "&lt;b&gt;" in page
    assert not {"<b>", "<i>", "<u>"} & set(re.findall("<.>", page))
    assert "Take <strong>&lt;u&gt;</strong>: the best" in page
    assert "prefers-color-scheme: dark" in page
    assert "learnet compare '<i>' --modes head --seeds 2" in shown(page, "reproduce")
    assert "their time is in the minutes of <b> (1,797 photos)" in shown(page, "table")
    assert shown(page, "failed") is None


def test_what_failed_stands_in_the_table_and_with_its_reason(tmp_path):
    made = compared(tmp_path, failed=(FailedRow(name="full", seed=1, reason="There was not enough memory."),))
    page = render_page(made)
    assert re.search(r"full, seed 1\s+failed\s+-", shown(page, "table"))
    assert re.search(r"full, seed 1\s+There was not enough memory\.", shown(page, "failed"))


def test_each_run_is_linked_to(tmp_path):
    for name in ("b", "a"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "report.html").touch()
    page = render_page(compared(tmp_path))
    assert re.findall(r'href="(\w+/report\.html)"', page) == ["a/report.html", "b/report.html"]

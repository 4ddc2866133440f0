from __future__ import annotations

import html
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from learnet.core import visible
from learnet.evaluation.markup import Html, bar, count, join, number, percent, table, tag, text

ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=40)


@given(ANY_TEXT)
def test_any_text_survives_the_way_through_html(value: str) -> None:
    class Reader(HTMLParser):
        words = ""
        title: str | None = None

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            assert tag == "b"
            self.title = dict(attrs)["title"]

        def handle_data(self, data: str) -> None:
            self.words += data

    reader = Reader()
    content = str(tag("b", value, title=value))
    content.encode("utf-8")
    reader.feed(content)
    reader.close()
    assert reader.words == visible(value)
    assert (reader.title or "") == visible(value)


@given(ANY_TEXT)
def test_visible_names_hold_nothing_invisible_and_keep_the_rest(value: str) -> None:
    shown = visible(value)
    assert shown.isprintable()
    assert not value.isprintable() or shown == value


def test_finished_html_is_not_escaped_again() -> None:
    assert text(tag("i", "a & b")) == "<i>a &amp; b</i>"
    assert join("<", None, Html("<br>"), 3) == "&lt;<br>3"


def test_attributes_are_escaped_even_if_they_hold_html() -> None:
    assert tag("i", title=tag("b", "x", class_="y")) == f'<i title="{html.escape(tag("b", "x", class_="y"))}"></i>'


def test_a_table_heads_rows_and_columns() -> None:
    drawn = table("Ages", ("Name", "Years"), [("<Ann>", number("1,000", value=1000))])
    assert '<th scope="row">&lt;Ann&gt;</th><td class="number" data-value="1000">1,000</td>' in drawn
    assert '<th scope="col">Name</th><th scope="col" class="number">Years</th>' in drawn
    assert "<caption>Ages</caption>" in drawn


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.9351, "93.5%"), (0.99951, ">99.9%"), (0.9994, "99.9%"), (0.0004, "<0.1%"), (0.0006, "0.1%"), (1.0, "100.0%")],
)
def test_per_cent(share: float, shown: str) -> None:
    assert percent(share) == shown


def test_a_bar_shows_its_interval() -> None:
    drawn = bar(0.5, (0.4, 0.625))
    assert "width:50.00%" in drawn
    assert "left:40.00%;width:22.50%" in drawn
    assert "no test photos" in bar(float("nan"))


def test_counts_have_a_plural() -> None:
    assert [count(n, "photo") for n in (0, 1, 12345)] == ["0 photos", "1 photo", "12,345 photos"]

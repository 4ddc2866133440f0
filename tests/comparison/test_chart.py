import csv

import numpy as np
import pytest
from PIL import Image

from learnet.comparison import ChartRow, chart
from learnet.comparison.chart import linear_fits
from learnet.core import Silent, UsageError
from learnet.models import published_profiles

pytestmark = pytest.mark.slow


def row(macs, milliseconds, family="VGG"):
    return ChartRow(
        name="x", family=family, top1=0.7, macs=macs, parameters=1, images_per_second=1e3 / milliseconds, latency_ms=1.0
    )


def test_fits_find_the_line():
    (fit,) = linear_fits([row(int(g * 1e9), 3 * g + 2) for g in (1, 2, 5)] + [row(10**9, 1, "Inception")])
    assert (fit.family, fit.networks) == ("VGG", 3)
    assert (fit.ms_per_gmac, fit.offset_ms, fit.r2) == pytest.approx((3, 2, 1))


def test_chart_measures_draws_and_tabulates(tmp_path):
    made = chart(networks=["MobileNetV2-0.35", "mobilenetv2"], images=2, out=tmp_path / "chart", progress=Silent())
    assert [found.name for found in made.rows] == ["mobilenetv2-0.35", "mobilenetv2"]
    assert made.rows[1].macs == published_profiles()["mobilenetv2"].macs
    assert all(found.images_per_second > 0 and found.latency_ms > 0 for found in made.rows)
    with (tmp_path / "chart" / "architectures.csv").open() as file:
        table = list(csv.DictReader(file))
    assert [entry["name"] for entry in table] == ["mobilenetv2-0.35", "mobilenetv2"]
    with Image.open(tmp_path / "chart" / "architectures.png") as picture:
        assert np.asarray(picture.convert("RGB")).std() > 5
    assert made.fits == ()


@pytest.mark.parametrize(("names", "sentence"), [(["lenet5"], "lenet5 has none"), ([], "an empty list has none")])
def test_networks_without_a_published_accuracy_are_refused(names, sentence):
    with pytest.raises(UsageError, match=sentence):
        chart(networks=names, progress=Silent())

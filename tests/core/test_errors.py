import pytest

from learnet.core import LearnetError, UsageError, unknown_name


@pytest.mark.parametrize(
    ("typed", "meant"), [("resnet5", "resnet50"), ("VGG61", "vgg16"), ("mobilenet", "mobilenetv2")]
)
def test_unknown_name_gives_the_nearest(typed, meant):
    error = unknown_name("backbone", typed, ["vgg16", "resnet50", "mobilenetv2"])
    assert f"Did you mean '{meant}'?" in str(error)
    assert "Known: mobilenetv2, resnet50, vgg16." in str(error)


def test_unknown_name_without_a_near_one_makes_no_guess():
    assert "mean" not in str(unknown_name("backbone", "zzz", ["vgg16"]))


def test_exit_codes_tell_failure_from_wrong_use():
    assert (LearnetError.exit_code, UsageError.exit_code) == (1, 2)
    assert issubclass(UsageError, ValueError)

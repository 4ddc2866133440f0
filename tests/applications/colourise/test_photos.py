"""Photos to learn from: a folder of any kind, its grey and broken files left out, its copies on one side."""

import shlex

import cv2
import numpy as np
import pytest

from learnet.applications.colourise import ColouriseConfig, decode_photos, open_photos
from learnet.applications.colourise.samples import photos_at_hand, sample_photos, sample_pieces
from learnet.cli.build import parse
from learnet.cli.colourise import TRAIN
from learnet.core import DataError, LearnetError, Silent, UsageError
from learnet.data import Part


def write(place, images, suffix=".png"):
    place.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images):
        cv2.imwrite(str(place / f"{number:03}{suffix}"), image[..., ::-1])


def config(**changes):
    return ColouriseConfig(data="", **{"size": 16, **changes})


def decode(data, **changes):
    return decode_photos(open_photos(data, progress=Silent()), config=config(**changes), progress=Silent())


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder without classes: photos at two depths, copies, grey ones and a letter."""
    place = tmp_path_factory.mktemp("photos")
    pieces = sample_pieces(30, size=48)
    write(place, pieces[:20])
    write(place / "more" / "deeper", pieces[20:])
    write(place / "copies", pieces[:2])
    write(place / "grey", np.repeat(pieces[:3, :, :, :1], 3, axis=-1))
    (place / "letter.txt").write_text("Dear photo,\n")
    return place


def test_a_folder_without_classes(folder):
    photos = decode(folder)
    assert len(photos.images) == len(photos.names) == len(photos.parts) == 32
    reasons = {item.path: item.reason for item in photos.skipped}
    assert {path for path, reason in reasons.items() if reason == "It is grey."} == {
        f"grey/00{n}.png" for n in range(3)
    }
    assert len(reasons) == 4
    assert "letter.txt" in reasons
    wanted = config().size
    row = photos.names.index("003.png")
    whole = cv2.imread(str(folder / "003.png"))[..., ::-1]
    assert np.array_equal(photos.images[row], cv2.resize(whole, (wanted, wanted), interpolation=cv2.INTER_AREA))
    assert {int(part) for part in photos.parts} == set(map(int, Part))
    for number in range(2):
        rows = [photos.names.index(name) for name in (f"00{number}.png", f"copies/00{number}.png")]
        assert len(set(photos.parts[rows].tolist())) == 1


def test_parts_depend_on_the_seed_and_photos_can_be_fewer(folder):
    photos = decode(folder)
    again = decode(folder)
    assert np.array_equal(photos.parts, again.parts)
    assert photos.fingerprint == again.fingerprint
    other = decode(folder, seed=5)
    assert not np.array_equal(photos.parts, other.parts)
    assert len(decode(folder, max_photos=25).images) + len(decode(folder, max_photos=25).skipped) == 25


def test_a_given_test_part_is_kept():
    photos = decode(sample_photos(40, size=16))
    assert [int((photos.parts == part).sum()) for part in (Part.TRAIN, Part.VAL, Part.TEST)] == [27, 3, 10]
    assert (photos.parts[30:] == Part.TEST).all()


def test_grey_photos_teach_nothing():
    with pytest.raises(DataError, match=r"The photos of 'digits' are grey \(200 of 200\).*for example caltech101"):
        decode("digits", max_photos=200)


def test_too_few_and_none(tmp_path):
    write(tmp_path / "few", sample_pieces(4, size=20))
    with pytest.raises(DataError, match="4 usable colour photos, and at least 10 are needed"):
        decode(tmp_path / "few")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="holds no photos"):
        decode(tmp_path / "empty")
    with pytest.raises(UsageError, match="There is no file or folder"):
        decode(tmp_path / "nowhere")


def test_what_is_at_hand_without_a_network(monkeypatch, tmp_path):
    monkeypatch.setenv("LEARNET_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("LEARNET_CACHE_DIR", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    photos = photos_at_hand("caltech101", count=24, size=16)
    assert photos.name in {"sample-photos", "caltech101"}
    with pytest.raises(UsageError, match="At least 20 pieces"):
        sample_photos(10, size=16)


def test_pieces_of_the_test_are_of_other_places():
    train, test = sample_pieces(60, size=16), sample_pieces(60, size=16, test=True)
    distances = np.abs(train[:, None].astype(int) - test[None]).mean(axis=(2, 3, 4))
    assert distances.min() > 1


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"size": 20}, "size must be at least 16 and at most 512 and a multiple of 8; received 20"),
        ({"lam": 0.0}, "lam must be greater than 0 and at most 1"),
        ({"lam": float("nan")}, "lam must be a finite number, greater than 0 and at most 1"),
        ({"kept": 101}, "kept must be at least 2 and at most 100; received 101"),
        ({"network": "gan"}, "network must be one of classification, regression"),
        ({"max_photos": 9}, "max_photos must be at least 10"),
        ({"test_fraction": 1.0}, "test_fraction must be greater than 0 and less than 1; received 1"),
    ],
)
def test_a_configuration_out_of_range_is_refused(changes, sentence):
    with pytest.raises(UsageError, match=sentence):
        config(**changes)


def test_a_configuration_comes_back_and_writes_its_command():
    given = {"network": "regression", "lam": 0.3, "centres": True, "epochs": 3, "batch_size": 64, "learning_rate": 1e-3}
    made = ColouriseConfig.of(data="my photos", size=16, seed=7, **given)
    assert ColouriseConfig.from_json(made.to_json()) == made
    words = "--network regression --size 16 --lambda 0.3 --centres --epochs 3 --batch-size 64 --learning-rate 0.001"
    assert made.command() == f"learnet colourise train 'my photos' {words} --seed 7"
    assert parse(TRAIN, shlex.split(made.command())[3:]) == made
    assert (made.training.epochs, made.training.batch_size, made.training.seed) == (3, 64, 7)
    with pytest.raises(LearnetError, match="another version"):
        ColouriseConfig.from_json({**made.to_json(), "lamda": 0.3})

import numpy as np
import pytest
from PIL import Image

from learnet.applications.drive import Command, watch
from learnet.applications.drive.watch import compose, write_video
from learnet.core import UsageError


def pictures(count=4):
    made = []
    for number in range(count):
        picture = np.full((40, 60, 3), 255, np.uint8)
        picture[:, : 15 * number] = (200, 0, 0)
        made.append(picture)
    return made


@pytest.mark.parametrize("suffix", [".mp4", ".gif"])
def test_a_film_holds_its_pictures_in_order(tmp_path, suffix):
    import cv2

    path = tmp_path / "sub" / f"film{suffix}"
    write_video(path, pictures(), rate=12.5)
    if suffix == ".gif":
        with Image.open(path) as film:
            assert (film.n_frames, film.info["duration"]) == (4, 80)
            shares = []
            for number in range(4):
                film.seek(number)
                shares.append((np.asarray(film.convert("RGB"))[..., 1] < 128).mean())
    else:
        film = cv2.VideoCapture(str(path))
        assert film.get(cv2.CAP_PROP_FPS) == 12.5
        shares = [(film.read()[1][..., 1] < 128).mean() for _ in range(4)]
        assert not film.read()[0]
    np.testing.assert_allclose(shares, [0, 0.25, 0.5, 0.75], atol=0.03)
    assert [each.name for each in path.parent.iterdir()] == [path.name]


def test_a_picture_shows_track_view_and_what_is_salient():
    photo = np.full((400, 600, 3), 7, np.uint8)
    seen = np.full((66, 200, 3), 90, np.uint8)
    salient = np.zeros((66, 200))
    salient[:, :100] = 1
    whole = compose(photo, seen, salient, command=Command(curvature=0.02, speed=50), wheel=-0.5, speed=25.0)
    assert whole.shape == (400, 1000, 3)
    assert (whole[:, :600] == 7).all()
    assert (whole[20:152, 600:] == 90).all()
    assert (whole[172:304, 600:790] == (230, 0, 120)).all()
    assert (whole[172:304, 810:] == 90).all()
    assert (whole[345:360, 710:770] == (0, 114, 178)).all()  # a quarter of the bar of speed
    assert (whole[350, 785:840] == 215).all()


def test_other_kinds_of_film_are_refused_before_anything_is_done(tmp_path):
    with pytest.raises(UsageError, match=r"\.mp4 or \.gif; received 'a\.avi'"):
        watch(tmp_path / "no-bundle", tmp_path / "a.avi")
    with pytest.raises(UsageError, match="greater than 0"):
        watch(tmp_path / "no-bundle", tmp_path / "a.gif", seconds=0)

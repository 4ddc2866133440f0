from itertools import pairwise

import numpy as np
import pytest

from learnet.core import UsageError
from learnet.training import TrainingConfig, Views, photo_feed
from tiny_training import make_examples

IMAGES, LABELS = make_examples(50)


def feed(**options):
    return photo_feed(IMAGES, LABELS, classes=3, config=TrainingConfig(**{"batch_size": 16, "seed": 5, **options}))


def test_an_epoch_holds_each_image_once_in_another_order():
    made = feed()
    first, second = (np.concatenate([batch.rows for batch in made.epoch(epoch)]) for epoch in (0, 1))
    assert made.steps == 4
    assert np.array_equal(np.sort(first), np.arange(50))
    assert np.array_equal(np.sort(second), np.arange(50))
    assert not np.array_equal(first, second)


def test_an_epoch_begun_in_its_middle_goes_on_as_it_would_have():
    made = feed(flip=True, crop=2, mixup=0.5)
    whole = list(made.epoch(3))
    rest = list(feed(flip=True, crop=2, mixup=0.5).epoch(3, start=2))
    assert len(rest) == 2
    for one, other in zip(whole[2:], [*rest[:1], made.batch(3, 3)], strict=True):
        assert np.array_equal(one.inputs, other.inputs)
        assert np.array_equal(one.targets, other.targets)
        assert np.array_equal(one.rows, other.rows)


def test_mirroring_by_turns_shows_both_sides_of_each_image_within_two_epochs():
    made = feed(flip=True, alternate=True)
    seen = []
    for epoch in range(4):
        batches = list(made.epoch(epoch))
        rows = np.concatenate([batch.rows for batch in batches])
        images = np.concatenate([batch.inputs for batch in batches])[np.argsort(rows)]
        seen.append((images == IMAGES[:, :, ::-1]).all(axis=(1, 2, 3)))
        assert (seen[-1] ^ (images == IMAGES).all(axis=(1, 2, 3))).all()
    assert np.array_equal(seen[1], ~seen[0])
    assert np.array_equal(seen[2], seen[0])
    assert np.array_equal(seen[3], seen[1])
    assert 0 < seen[0].sum() < len(IMAGES)


def test_the_hardest_are_mirrored_by_turns_each_time_that_they_are_seen():
    made = feed(hardest=0.5, flip=True, alternate=True)
    sides = [[] for _ in IMAGES]
    for epoch in range(6):
        for batch in made.epoch(epoch):
            for row, image in zip(batch.rows, batch.inputs, strict=True):
                sides[row].append(bool((image == IMAGES[row, :, ::-1]).all()))
            made.note(batch, np.float32(batch.rows % 3))  # a third is always easy
    assert all(one != other for seen in sides for one, other in pairwise(seen))
    assert len({seen[0] for seen in sides}) == 2
    easy, hard = (np.mean([len(seen) for seen in sides[third::3]]) for third in (0, 2))
    assert 1 <= easy < hard


def test_targets_are_smoothed_and_classes_weighed():
    batch = feed(label_smoothing=0.3, label_weights=(1.0, 2.0, 3.0)).batch(0, 0)
    labels = LABELS[batch.rows]
    assert batch.targets[np.arange(16), labels] == pytest.approx(0.8)
    assert batch.targets.sum(axis=1) == pytest.approx(1)
    assert batch.weights.tolist() == (labels + 1).tolist()


def test_a_failure_in_the_thread_reaches_the_step(monkeypatch):
    made = feed()
    monkeypatch.setattr("learnet.training.feed.augment", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        next(made.epoch(0))


def test_an_epoch_left_early_leaves_no_thread():
    import threading

    batches = feed(batch_size=1).epoch(0)
    next(batches)
    batches.close()
    assert not [thread for thread in threading.enumerate() if thread.name == "learnet-feed"]


@pytest.mark.parametrize(
    ("images", "labels", "said"),
    [
        (IMAGES / 255, LABELS, "scaled to 0"),
        (IMAGES[..., 0], LABELS, "three equal channels"),
        (IMAGES[..., :1], LABELS, "three equal channels"),
        (IMAGES, np.eye(3)[LABELS], "argmax"),
        (IMAGES, LABELS.astype(float), "whole numbers"),
        (IMAGES, LABELS[:-1], "50 images and 49 labels"),
        (IMAGES[:0], LABELS[:0], "0 images and 0 labels"),
        (IMAGES, LABELS + 1, "count from 1"),
        (IMAGES, LABELS - 1, "must lie in 0 … 2; received -1 … 1"),
        (IMAGES, LABELS * 10, "must lie in 0 … 2; received 0 … 20"),
    ],
)
def test_mistakes_in_images_and_labels_are_told_before_the_first_step(images, labels, said):
    with pytest.raises(UsageError, match=said):
        photo_feed(images, labels, classes=3, config=TrainingConfig())


def test_class_weights_must_be_one_a_class():
    with pytest.raises(UsageError, match="3 classes but 2 class weights"):
        feed(label_weights=(1.0, 2.0))


def test_views_are_drawn_anew_in_every_epoch_and_given_as_they_are():
    values = np.arange(50 * 3 * 2, dtype=np.float16).reshape(50, 3, 2)
    made = photo_feed(Views(values=values), LABELS, classes=3, config=TrainingConfig(batch_size=16, seed=5))
    drawn = []
    for epoch in range(2):
        batches = list(made.epoch(epoch))
        rows = np.concatenate([batch.rows for batch in batches])
        given = np.concatenate([batch.inputs for batch in batches])
        assert given.dtype == np.float16
        version = (given[:, 0] - values[rows, 0, 0]) / 2
        assert set(version.tolist()) == {0, 1, 2}
        assert np.array_equal(given, values[rows, version.astype(int)])
        drawn.append(version[np.argsort(rows)])
    assert not np.array_equal(*drawn)
    assert np.array_equal(made.batch(1, 2).inputs, batches[2].inputs)

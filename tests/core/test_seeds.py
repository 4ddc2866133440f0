from learnet.core import generator


def test_streams_are_reproducible_and_independent():
    draws = {(seed, name): tuple(generator(seed, name).integers(0, 2**32, 4)) for seed in range(3) for name in "abc"}
    assert draws[1, "b"] == tuple(generator(1, "b").integers(0, 2**32, 4))
    assert len(set(draws.values())) == 9


def test_the_draws_never_change_from_one_release_to_the_next():
    assert generator(0, "split").integers(0, 1000, 5).tolist() == [530, 496, 833, 300, 471]

import keras
import pytest

from learnet.core import UsageError
from learnet.models import block_nodes


@pytest.fixture(scope="module")
def model():
    images = keras.Input((8, 8, 3), name="images")
    x = keras.layers.Conv2D(4, 3, padding="same", name="before")(images)
    inside = keras.layers.Conv2D(4, 1, name="squeeze")(x)
    inside = keras.layers.Activation("relu", name="relu")(inside)
    x = keras.layers.Add(name="add")([x, inside])
    return keras.Model(images, keras.layers.MaxPooling2D(2, name="pool")(x))


def test_a_residual_block_has_two_ways_from_its_fork(model):
    nodes = {node.name: node for node in block_nodes(model, first="before", last="add")}
    assert list(nodes) == ["before", "squeeze", "relu", "add"]
    assert nodes["before"].inputs == ()
    assert set(nodes["add"].inputs) == {"before", "relu"}
    assert (nodes["squeeze"].detail, nodes["relu"].detail, nodes["squeeze"].parameters) == ("1 x 1", "relu", 20)


def test_what_lies_beside_the_ways_is_left_out(model):
    nodes = block_nodes(model, first="squeeze", last="pool")
    assert [(node.name, node.inputs) for node in nodes] == [
        ("squeeze", ()),
        ("relu", ("squeeze",)),
        ("add", ("relu",)),
        ("pool", ("add",)),
    ]
    assert (nodes[-1].detail, nodes[-1].output_shape) == ("2 x 2, stride 2", (4, 4, 4))


def test_layers_that_are_not_there_or_the_wrong_way_round_are_refused(model):
    with pytest.raises(UsageError, match="pool"):
        block_nodes(model, first="before", last="pol")
    with pytest.raises(UsageError, match="no way leads from 'add' to 'before'"):
        block_nodes(model, first="add", last="before")

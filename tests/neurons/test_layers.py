"""The derivative of every layer that learnet's networks are made of, against finite differences in float64."""

import keras
import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")
from learnet.layers import (  # noqa: E402 (TensorFlow may be missing)
    KERNELS,
    LSTM1997,
    ElmanCell,
    FusedBatchNormalization,
    HeadAttention,
    KernelMachine,
    LocalResponseNormalization,
    LSTM1997Cell,
    PartiallyConnectedConv2D,
    PatchWhitening,
    RadialBasis,
    SinePositions,
    TrainableSubsampling,
    WinogradConv2D,
    scaled_tanh,
)
from learnet.neurons import check_gradients  # noqa: E402

K = keras.layers
MAPS = (2, 4, 4, 3)
ROWS = (3, 5)
STEPS = (2, 4, 3)
WIDE = (2, 4, 6)


class Answers(K.Layer):
    """Attention as a layer of one list of inputs and one output."""

    def __init__(self, attention):
        super().__init__(dtype="float64")
        self.attention = attention

    def build(self, shapes):
        self.built = True

    def call(self, tensors):
        return self.attention(*tensors)[0]


CASES = [
    ("Activation-relu", lambda: K.Activation("relu", dtype="float64"), [ROWS]),
    ("Activation-softmax", lambda: K.Activation("softmax", dtype="float64"), [ROWS]),
    ("Activation-scaled_tanh", lambda: K.Activation(scaled_tanh, dtype="float64"), [ROWS]),
    ("ReLU", lambda: K.ReLU(6.0, dtype="float64"), [ROWS]),
    ("Add", lambda: K.Add(dtype="float64"), [ROWS, ROWS]),
    ("Average", lambda: K.Average(dtype="float64"), [ROWS, ROWS]),
    ("Concatenate", lambda: K.Concatenate(dtype="float64"), [ROWS, ROWS]),
    ("AveragePooling2D", lambda: K.AveragePooling2D(3, 1, padding="same", dtype="float64"), [MAPS]),
    ("MaxPooling2D", lambda: K.MaxPooling2D(2, dtype="float64"), [MAPS]),
    ("GlobalAveragePooling2D", lambda: K.GlobalAveragePooling2D(dtype="float64"), [MAPS]),
    ("GlobalMaxPooling2D", lambda: K.GlobalMaxPooling2D(dtype="float64"), [MAPS]),
    ("BatchNormalization", lambda: K.BatchNormalization(dtype="float64"), [MAPS]),
    ("BatchNormalization-training", lambda: K.BatchNormalization(dtype="float64"), [MAPS]),
    ("Conv2D", lambda: K.Conv2D(2, 3, dtype="float64"), [MAPS]),
    ("Conv2D-strided", lambda: K.Conv2D(2, 3, 2, padding="same", use_bias=False, dtype="float64"), [MAPS]),
    ("Conv2DTranspose", lambda: K.Conv2DTranspose(2, 3, 2, padding="same", dtype="float64"), [MAPS]),
    ("DepthwiseConv2D", lambda: K.DepthwiseConv2D(3, padding="same", dtype="float64"), [MAPS]),
    *(
        (f"Dense-{name}", lambda name=name: K.Dense(4, activation=name, dtype="float64"), [ROWS])
        for name in ("linear", "sigmoid", "tanh", "relu", "softmax")
    ),
    ("Dropout-training", lambda: K.Dropout(0.4, seed=0, dtype="float64"), [ROWS]),
    ("Flatten", lambda: K.Flatten(dtype="float64"), [MAPS]),
    ("Permute", lambda: K.Permute((1, 3, 2), dtype="float64"), [(2, 2, 3, 4)]),
    ("Rescaling", lambda: K.Rescaling(0.3, 0.1, dtype="float64"), [ROWS]),
    ("ZeroPadding2D", lambda: K.ZeroPadding2D(1, dtype="float64"), [MAPS]),
    ("FusedBatchNormalization", lambda: FusedBatchNormalization(dtype="float64"), [MAPS]),
    ("FusedBatchNormalization-training", lambda: FusedBatchNormalization(dtype="float64"), [MAPS]),
    ("LocalResponseNormalization", lambda: LocalResponseNormalization(1, alpha=0.3, dtype="float64"), [MAPS]),
    ("PartiallyConnectedConv2D", lambda: PartiallyConnectedConv2D(((0, 1), (2,)), 3, dtype="float64"), [MAPS]),
    ("PatchWhitening", lambda: PatchWhitening(2, dtype="float64"), [MAPS]),
    ("WinogradConv2D", lambda: WinogradConv2D(2, 3, padding="same", dtype="float64"), [MAPS]),
    ("RadialBasis", lambda: RadialBasis(3, dtype="float64"), [(2, 84)]),
    *(
        (f"KernelMachine-{kernel}", lambda kernel=kernel: KernelMachine(2, 5, kernel=kernel, dtype="float64"), [ROWS])
        for kernel in KERNELS
    ),
    ("ElmanCell", lambda: K.RNN(ElmanCell(3, dtype="float64"), dtype="float64"), [STEPS]),
    ("LSTM1997Cell", lambda: K.RNN(LSTM1997Cell(2, 2, dtype="float64"), dtype="float64"), [STEPS]),
    ("LSTM1997", lambda: LSTM1997(2, 2, cell={"dtype": "float64"}, dtype="float64"), [STEPS]),
    ("HeadAttention", lambda: Answers(HeadAttention(2, causal=True, dtype="float64")), [WIDE] * 3),
    ("SinePositions", lambda: SinePositions(dtype="float64"), [WIDE]),
    ("TrainableSubsampling", lambda: TrainableSubsampling(dtype="float64"), [MAPS]),
]


@pytest.mark.parametrize(("name", "make", "shapes"), CASES, ids=[case[0] for case in CASES])
def test_layers_are_derived_rightly(name, make, shapes):
    random, layer, training = np.random.default_rng(0), make(), name.endswith("-training")
    inputs = [random.normal(size=shape) for shape in shapes]
    layer.build(shapes if len(shapes) > 1 else shapes[0])
    layer.set_weights([random.uniform(0.3, 1.5, weight.shape) for weight in layer.get_weights()])
    trainable = [variable.value for variable in layer.trainable_variables]
    seeds = [(variable, variable.numpy()) for variable in layer.non_trainable_variables]

    def run(tensors):
        for variable, value in seeds:  # the same mask of dropout each time, the same moving statistics
            variable.assign(value)
        options = {"training": True} if training else {}
        return layer(tensors if len(tensors) > 1 else tensors[0], **options)

    probe = random.normal(size=run([tf.constant(x) for x in inputs]).shape)
    for number in range(len(inputs) + len(trainable)):
        point = inputs[number] if number < len(inputs) else trainable[number - len(inputs)].numpy()

        def loss(x, number=number):
            tensors = [tf.constant(value) for value in inputs]
            if number < len(inputs):
                tensors[number] = tf.constant(x)
            else:
                trainable[number - len(inputs)].assign(x)
            return tf.reduce_sum(tf.constant(probe) * run(tensors))

        def gradient(x, number=number):
            tensors = [tf.constant(value) for value in inputs]
            with tf.GradientTape() as tape:
                tape.watch(tensors)
                value = tf.reduce_sum(tf.constant(probe) * run(tensors))
            found = tape.gradient(value, [*tensors, *trainable], unconnected_gradients="zero")[number]
            return tf.convert_to_tensor(found).numpy()

        check = check_gradients(lambda x: loss(x).numpy(), gradient(point), point)
        assert check.claimed.any() or name.startswith("KernelMachine")  # not every kernel uses all its numbers
        assert check.relative_error < 1e-7
        if number >= len(inputs):
            trainable[number - len(inputs)].assign(point)


def test_every_layer_of_learnets_networks_is_among_them():
    import learnet.layers
    from learnet.models import ARCHITECTURES, network

    checked = {name.partition("-")[0] for name, _, _ in CASES} | {"InputLayer"}
    used = set()
    for name in ("mlp", "lenet5-paper", "vgg-a", "resnet20", "googlenet", "mobilenetv2", "cifar-net", "colorunet"):
        size = None if ARCHITECTURES[name].classes == 1000 or name == "colorunet" else ARCHITECTURES[name].input_size
        used |= {type(layer).__name__ for layer in network(name, input_size=size).trainer.layers}
    offered = {name: getattr(learnet.layers, name) for name in learnet.layers.__all__}
    own = {name for name, kind in offered.items() if isinstance(kind, type) and issubclass(kind, K.Layer)}
    assert (used | own) - checked == set()

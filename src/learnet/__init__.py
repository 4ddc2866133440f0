"""learnet: from a single neuron to an image classifier in production, on an ordinary laptop CPU."""

__version__ = "0.1.0"

"""Makes keras/*.keras and keras.json: networks as Keras 3 saves them, and what it makes of images.

    KERAS_BACKEND=torch python make_keras_golden.py        (needs keras, torch, numpy)

`nested` is what most tutorials write: an encoder and a decoder, each a network of its own. `branched` is a graph with a sum.
"""

import json
import os
import pathlib

os.environ.setdefault("KERAS_BACKEND", "torch")

import keras
import numpy as np
from keras import layers

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(5)


def nested():
    encoder = keras.Sequential(
        [
            keras.Input((12, 8, 3)),
            layers.Conv2D(4, 3, padding="same", activation="relu", kernel_regularizer=keras.regularizers.L2(1e-4)),
            layers.MaxPooling2D(2),
            layers.BatchNormalization(),
            layers.DepthwiseConv2D(3, padding="same", activation=keras.activations.silu),
            layers.Flatten(),
            layers.Dense(7, name="bottleneck"),
        ],
        name="encoder",
    )
    code = keras.Input((7,))
    x = layers.LeakyReLU(negative_slope=0.25)(layers.Dense(6 * 4 * 4)(code))
    x = layers.PReLU()(layers.Reshape((6, 4, 4))(x))
    x = layers.SeparableConv2D(5, 3, padding="same", use_bias=False)(x)
    x = layers.Conv2D(3, 3, padding="same", activation="sigmoid")(layers.Dropout(0.1)(layers.UpSampling2D(2)(x)))
    decoder = keras.Model(code, x, name="decoder")
    images = keras.Input((12, 8, 3))
    return keras.Model(images, decoder(encoder(images)), name="autoencoder")


def branched():
    images = keras.Input((8, 8, 2), name="the_images")
    x = layers.Add(name="sum_1")([images, layers.Conv2D(2, 3, padding="same", name="branch_1")(images)])
    x = layers.Conv2D(3, 2, strides=2, name="code")(x)
    x = layers.Conv2DTranspose(4, 2, strides=2, activation="elu")(x)
    x = layers.Cropping2D(((1, 0), (0, 1)))(layers.ZeroPadding2D(((1, 0), (0, 1)))(x))
    return keras.Model(images, layers.Conv2D(2, 1)(x))


def main():
    cases = {}
    for make in (nested, branched):
        keras.backend.clear_session()
        model = make()
        for weight in model.weights:
            values = rng.integers(-4, 5, weight.shape) / 8
            weight.assign(values**2 + 0.5 if "variance" in weight.path else values)
        images = rng.integers(0, 4, (2, *model.input_shape[1:])) / 4
        expected = model.predict(images.astype("float32"), verbose=0)
        model.save(HERE / "keras" / f"{make.__name__}.keras")
        flat = lambda values: np.asarray(values, float).ravel().tolist()
        cases[make.__name__] = {"shape": model.input_shape[1:], "images": flat(images), "expected": flat(expected)}
    made_with = {"keras": keras.__version__, "backend": keras.backend.backend(), "numpy": np.__version__}
    (HERE / "keras.json").write_text(json.dumps({"made with": made_with, "cases": cases}) + "\n")


main()

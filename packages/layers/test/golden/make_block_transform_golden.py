"""Makes fixtures/block-transform.json: cosine transforms of blocks by NumPy, straight from the formula of the orthonormal DCT-II.

    python make_block_transform_golden.py      (needs numpy)

Images of 7x10 are cut into blocks of 4x6; what blocks reach past the image is its mirror image.
"""

import hashlib
import json
import pathlib

import numpy as np

COUNT, HEIGHT, WIDTH, CHANNELS = 2, 7, 10, 3
BLOCK_HEIGHT, BLOCK_WIDTH = 4, 6

rng = np.random.default_rng(20161128)
images = (rng.integers(0, 257, size=(COUNT, HEIGHT, WIDTH, CHANNELS)) / 256).astype(np.float32)
colors, _ = np.linalg.qr(rng.normal(size=(CHANNELS, CHANNELS)))
positions = rng.permutation(BLOCK_HEIGHT * BLOCK_WIDTH * CHANNELS)[:20]
gradient = rng.integers(-8, 9, size=(COUNT, HEIGHT, WIDTH, CHANNELS)) / 8


def cosines(size):
    k, x = np.mgrid[:size, :size]
    return np.where(k == 0, np.sqrt(1 / size), np.sqrt(2 / size)) * np.cos(np.pi * (x + 0.5) * k / size)


def pad(x):
    return np.pad(x, ((0, 0), (0, -HEIGHT % BLOCK_HEIGHT), (0, -WIDTH % BLOCK_WIDTH), (0, 0)), mode="symmetric")


def basis():
    """[positions, h, w, C]: what each kept coefficient is the product with."""
    rows = []
    for position in positions:
        c, u, v = position // (BLOCK_HEIGHT * BLOCK_WIDTH), position // BLOCK_HEIGHT % BLOCK_WIDTH, position % BLOCK_HEIGHT
        plane = np.outer(cosines(BLOCK_HEIGHT)[v], cosines(BLOCK_WIDTH)[u])
        rows.append(plane[:, :, None] * colors[:, c])
    return np.stack(rows)


def analyze(x):
    padded = pad(x)
    blocks = padded.reshape(COUNT, padded.shape[1] // BLOCK_HEIGHT, BLOCK_HEIGHT, -1, BLOCK_WIDTH, CHANNELS)
    return np.einsum("nryqxc,pyxc->nrqp", blocks, basis())


def synthesize(coefficients):
    blocks = np.einsum("nrqp,pyxc->nryqxc", coefficients, basis())
    whole = blocks.reshape(COUNT, blocks.shape[1] * BLOCK_HEIGHT, -1, CHANNELS)
    return whole[:, :HEIGHT, :WIDTH]


coefficients = analyze(images.astype(np.float64))
golden = {
    "numpy": np.__version__,
    "blockSize": [BLOCK_HEIGHT, BLOCK_WIDTH],
    "shape": [COUNT, HEIGHT, WIDTH, CHANNELS],
    "images": images.ravel().tolist(),
    "colors": colors.ravel().tolist(),
    "positions": positions.tolist(),
    "coefficientShape": list(coefficients.shape),
    "coefficients": coefficients.ravel().tolist(),
    "reconstructions": synthesize(coefficients).ravel().tolist(),
    # Of sum(reconstruction * gradient) for the coefficients.
    "gradient": gradient.ravel().tolist(),
}
padded = np.pad(gradient, ((0, 0), (0, -HEIGHT % BLOCK_HEIGHT), (0, -WIDTH % BLOCK_WIDTH), (0, 0)))
blocks = padded.reshape(COUNT, padded.shape[1] // BLOCK_HEIGHT, BLOCK_HEIGHT, -1, BLOCK_WIDTH, CHANNELS)
golden["coefficientGradient"] = np.einsum("nryqxc,pyxc->nrqp", blocks, basis()).ravel().tolist()
file = pathlib.Path(__file__).parent / "fixtures" / "block-transform.json"
text = json.dumps(golden)
file.write_text(text + "\n")
print(hashlib.sha256((text + "\n").encode()).hexdigest(), file.name)

"""Makes baselines.json: what scikit-learn's PCA and libjpeg make of the rectangles images of the training golden.

    python make_baselines_golden.py       (needs numpy, pillow, scikit-learn)

The images are drawn again by both sides from one integer generator, 24x24 of 40 to fit and 8 to score.
"""

import hashlib
import io
import json
import pathlib
import platform

import numpy as np
import PIL
import PIL.Image
import sklearn
from sklearn.decomposition import PCA

MASK = 0xFFFFFFFF
SIZE = 24
FITTED = 40
SCORED = 8


class Random:
    """sfc32 seeded by splitmix32, as in make_training_golden.py."""

    def __init__(self, seed):
        s = seed & MASK
        state = []
        for _ in range(3):
            s = (s + 0x9E3779B9) & MASK
            t = ((s ^ (s >> 16)) * 0x21F0AAAD) & MASK
            t = ((t ^ (t >> 15)) * 0x735A2D97) & MASK
            state.append(t ^ (t >> 15))
        self.a, self.b, self.c = state
        self.counter = 1
        for _ in range(12):
            self.uint32()

    def uint32(self):
        t = (self.a + self.b + self.counter) & MASK
        self.counter = (self.counter + 1) & MASK
        self.a = self.b ^ (self.b >> 9)
        self.b = (self.c + (self.c << 3)) & MASK
        self.c = ((self.c << 21) | (self.c >> 11)) & MASK
        self.c = (self.c + t) & MASK
        return t

    def below(self, n):
        return self.uint32() * n >> 32


def rectangles(random, count, size):
    images = np.zeros((count, size, size, 3), np.uint8)
    for image in images:
        for _ in range(12):
            x0, y0 = random.below(size), random.below(size)
            x1, y1 = x0 + 1 + random.below(size), y0 + 1 + random.below(size)
            colour = [random.below(256) for _ in range(3)]
            image[y0:y1, x0:x1] = colour
    return images


def psnr(original, damaged):
    errors = np.square(original - np.clip(damaged, 0, 1)).reshape(len(original), -1).mean(1)
    return -10 * np.log10(errors)


def scan_bytes(file):
    at = 2
    while file[at + 1] != 0xDA:
        at += 2 + int.from_bytes(file[at + 2 : at + 4], "big")
    return len(file) - (at + 2 + int.from_bytes(file[at + 2 : at + 4], "big"))


def jpeg(image, quality, subsampling):
    buffer = io.BytesIO()
    PIL.Image.fromarray(image).save(buffer, "JPEG", quality=quality, subsampling=subsampling, optimize=False)
    file = buffer.getvalue()
    decoded = np.asarray(PIL.Image.open(io.BytesIO(file)))
    return {
        "quality": quality,
        "chromaSubsampling": subsampling,
        "scanBytes": scan_bytes(file),
        "psnrDb": float(psnr(image[None] / 255, decoded[None] / 255)[0]),
    }


def main():
    images = rectangles(Random(11), FITTED + SCORED, SIZE)
    x = images / 255
    fitted, scored = x[:FITTED].reshape(FITTED, -1), x[FITTED:].reshape(SCORED, -1)
    pca = PCA(svd_solver="full").fit(fitted)
    coefficients = pca.transform(scored)
    by_components = {}
    for k in (1, 5, 20, FITTED - 1):
        back = coefficients[:, :k] @ pca.components_[:k] + pca.mean_
        by_components[k] = psnr(scored, back).tolist()
    golden = {
        "made": {
            "by": "make_baselines_golden.py",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "scikit-learn": sklearn.__version__,
            "pillow": PIL.__version__,
        },
        "imagesSha256": hashlib.sha256(images.tobytes()).hexdigest(),
        "size": SIZE,
        "fitted": FITTED,
        "scored": SCORED,
        "pcaVariances": pca.explained_variance_[: FITTED - 1].tolist(),
        "pcaPsnrDb": by_components,
        "jpegOfFirst": [jpeg(images[0], q, s) for q in (10, 50, 95) for s in ("4:4:4", "4:2:0")],
    }
    (pathlib.Path(__file__).parent / "baselines.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

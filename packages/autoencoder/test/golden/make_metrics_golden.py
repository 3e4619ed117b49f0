"""Makes metrics.json and metrics.bin: pairs of pictures and their scores by scikit-image and TensorFlow.

    python make_metrics_golden.py        (needs numpy, pillow, scikit-image, tensorflow)

The pictures are crops of scikit-image's own test images (astronaut: NASA, public domain; coffee: CC0; camera: CC0),
each beside a damaged copy. metrics.bin holds them as bytes [H, W, C], every original followed by its copy.
"""

import hashlib
import io
import json
import pathlib
import platform

import numpy as np
import PIL
import PIL.Image
import skimage
import tensorflow as tf
from skimage import data
from skimage.metrics import (
    mean_squared_error,
    peak_signal_noise_ratio,
    structural_similarity,
)

HERE = pathlib.Path(__file__).parent
WEIGHTS = np.array([0.0448, 0.2856, 0.3001])


def jpeg(image, quality):
    buffer = io.BytesIO()
    PIL.Image.fromarray(image.squeeze()).save(buffer, "JPEG", quality=quality)
    return np.asarray(PIL.Image.open(buffer)).reshape(image.shape)


def noisy(image, sigma, seed):
    noise = np.random.default_rng(seed).normal(0, sigma, image.shape)
    return np.clip(np.rint(image + noise), 0, 255).astype(np.uint8)


def shrunk(image, size):
    return np.asarray(PIL.Image.fromarray(image).resize(size, PIL.Image.Resampling.LANCZOS))


def make_pairs():
    face = shrunk(data.astronaut()[0:256, 96:352], (64, 64))
    cup = shrunk(data.coffee(), (45, 41))
    camera = data.camera()[100:164, 200:253, None]
    gray = np.full((20, 11, 3), 128, np.uint8)
    return [
        ("face as JPEG of quality 10", face, jpeg(face, 10)),
        ("face with noise", face, noisy(face, 25, 1)),
        ("face turned over", face, 255 - face),
        ("cup of odd size, darker", cup, (cup * 0.7).astype(np.uint8)),
        ("one channel, flipped", camera, camera[:, ::-1].copy()),
        ("flat gray with noise, too small for three scales", gray, noisy(gray, 4, 2)),
    ]


def score(original, damaged):
    shape = original.shape
    a, b = original / 255, damaged / 255
    ssim = structural_similarity(
        a, b, data_range=1, channel_axis=-1, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
    )
    a64, b64 = tf.constant(a, tf.float32), tf.constant(b, tf.float32)
    tf_ssim = float(tf.image.ssim(a64, b64, max_val=1))
    large = min(shape[:2]) >= 41
    ms_ssim = (
        float(tf.image.ssim_multiscale(a64, b64, max_val=1, power_factors=tuple(WEIGHTS / WEIGHTS.sum())))
        if large
        else None
    )
    return {
        "mse": mean_squared_error(a, b),
        "mae": float(np.abs(a - b).mean()),
        "psnrDb": peak_signal_noise_ratio(a, b, data_range=1),
        "ssim": ssim,
        "tensorflowSsim": tf_ssim,
        "msSsim": ms_ssim,
    }


def main():
    pairs = make_pairs()
    blob = b"".join(p.astype(np.uint8).tobytes() for _, a, b in pairs for p in (a, b))
    (HERE / "metrics.bin").write_bytes(blob)
    cases = [{"name": name, "shape": list(a.shape), **score(a, b)} for name, a, b in pairs]
    errors = [np.square((a / 255.0) - (b / 255.0)).mean() for _, a, b in pairs[:3]]
    golden = {
        "made": {
            "by": "make_metrics_golden.py",
            "python": platform.python_version(),
            "numpy": np.__version__,
            "pillow": PIL.__version__,
            "scikit-image": skimage.__version__,
            "tensorflow": tf.__version__,
        },
        "picturesSha256": hashlib.sha256(blob).hexdigest(),
        "facePooledPsnrDb": float(-10 * np.log10(np.mean(errors))),
        "faceMeanPsnrDb": float(np.mean([c["psnrDb"] for c in cases[:3]])),
        "cases": cases,
    }
    (HERE / "metrics.json").write_text(json.dumps(golden, indent=2) + "\n")


main()

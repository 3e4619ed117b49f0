"""Makes transform.json: the PSNR of linear codes of blocks by NumPy, on images that both sides draw from one integer generator.

    python make_transform_golden.py       (needs numpy)

`rectangles`: as in make_baselines_golden.py, which have no more in common than any images. `mixtures`: of six fixed patterns, in gray, of an odd
size. Each is coded by cosines in the order of their variance, images weighted by the inverse of their error, and by eigenvectors of the
coefficients' covariance, as it is and with correlations shrunk as Schäfer and Strimmer (2005) do. `otherSizes`: the code by cosines that `rectangles` is fitted to, of parts of larger images, which are extended to whole blocks by their mirror images and cut off again.
"""

import json
import pathlib
import platform

import numpy as np

from seeded_images import Random, rectangles

SPARE = 512


def mixtures(random, count, height, width, patterns=6):
    basis = np.array([[random.below(17) - 8 for _ in range(height * width)] for _ in range(patterns)])
    images = np.zeros((count, height, width, 1), np.uint8)
    for image in images:
        weights = [random.below(9) - 4 for _ in range(patterns)]
        noise = [random.below(3) for _ in range(height * width)]
        image[:] = np.clip(128 + np.dot(weights, basis) // 2 + noise, 0, 255).reshape(height, width, 1)
    return images


def cosines(size):
    k, x = np.mgrid[:size, :size]
    return np.where(k == 0, np.sqrt(1 / size), np.sqrt(2 / size)) * np.cos(np.pi * (x + 0.5) * k / size)


def transform(images, colors):
    """[N, H, W, C] -> [N, C * W * H], (c * W + u) * H + v."""
    _, height, width, _ = images.shape
    coefficients = np.einsum("vy,ux,nyxc,cd->nduv", cosines(height), cosines(width), images, colors, optimize=True)
    return coefficients.reshape(len(images), -1)


def psnr(errors, values):
    return float((-10 * np.log10(errors / values)).mean())


def image_weights(centered, numbers):
    """The inverse of the error that as many cosines leave of each image, and 1 % of the mean error."""
    order = np.argsort(-centered.var(0), kind="stable")
    errors = (centered[:, order[numbers:]] ** 2).sum(1)
    weights = 1 / (errors + 0.01 * errors.mean())
    return weights / weights.mean()


def ranking(centered, weights):
    return np.argsort(-(weights[:, None] * centered**2).mean(0), kind="stable")


def chance(rows):
    """How much of the correlations is chance: rows are scaled to a mean square of 1."""
    x = rows / np.sqrt((rows**2).mean(0))
    products = np.einsum("ki,kj->kij", x, x)
    variances = products.var(0) / (len(x) - 1)
    off = ~np.eye(x.shape[1], dtype=bool)
    return variances[off].sum() / (products.mean(0)[off] ** 2).sum()


def code(images, count, numbers):
    x = images / 255
    values = x[0].size
    channels = x.shape[3]
    pixels = x[:count].reshape(-1, channels)
    colors = np.linalg.eigh(np.atleast_2d(np.cov(pixels.T)))[1][:, ::-1]
    fitted, scored = transform(x[:count], colors), transform(x[count:], colors)
    means = fitted.mean(0)
    weights = image_weights(fitted - means, numbers)
    order = ranking(fitted - means, weights)
    fitted, scored = (fitted - means)[:, order], (scored - means)[:, order]
    energy = (scored**2).sum(1)
    result = {"numbers": numbers, "cosinesDb": psnr(energy - (scored[:, :numbers] ** 2).sum(1), values)}
    m = min(values, numbers + SPARE)
    rows = fitted[:, :m] * np.sqrt(weights)[:, None]
    for name, part in [("eigenvectorsDb", 0), ("shrunkDb", chance(rows))]:
        covariance = rows.T @ rows / count
        covariance[~np.eye(m, dtype=bool)] *= 1 - part
        vectors = np.linalg.eigh(covariance)[1][:, ::-1][:, :numbers]
        result[name] = psnr(energy - ((scored[:, :m] @ vectors) ** 2).sum(1), values)
    return result


def code_other_size(fitted, images, numbers):
    """Codes images in blocks of the size of those that the code is fitted to."""
    x, size = fitted / 255, fitted.shape[1]
    colors = np.linalg.eigh(np.cov(x.reshape(-1, 3).T))[1][:, ::-1]
    known = transform(x, colors)
    means = known.mean(0)
    order = ranking(known - means, image_weights(known - means, numbers))
    means[order[numbers + SPARE :]] = 0  # those that are not looked at
    order = order[:numbers]
    _, height, width, _ = images.shape
    whole = np.pad(images / 255, [(0, 0), (0, -height % size), (0, -width % size), (0, 0)], "symmetric")
    made = np.zeros_like(whole)
    for top in range(0, whole.shape[1], size):
        for left in range(0, whole.shape[2], size):
            kept = np.tile(means, (len(whole), 1))
            kept[:, order] = transform(whole[:, top : top + size, left : left + size], colors)[:, order]
            planes = kept.reshape(-1, 3, size, size)
            block = np.einsum("vy,ux,nduv,cd->nyxc", cosines(size), cosines(size), planes, colors, optimize=True)
            made[:, top : top + size, left : left + size] = block
    errors = (made - whole)[:, :height, :width] ** 2
    return {"height": height, "width": width, "psnrDb": psnr(errors.sum((1, 2, 3)), height * width * 3)}


def main():
    drawn = rectangles(Random(12), 120, 24)
    larger = rectangles(Random(14), 10, 64)
    mixed = mixtures(Random(13), 120, 15, 22)
    golden = {
        "made": {"by": "make_transform_golden.py", "python": platform.python_version(), "numpy": np.__version__},
        "rectangles": [code(drawn, 100, numbers) for numbers in (12, 108)],
        "otherSizes": [
            code_other_size(drawn[:100], larger[:, :height, :width], 108) for height, width in [(48, 36), (25, 13), (24, 64), (1, 1)]
        ],
        "mixtures": [code(mixed, 100, numbers) for numbers in (6, 24)],
    }
    (pathlib.Path(__file__).parent / "transform.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

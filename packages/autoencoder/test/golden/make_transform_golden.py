"""Makes transform.json: the PSNR of linear codes of blocks by NumPy, on images that both sides draw from one integer generator.

    python make_transform_golden.py       (needs numpy)

`rectangles`: as in make_baselines_golden.py, which have no more in common than any images. `mixtures`: of six fixed patterns, in gray, of an odd
size. Each is coded by cosines in the order of their variance, images weighted by the inverse of their error, and by eigenvectors of the
coefficients' covariance, as it is and with correlations shrunk as Schäfer and Strimmer (2005) do; and by both of images and their mirror images. `otherSizes`: the code by cosines that is fitted to three of `rectangles`, of parts of larger images, which are extended to whole blocks by their mirror images and cut off again.
"""

import json
import pathlib
import platform

import numpy as np

from seeded_images import Random, rectangles

SPARE, FEWEST = 768, 1536


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


def looked_at(numbers, values):
    return min(values, max(numbers + SPARE, FEWEST))


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
    squares = (x.T @ x / len(x)) ** 2
    variances = ((x**2).T @ x**2 / len(x) - squares) / (len(x) - 1)
    off = ~np.eye(x.shape[1], dtype=bool)
    return variances[off].sum() / squares[off].sum()


def eigenvectors(rows, shrunk):
    """Values, and vectors as columns, the largest first."""
    covariance = rows.T @ rows / len(rows)
    if shrunk:
        covariance[~np.eye(len(covariance), dtype=bool)] *= 1 - chance(rows)
    values, vectors = np.linalg.eigh(covariance)
    return values[::-1], vectors[:, ::-1]


def code_by_vectors(fitted, scored, numbers, mirrored, shrunk):
    """The PSNR of the code by eigenvectors of the coefficients around the last one that a code of cosines takes."""
    values = fitted.shape[1]
    odd = np.arange(values) // mirrored["height"] % mirrored["width"] % 2 == 1 if mirrored else np.zeros(values, bool)
    means = np.where(odd, 0, fitted.mean(0))
    weights = image_weights(fitted - means, numbers)
    order = ranking(fitted - means, weights)
    m = looked_at(numbers, values)
    width = min(m, 1536 if mirrored else 1024, 4 * len(fitted))
    first = max(0, min(m - width, numbers - width // 2))
    band = order[first : first + width]
    found = []
    for group in [band[~odd[band]], band[odd[band]]]:
        if len(group):
            eigenvalues, vectors = eigenvectors((fitted - means)[:, group] * np.sqrt(weights)[:, None], shrunk)
            squares = ((scored - means)[:, group] @ vectors) ** 2
            found += zip(eigenvalues, squares.T)
    found.sort(key=lambda pair: -pair[0])
    kept = ((scored - means)[:, order[:first]] ** 2).sum(1) + sum(squares for _, squares in found[: numbers - first])
    return psnr(((scored - means) ** 2).sum(1) - kept, values)


def code(images, count, numbers):
    x = images / 255
    values = x[0].size
    channels = x.shape[3]
    pixels = x[:count].reshape(-1, channels)
    colors = np.linalg.eigh(np.atleast_2d(np.cov(pixels.T)))[1][:, ::-1]
    fitted, scored = transform(x[:count], colors), transform(x[count:], colors)
    means = fitted.mean(0)
    order = ranking(fitted - means, image_weights(fitted - means, numbers))[:numbers]
    errors = ((scored - means) ** 2).sum(1) - ((scored - means)[:, order] ** 2).sum(1)
    size = {"height": x.shape[1], "width": x.shape[2]}
    return {
        "numbers": numbers,
        "cosinesDb": psnr(errors, values),
        "eigenvectorsDb": code_by_vectors(fitted, scored, numbers, None, False),
        "shrunkDb": code_by_vectors(fitted, scored, numbers, None, True),
        "mirroredDb": code_by_vectors(fitted, scored, numbers, size, False),
        "mirroredShrunkDb": code_by_vectors(fitted, scored, numbers, size, True),
    }


def code_other_size(fitted, images, numbers):
    """Codes images in blocks of the size of those that the code is fitted to."""
    x, size = fitted / 255, fitted.shape[1]
    colors = np.linalg.eigh(np.cov(x.reshape(-1, 3).T))[1][:, ::-1]
    known = transform(x, colors)
    means = known.mean(0)
    order = ranking(known - means, image_weights(known - means, numbers))
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
            code_other_size(drawn[:3], larger[:, :height, :width], 108) for height, width in [(48, 36), (25, 13), (24, 64), (1, 1)]
        ],
        "mixtures": [code(mixed, 100, numbers) for numbers in (6, 24)],
    }
    (pathlib.Path(__file__).parent / "transform.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

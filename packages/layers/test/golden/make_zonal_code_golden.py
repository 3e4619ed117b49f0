"""Makes fixtures/zonal-code.json: zonal codes by NumPy, straight from their definition.

    python make_zonal_code_golden.py      (needs numpy)

Values are multiples of 1/64, so that every sum of squares is exact in float32. Some positions are outside the rows.
"""

import hashlib
import json
import pathlib

import numpy as np

ROWS, VALUES = 8, 7
positions = np.array([[0, 1, 2, 3], [6, 0, -1, 4], [5, 7, 2, 6], [3, 100, -3, 1]])
zones, size = positions.shape
inside = (positions >= 0) & (positions < VALUES)

rng = np.random.default_rng(19770901)
means = rng.integers(-8, 9, size=VALUES) / 8
deviations = rng.integers(-16, 17, size=(ROWS, VALUES)) / 8
# Two zones keep as much of a row that is nothing but the means, and of one in which they share the only value: the first wins.
deviations[0] = 0
deviations[1] = np.eye(VALUES)[2] * 3
# A row for each zone, and others.
for zone in range(zones):
    deviations[2 + zone, np.setdiff1d(np.arange(VALUES), positions[zone])] /= 8
rows = deviations + means
gradient = rng.integers(-8, 9, size=(ROWS, 1 + size)) / 8
row_gradient = rng.integers(-8, 9, size=(ROWS, VALUES)) / 8


def gather(x, chosen):
    return np.array([[row[at] if 0 <= at < VALUES else 0 for at in positions[zone]] for row, zone in zip(x, chosen)])


def scatter(x, chosen):
    result = np.zeros((len(x), VALUES))
    for row, kept, zone in zip(result, x, chosen):
        row[positions[zone][inside[zone]]] = kept[inside[zone]]
    return result


def choose(x):
    masks = np.array([np.isin(np.arange(VALUES), zone) for zone in positions])
    return ((x**2) @ masks.T).argmax(1)


chosen = choose(deviations)
codes = np.hstack([chosen[:, None] / zones, gather(deviations, chosen)])
# Indices between two zones, in the middle (the even one), and outside.
indices = np.array([-2, 0.5, 1.5, 2.5, 1.4, 1.6, 3.5, 9])
noisy = np.hstack([indices[:, None] / zones, rng.integers(-16, 17, size=(ROWS, size)) / 8]).astype(np.float32)
read = np.clip(np.rint(noisy[:, 0] * np.float32(zones)), 0, zones - 1).astype(int)
golden = {
    "numpy": np.__version__,
    "positions": positions.tolist(),
    "means": means.tolist(),
    "rows": rows.tolist(),
    "codes": codes.tolist(),
    "noisy": noisy.tolist(),
    "decoded": (scatter(noisy[:, 1:], read) + means).tolist(),
    # Of sum(code * gradient) for the rows, and of sum(decoded * rowGradient) for the noisy codes.
    "codeGradient": gradient.tolist(),
    "gradientOfRows": scatter(gradient[:, 1:], chosen).tolist(),
    "rowGradient": row_gradient.tolist(),
    "gradientOfNoisy": np.hstack([np.zeros((ROWS, 1)), gather(row_gradient, read)]).tolist(),
}
file = pathlib.Path(__file__).parent / "fixtures" / "zonal-code.json"
text = json.dumps(golden)
file.write_text(text + "\n")
print(hashlib.sha256((text + "\n").encode()).hexdigest(), file.name)

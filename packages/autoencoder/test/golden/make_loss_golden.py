"""Makes losses.json: losses and their gradients for the prediction, by PyTorch's autograd.

    python make_loss_golden.py

SSIM is written out with torch.nn.functional.conv2d; metrics.json holds scikit-image's and TensorFlow's values, which
our own metric is checked against.
"""

import json
import pathlib
import platform

import torch
import torch.nn.functional as F

PEAK = 255 / 256


def ssim(a, b):
    x = torch.arange(11, dtype=torch.float64) - 5
    g = torch.exp(-(x**2) / (2 * 1.5**2))
    g = (g / g.sum())[:, None] * (g / g.sum())[None]
    blur = lambda t: F.conv2d(t, g.expand(t.shape[1], 1, 11, 11), groups=t.shape[1])
    ma, mb = blur(a), blur(b)
    va, vb, cov = blur(a * a) - ma**2, blur(b * b) - mb**2, blur(a * b) - ma * mb
    c1, c2 = 0.01**2, 0.03**2
    return ((2 * ma * mb + c1) * (2 * cov + c2) / ((ma**2 + mb**2 + c1) * (va + vb + c2))).mean()


def mixed(weight):
    return lambda a, b: weight * (1 - ssim(a / PEAK, b / PEAK)) + (1 - weight) * F.l1_loss(b / PEAK, a / PEAK)


CASES = [
    (dict(name="mse"), lambda a, b: F.mse_loss(b, a)),
    (dict(name="mae"), lambda a, b: F.l1_loss(b, a)),
    (dict(name="ssim"), mixed(0.84)),
    (dict(name="ssim", weight=0.5), mixed(0.5)),
]


def main():
    n, h, w, c = shape = 2, 13, 12, 3
    # Integers from a small linear congruence, so that both sides make the same images.
    values, state = [], 1
    for _ in range(2 * n * h * w * c):
        state = (state * 1664525 + 1013904223) % 2**32
        values.append(state >> 24)
    images = torch.tensor(values, dtype=torch.float64).view(2, *shape) / 256
    target = images[0]
    prediction = (0.7 * images[0] + 0.3 * images[1]).requires_grad_()
    cases = []
    for options, loss in CASES:
        prediction.grad = None
        value = loss(target.permute(0, 3, 1, 2), prediction.permute(0, 3, 1, 2))
        value.backward()
        gradient = [float(f"{v:.6g}") for v in prediction.grad.flatten().tolist()[::17]]
        cases.append(dict(options=options, value=value.item(), gradient=gradient))
    golden = dict(
        madeBy=f"make_loss_golden.py, PyTorch {torch.__version__}, Python {platform.python_version()}",
        shape=list(shape), peak=PEAK, gradientStride=17, cases=cases,
    )
    pathlib.Path(__file__).with_name("losses.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

"""Makes normalization.json: training steps of a convolution with batch normalization, computed by PyTorch.

    python make_normalization_golden.py

tf.layers' momentum of 0.9 is PyTorch's 0.1. Two things PyTorch does otherwise are computed by hand: moving variances take in
the batch's population variance, and they are reported after each step.
"""

import json
import math
import pathlib

import torch
import torch.nn.functional as F

COUNT, BATCH, SIZE, FILTERS, STEPS, RATE = 8, 4, 10, 4, 6, 0.5


def pattern(shape, phase):
    """The numbers that the test fills weights with, in tf.layers' order."""
    count = math.prod(shape)
    return torch.tensor([0.3 * math.sin(1.7 * i + phase) for i in range(count)], dtype=torch.float32).reshape(shape)


pixels = torch.tensor([[(k * 7 + i * 31 + (k * k) % 11) % 256 for k in range(SIZE * SIZE)] for i in range(COUNT)])
images = (pixels / 256).reshape(COUNT, 1, SIZE, SIZE)

# tf.layers has [kh, kw, in, out] and, transposed, [kh, kw, out, in]; PyTorch [out, in, kh, kw] and [in, out, kh, kw].
conv = pattern([3, 3, 1, FILTERS], 0).permute(3, 2, 0, 1).clone().requires_grad_()
deconv = pattern([3, 3, 1, FILTERS], 1).permute(3, 2, 0, 1).clone().requires_grad_()
gamma = torch.ones(FILTERS, requires_grad=True)
beta = torch.zeros(FILTERS, requires_grad=True)
mean, variance = torch.zeros(FILTERS), torch.ones(FILTERS)

losses = []
optimizer = torch.optim.SGD([conv, deconv, gamma, beta], lr=RATE)
for step in range(STEPS):
    x = images[[(step * BATCH + i) % COUNT for i in range(BATCH)]]
    features = F.conv2d(x, conv)
    population = features.detach().var(dim=(0, 2, 3), unbiased=False)
    normalized = F.batch_norm(features, mean, variance.clone(), gamma, beta, training=True, momentum=0.1, eps=1e-3)
    variance = 0.9 * variance + 0.1 * population
    loss = F.mse_loss(F.conv_transpose2d(F.relu(normalized), deconv), x)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())

with torch.no_grad():
    features = F.batch_norm(F.conv2d(images, conv), mean, variance, gamma, beta, training=False, eps=1e-3)
    inference = F.mse_loss(F.conv_transpose2d(F.relu(features), deconv), images).item()

result = {
    "made": {"by": "make_normalization_golden.py", "torch": torch.__version__},
    **{"count": COUNT, "batchSize": BATCH, "size": SIZE, "filters": FILTERS, "learningRate": RATE},
    "losses": losses,
    "movingMean": mean.tolist(),
    "movingVariance": variance.tolist(),
    "gamma": gamma.tolist(),
    "beta": beta.tolist(),
    "inferenceMse": inference,
}
pathlib.Path(__file__).with_name("normalization.json").write_text(json.dumps(result, indent=2) + "\n")

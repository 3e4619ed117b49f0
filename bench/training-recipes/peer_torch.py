"""PyTorch's side of the comparison of recipes: Adam(1e-3) from PyTorch's own initialization. Takes and prints JSON; see run.mjs."""

import json
import os
import pathlib
import sys
import time

options = json.loads(sys.argv[1])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(options["threads"])

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch.nn import functional as F  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from torch_networks import Mirror  # noqa: E402

torch.set_num_threads(options["threads"])
torch.manual_seed(options["seed"])


def read(file, shape):
    values = np.fromfile(file, np.uint8).reshape(-1, *shape)
    # Blue first, as stored; the network sees red first.
    return torch.from_numpy(values[:, ::-1].astype(np.float32) / 256)


def score(net, images):
    with torch.no_grad():
        errors = (net(images).clamp(0, 255 / 256) - images).square().mean((1, 2, 3))
    return (10 * torch.log10((255 / 256) ** 2 / errors)).mean().item()


def main():
    train, validation = (read(**options["files"][name]) for name in ("train", "validation"))
    net = Mirror()
    optimizer = torch.optim.Adam(net.parameters(), 1e-3)
    scores, seconds = [score(net, validation)], 0
    for _ in range(options["epochs"]):
        start = time.perf_counter()
        for indices in torch.randperm(len(train)).split(options["batch"]):
            x = train[indices]
            optimizer.zero_grad(set_to_none=True)
            F.mse_loss(net(x), x).backward()
            optimizer.step()
        seconds += time.perf_counter() - start
        scores.append(score(net, validation))
    print(json.dumps(dict(psnrDb=scores, trainingSeconds=seconds)))


main()

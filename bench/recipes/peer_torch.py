"""PyTorch's side of the comparison of recipes: Adam(1e-3) from PyTorch's own initialisation. Takes and prints JSON; see run.mjs."""

import json
import os
import sys
import time

options = json.loads(sys.argv[1])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(options["threads"])

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402
from torch.nn import functional as F  # noqa: E402

torch.set_num_threads(options["threads"])
torch.manual_seed(options["seed"])


class Mirror(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 12, 3), nn.Conv2d(12, 12, 3), nn.Conv2d(12, 24, 3)
        self.code, self.decode = nn.Linear(4704, 1568), nn.Linear(1568, 4704)
        self.deconv3, self.deconv2 = nn.ConvTranspose2d(24, 12, 3), nn.ConvTranspose2d(12, 12, 3)
        self.deconv1 = nn.ConvTranspose2d(12, 3, 3)

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x, mask1 = F.max_pool2d(x, 2, return_indices=True)
        x, mask2 = F.max_pool2d(F.relu(self.conv3(x)), 2, return_indices=True)
        x = self.decode(self.code(x.flatten(1))).view(-1, 24, 14, 14)
        x = F.relu(self.deconv3(F.max_unpool2d(x, mask2, 2)))
        x = F.relu(self.deconv2(F.max_unpool2d(x, mask1, 2)))
        return self.deconv1(x)


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
    optimiser = torch.optim.Adam(net.parameters(), 1e-3)
    scores, seconds = [score(net, validation)], 0
    for _ in range(options["epochs"]):
        start = time.perf_counter()
        for indices in torch.randperm(len(train)).split(options["batch"]):
            x = train[indices]
            optimiser.zero_grad(set_to_none=True)
            F.mse_loss(net(x), x).backward()
            optimiser.step()
        seconds += time.perf_counter() - start
        scores.append(score(net, validation))
    print(json.dumps(dict(psnrDb=scores, trainingSeconds=seconds)))


main()

"""PyTorch's side of the training benchmark: python peer_torch.py '{"network": "mirror", ...}'. Prints JSON."""

import json
import os
import resource
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
batch = options["batch"]
channels_last = options.get("channelsLast", False)
check = options.get("check")


class Mirror(nn.Module):
    size = 64

    def __init__(self):
        super().__init__()
        self.conv1, self.conv2, self.conv3 = nn.Conv2d(3, 12, 3), nn.Conv2d(12, 12, 3), nn.Conv2d(12, 24, 3)
        self.code, self.decode = nn.Linear(4704, 1568), nn.Linear(1568, 4704)
        self.deconv3, self.deconv2 = nn.ConvTranspose2d(24, 12, 3), nn.ConvTranspose2d(12, 12, 3)
        self.deconv1 = nn.ConvTranspose2d(12, 3, 3)

    def layers(self):
        return [self.conv1, self.conv2, self.conv3, self.code, self.decode, self.deconv3, self.deconv2, self.deconv1]

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x, mask1 = F.max_pool2d(x, 2, return_indices=True)
        x, mask2 = F.max_pool2d(F.relu(self.conv3(x)), 2, return_indices=True)
        x = self.decode(self.code(x.reshape(len(x), -1))).reshape(-1, 24, 14, 14)
        if channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        x = F.relu(self.deconv3(F.max_unpool2d(x, mask2, 2)))
        x = F.relu(self.deconv2(F.max_unpool2d(x, mask1, 2)))
        return self.deconv1(x)


class Strided(nn.Module):
    size = 128

    def __init__(self):
        super().__init__()
        # TensorFlow pads 1 before and 2 behind, PyTorch 2 on both sides: the same work, but other numbers. The check pads by hand.
        pad = 0 if check else 2
        self.conv1, self.conv2 = nn.Conv2d(3, 64, 5, 2, pad), nn.Conv2d(64, 64, 5, 2, pad)
        extra = 0 if check else 1
        self.deconv2 = nn.ConvTranspose2d(64, 64, 5, 2, pad, extra)
        self.deconv1 = nn.ConvTranspose2d(64, 3, 5, 2, pad, extra)

    def layers(self):
        return [self.conv1, self.conv2, self.deconv2, self.deconv1]

    def forward(self, x):
        pad = (lambda t: F.pad(t, (1, 2, 1, 2))) if check else (lambda t: t)
        crop = (lambda t: t[:, :, 1:-2, 1:-2]) if check else (lambda t: t)
        x = F.relu(self.conv2(pad(F.relu(self.conv1(pad(x))))))
        return crop(self.deconv1(F.relu(crop(self.deconv2(x)))))


model = {"mirror": Mirror, "strided": Strided}[options["network"]]()
images = torch.rand(batch, 3, model.size, model.size)


def load_weights(folder):
    """Takes over the weights and images that our side wrote, in TensorFlow's layouts."""
    read = lambda name, shape: torch.from_numpy(np.fromfile(os.path.join(folder, name), np.float32).reshape(shape))
    for index, layer in enumerate(model.layers()):
        shape = tuple(layer.weight.shape)
        if isinstance(layer, nn.Linear):
            weight = read(f"weight-{2 * index}", (shape[1], shape[0])).T
            # Features in the order height, width, channel there, and channel, height, width here.
            order = torch.arange(4704).reshape(14, 14, 24).permute(2, 0, 1).reshape(-1)
            weight = weight[:, order] if shape[1] == 4704 else weight[order]
        else:
            weight = read(f"weight-{2 * index}", (shape[2], shape[3], shape[1], shape[0])).permute(3, 2, 0, 1)
        bias = read(f"weight-{2 * index + 1}", (-1,))
        if isinstance(layer, nn.Linear) and shape[0] == 4704:
            bias = bias[order]
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)
    size = model.size
    images.copy_(read("images", (batch, size, size, 3)).permute(0, 3, 1, 2))


if check:
    load_weights(check)
if channels_last:
    model = model.to(memory_format=torch.channels_last)
    images = images.contiguous(memory_format=torch.channels_last)
if options.get("optimizer", "sgd") == "sgd":
    optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
else:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
loss_of = nn.MSELoss()


def train_once():
    optimizer.zero_grad(set_to_none=True)
    loss = loss_of(model(images), images)
    loss.backward()
    optimizer.step()
    return loss.item()


def forward_once():
    with torch.inference_mode():
        model(images)


if check:
    print(json.dumps({"losses": [train_once() for _ in range(5)]}))
    sys.exit()

run = forward_once if options.get("forwardOnly") else train_once
for _ in range(4):
    run()
times = []
cpu, begin = time.process_time(), time.perf_counter()
while time.perf_counter() - begin < options["seconds"] or len(times) < 3:
    start = time.perf_counter()
    run()
    times.append(time.perf_counter() - start)
cpu = time.process_time() - cpu
times.sort()
print(
    json.dumps(
        {
            "imagesPerSecond": batch / times[len(times) // 2],
            "cpuMsPerImage": cpu * 1000 / len(times) / batch,
            "steps": len(times),
            "maxRssMiB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            "version": f"PyTorch {torch.__version__}",
        }
    )
)

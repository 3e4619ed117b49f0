"""PyTorch's side of the training benchmark: python peer_torch.py '{"network": "mirror", ...}'. Prints JSON."""

import json
import os
import pathlib
import resource
import sys
import time

options = json.loads(sys.argv[1])
for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = str(options["threads"])

import numpy as np  # noqa: E402
import torch  # noqa: E402
from torch import nn  # noqa: E402

sys.path.insert(0, str(pathlib.Path(__file__).parents[1]))
from torch_networks import Mirror, Strided, Transform  # noqa: E402

torch.set_num_threads(options["threads"])
batch = options["batch"]
channels_last = options.get("channelsLast", False)
check = options.get("check")


def make_model(network):
    if network == "mirror":
        return Mirror(channels_last)
    if network == "strided":
        return Strided(like_tensorflow=check is not None)
    return Transform(int(network.removeprefix("transform-")))


model = make_model(options["network"])
images = torch.rand(batch, 3, model.size, model.size)


def load_weights(folder):
    """Takes over the weights and images that our side wrote, in TensorFlow's layouts."""
    read = lambda name, shape: torch.from_numpy(np.fromfile(os.path.join(folder, name), np.float32).reshape(shape))
    for index, layer in enumerate(model.layers()):
        shape = tuple(layer.weight.shape)
        if isinstance(layer, nn.Linear):
            weight = read(f"weight-{2 * index}", (shape[1], shape[0])).T
            # Features in the order height, width, channel there, and channel, height, width here.
            order = torch.arange(6144).reshape(16, 16, 24).permute(2, 0, 1).reshape(-1)
            weight = weight[:, order] if shape[1] == 6144 else weight[order]
        else:
            weight = read(f"weight-{2 * index}", (shape[2], shape[3], shape[1], shape[0])).permute(3, 2, 0, 1)
        bias = read(f"weight-{2 * index + 1}", (-1,))
        if isinstance(layer, nn.Linear) and shape[0] == 6144:
            bias = bias[order]
        layer.weight.data.copy_(weight)
        layer.bias.data.copy_(bias)
    if isinstance(model, Transform):
        load_frozen(lambda index, shape: torch.from_numpy(np.fromfile(os.path.join(folder, f"frozen-{index}"), np.float32).reshape(shape)))
    size = model.size
    images.copy_(read("images", (batch, size, size, 3)).permute(0, 3, 1, 2))


def load_frozen(read):
    """Takes over the code: colors, positions, a matrix and offsets, zones, and the means of what the code stands for."""
    basis, zones = read(2, (model.coefficients, model.kept)), read(4, (model.zones, model.numbers - 1)).long()
    model.load_frozen(read(0, (3, 3)), read(1, (-1,)).long(), basis, read(3, (-1,)), read(9, (-1,)), zones, read(5, (-1,)))


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

"""Makes training.json: losses of the first training steps of our presets, computed by PyTorch.

    python make_training_golden.py

Weights and images are not stored: both sides draw them from the same integer generator, which is written again here,
so that the golden file stays small and our generator and initialization are checked too (weightsSha256).
"""

import hashlib
import json
import math
import pathlib
import platform
import sys

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from seeded_images import Random, rectangles


class Encoder(nn.Module):
    def __init__(self):
        super().__init__()
        conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
        self.conv1, self.conv2, self.conv3 = conv(3, 12), conv(12, 12), conv(12, 24)
        self.code, self.decode = nn.Linear(6144, 1568), nn.Linear(1568, 6144)

    def encode(self, x):
        h = F.relu(self.conv2(F.relu(self.conv1(x))))
        h, mask1 = F.max_pool2d(h, 2, return_indices=True)
        h, mask2 = F.max_pool2d(F.relu(self.conv3(h)), 2, return_indices=True)
        return self.decode(self.code(h.flatten(1))).view(-1, 24, 16, 16), mask1, mask2


class Mirror(Encoder):
    def __init__(self):
        super().__init__()
        deconv = lambda i, o: nn.ConvTranspose2d(i, o, 3, padding=1)
        self.deconv3, self.deconv2, self.deconv1 = deconv(24, 12), deconv(12, 12), deconv(12, 3)

    def forward(self, x):
        h, mask1, mask2 = self.encode(x)
        h = F.relu(self.deconv3(F.max_unpool2d(h, mask2, 2)))
        h = F.relu(self.deconv2(F.max_unpool2d(h, mask1, 2)))
        return self.deconv1(h)


class Torch7(Encoder):
    def __init__(self):
        super().__init__()
        conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
        self.conv4, self.conv5, self.conv6 = conv(24, 12), conv(12, 12), conv(12, 3)

    def forward(self, x):
        h, mask1, mask2 = self.encode(x)
        h = F.max_unpool2d(F.relu(self.conv4(h)), mask2[:, :12], 2)
        h = F.max_unpool2d(F.relu(self.conv5(h)), mask1, 2)
        return self.conv6(h)


def draw(random, shape, bound):
    values = np.array([random.uint32() for _ in range(math.prod(shape))], np.float64)
    return ((2 * (values / 2**32) - 1) * bound).astype(np.float32).reshape(shape)


def initialize(net, seed):
    """Draws weights in our layout and order, and puts them into PyTorch's. Returns their checksum."""
    random, digest = Random(seed), hashlib.sha256()
    features = net.code.in_features
    side = math.isqrt(features // 24)
    # Our features are ordered height, width, channel; PyTorch's channel, height, width.
    order = torch.arange(features).view(side, side, 24).permute(2, 0, 1).flatten()
    with torch.no_grad():
        for name, layer in net.named_children():
            weight = layer.weight
            if isinstance(layer, nn.Linear):
                shape, fan_in = (layer.in_features, layer.out_features), layer.in_features
            elif isinstance(layer, nn.ConvTranspose2d):
                shape, fan_in = (3, 3, weight.shape[1], weight.shape[0]), 9 * weight.shape[0]
            else:
                shape, fan_in = (3, 3, weight.shape[1], weight.shape[0]), 9 * weight.shape[1]
            kernel = draw(random, shape, 1 / math.sqrt(fan_in))
            bias = draw(random, layer.bias.shape, 1 / math.sqrt(fan_in))
            digest.update(kernel.tobytes() + bias.tobytes())
            kernel, bias = torch.from_numpy(kernel), torch.from_numpy(bias)
            if name == "code":
                kernel = kernel[order].T
            elif name == "decode":
                kernel, bias = kernel[:, order].T, bias[order]
            else:
                kernel = kernel.permute(3, 2, 0, 1)
            weight.copy_(kernel)
            layer.bias.copy_(bias)
    return digest.hexdigest()


def losses_of(net, start, images, optimizer, steps, batch_size):
    net.load_state_dict(start)
    step_optimizer = optimizer(net.parameters())
    losses = []
    for step in range(steps):
        x = images[np.arange(step * batch_size, (step + 1) * batch_size) % len(images)]
        x = torch.from_numpy(x.astype(np.float32) / 256).permute(0, 3, 1, 2)
        loss = F.mse_loss(net(x), x)
        step_optimizer.zero_grad()
        loss.backward()
        step_optimizer.step()
        losses.append(round(loss.item(), 9))
    return losses


def main():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    seed, image_seed, image_count, batch_size = 7, 11, 48, 8
    images = rectangles(Random(image_seed), image_count)
    sgd = dict(learningRate=0.1, momentum=0.9, nesterov=True, weightDecay=1e-4)
    optimizers = {
        "sgd": (sgd, lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=1e-4)),
        "adam": (dict(learningRate=1e-3), lambda p: torch.optim.Adam(p, 1e-3)),
    }
    cases = []
    # Adam's steps do not depend on how large gradients are, so that rounding grows: after 10 steps PyTorch's own losses in float32 and float64
    # differ by 5e-4, after 50 by 9e-3.
    for preset, net, most in (("mirror", Mirror(), dict(sgd=50, adam=12)), ("torch7", Torch7(), dict(sgd=5, adam=5))):
        checksum = initialize(net, seed)
        start = {name: value.clone() for name, value in net.state_dict().items()}
        for name, (options, optimizer) in optimizers.items():
            losses = losses_of(net, start, images, optimizer, most[name], batch_size)
            cases.append(dict(preset=preset, weightsSha256=checksum, optimizer=dict(name=name, **options), losses=losses))
            print(preset, name, losses[0], losses[-1])
    golden = dict(
        madeBy=f"make_training_golden.py, PyTorch {torch.__version__}, NumPy {np.__version__}, Python {platform.python_version()}",
        seed=seed, imageSeed=image_seed, imageCount=image_count, batchSize=batch_size,
        imagesSha256=hashlib.sha256(images.tobytes()).hexdigest(), cases=cases,
    )
    path = pathlib.Path(__file__).with_name("training.json")
    path.write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())

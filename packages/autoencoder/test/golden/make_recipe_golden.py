"""Makes recipes.json: losses of small networks trained by PyTorch with each part of a recipe.

    python make_recipe_golden.py

Covers what test/golden/make_training_golden.py does not: the random order of samples, clipping, accumulation, moving
averages, schedules, tied weights, the learning rate of dense layers, noise, the variational head, and the Torch
original's loop. Weights, images, orders and noise come from our generator, written again in make_training_golden.py.
"""

import json
import math
import pathlib
import platform

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils import clip_grad_norm_

from make_training_golden import draw, initialize
from seeded_images import Random, rectangles

SIZE, CODE, IMAGES, BATCH, EPOCHS, SEED = 16, 32, 10, 4, 3, 5
SIDE = SIZE // 4
FEATURES = 24 * SIDE * SIDE


class SeededRandom(Random):
    def permutation(self, n):
        order = list(range(n))
        for i in range(n - 1, 0, -1):
            j = self.uint32() * (i + 1) >> 32
            order[i], order[j] = order[j], order[i]
        return order

    def normals(self, count):
        values = []
        while len(values) < count:
            radius = math.sqrt(-2 * math.log(1 - self.uint32() / 2**32))
            angle = 2 * math.pi * (self.uint32() / 2**32)
            values += [radius * math.cos(angle), radius * math.sin(angle)]
        return torch.tensor(values[:count], dtype=torch.float32)


class Mirror(nn.Module):
    def __init__(self):
        super().__init__()
        conv = lambda i, o: nn.Conv2d(i, o, 3, padding=1)
        deconv = lambda i, o: nn.ConvTranspose2d(i, o, 3, padding=1)
        self.conv1, self.conv2, self.conv3 = conv(3, 12), conv(12, 12), conv(12, 24)
        self.code, self.decode = nn.Linear(FEATURES, CODE), nn.Linear(CODE, FEATURES)
        self.deconv3, self.deconv2, self.deconv1 = deconv(24, 12), deconv(12, 12), deconv(12, 3)

    def features(self, x):
        h = F.relu(self.conv2(F.relu(self.conv1(x))))
        h, self.mask1 = F.max_pool2d(h, 2, return_indices=True)
        h, self.mask2 = F.max_pool2d(F.relu(self.conv3(h)), 2, return_indices=True)
        return h.flatten(1)

    def reconstruct(self, code):
        h = self.decode(code).view(-1, 24, SIDE, SIDE)
        h = F.relu(self.deconv3(F.max_unpool2d(h, self.mask2, 2)))
        h = F.relu(self.deconv2(F.max_unpool2d(h, self.mask1, 2)))
        return self.deconv1(h)

    def forward(self, x):
        return self.reconstruct(self.code(self.features(x)))


class Tied(Mirror):
    """The decoder uses the encoder's kernels themselves, so that autograd adds both gradients up."""

    def tie(self):
        for name in ("decode", "deconv3", "deconv2", "deconv1"):
            del getattr(self, name)._parameters["weight"]

    def reconstruct(self, code):
        h = F.linear(code, self.code.weight.T, self.decode.bias).view(-1, 24, SIDE, SIDE)
        h = F.relu(F.conv_transpose2d(F.max_unpool2d(h, self.mask2, 2), self.conv3.weight, self.deconv3.bias, padding=1))
        h = F.relu(F.conv_transpose2d(F.max_unpool2d(h, self.mask1, 2), self.conv2.weight, self.deconv2.bias, padding=1))
        return F.conv_transpose2d(h, self.conv1.weight, self.deconv1.bias, padding=1)


class Variational(Mirror):
    def __init__(self):
        super().__init__()
        self.log_variance = nn.Linear(FEATURES, CODE)

    def features(self, x):
        """With fixed masks, each maximum top left in its window: images that are drawn have no others."""
        h = super().features(x)
        self.mask1, self.mask2 = top_left(self.mask1), top_left(self.mask2)
        return h


def top_left(mask):
    height, width = mask.shape[2:]
    return (2 * torch.arange(height)[:, None] * 2 * width + 2 * torch.arange(width)).expand_as(mask).contiguous()


def initialize_variational(net, seed):
    """As initialize() of make_training_golden, with two more weights drawn behind those of the code."""
    random = Random(seed)
    order = torch.arange(FEATURES).view(SIDE, SIDE, 24).permute(2, 0, 1).flatten()
    with torch.no_grad():
        for name in ("conv1", "conv2", "conv3", "code", "decode", "deconv3", "deconv2", "deconv1"):
            layer = getattr(net, name)
            if name in ("code", "decode"):
                shape, fan_in = (layer.in_features, layer.out_features), layer.in_features
            else:
                fan_in = 9 * (layer.in_channels)
                pair = (layer.in_channels, layer.out_channels)
                shape = (3, 3, *(pair if name.startswith("conv") else pair[::-1]))
            kernel, bias = (torch.from_numpy(draw(random, s, 1 / math.sqrt(fan_in))) for s in (shape, layer.bias.shape))
            if name == "code":
                layer.weight.copy_(kernel[order].T)
                kernel2, bias2 = (torch.from_numpy(draw(random, s, 1 / math.sqrt(fan_in))) for s in (shape, bias.shape))
                net.log_variance.weight.copy_(kernel2[order].T)
                net.log_variance.bias.copy_(bias2)
            elif name == "decode":
                layer.weight.copy_(kernel[:, order].T)
                bias = bias[order]
            else:
                layer.weight.copy_(kernel.permute(3, 2, 0, 1))
            layer.bias.copy_(bias)


def to_tensor(images):
    return torch.from_numpy(images.astype(np.float32) / 256).permute(0, 3, 1, 2)


def make_net(kind):
    net = kind()
    if kind is Variational:
        initialize_variational(net, SEED)
    else:
        initialize(net, SEED)
    if kind is Tied:
        net.tie()
    return net


def sgd(net, learning_rate=0.1, momentum=0.9):
    return torch.optim.SGD(net.parameters(), learning_rate, momentum=momentum)


def train(images, *, kind=Mirror, optimizer=sgd, shuffle=True, accumulate=1, clip=None, average=None, noise=0, beta=0,
          warm_up=0, free=0, schedule=None, dense_every=1, epochs=EPOCHS):
    net = make_net(kind)
    step_optimizer = optimizer(net)
    scheduler = schedule and schedule(step_optimizer)
    order_random, noise_random = SeededRandom(SEED), SeededRandom(SEED, 1)
    averages = average and [p.detach().clone() for p in net.parameters()]
    losses, steps = [], 0
    for _ in range(epochs):
        order = order_random.permutation(len(images)) if shuffle else list(range(len(images)))
        for start in range(0, len(order), BATCH * accumulate):
            group = order[start : start + BATCH * accumulate]
            step_optimizer.zero_grad()
            for parameter in [*net.code.parameters(), *net.decode.parameters()]:
                # A parameter without a gradient is left out of the step, moments and count included.
                parameter.requires_grad_((steps + 1) % dense_every == 0)
            total = 0
            for part in range(0, len(group), BATCH):
                x = to_tensor(images[group[part : part + BATCH]])
                shape = (len(x), SIZE, SIZE, 3)
                # Noise is drawn in our layout.
                wobble = noise_random.normals(x.numel()).view(shape).permute(0, 3, 1, 2) if noise else 0
                seen = x + noise * 255 / 256 * wobble
                if kind is Variational:
                    features = net.features(seen)
                    mean, log_variance = net.code(features), net.log_variance(features)
                    epsilon = noise_random.normals(mean.numel()).view(mean.shape)
                    y = net.reconstruct(mean + torch.exp(log_variance / 2) * epsilon)
                    divergences = 0.5 * (mean**2 + log_variance.exp() - log_variance - 1).mean(0)
                    divergence = divergences.clamp(min=free).sum()
                    weight = beta * min(1, steps / warm_up) if warm_up else beta
                    loss = F.mse_loss(y, x) + weight * divergence / x[0].numel()
                else:
                    loss = F.mse_loss(net(seen), x)
                weighted = loss * len(x) / len(group)
                weighted.backward()
                total += weighted.item()
            if clip:
                clip_grad_norm_(net.parameters(), clip)
            step_optimizer.step()
            scheduler and scheduler.step()
            steps += 1
            if average:
                decay = min(average, (1 + steps) / (10 + steps))
                torch._foreach_lerp_(averages, [p.detach() for p in net.parameters()], 1 - decay)
            losses.append(round(total, 9))
    if average:
        with torch.no_grad():
            for parameter, value in zip(net.parameters(), averages):
                parameter.copy_(value)
    with torch.no_grad():
        x = to_tensor(images)
        final = F.mse_loss(net(x), x).item()
    return dict(losses=losses, finalMse=final)


def split_rates(factor):
    def make(net):
        dense = [*net.code.parameters(), *net.decode.parameters()]
        rest = [p for p in net.parameters() if not any(p is d for d in dense)]
        return torch.optim.Adam([dict(params=rest), dict(params=dense, lr=0.01 * factor)], 0.01)

    return make


def warm_cosine(optimizer):
    # 3 epochs of 3 steps.
    warm = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: (i + 1) / 2)
    cosine = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 9 - 2)
    return torch.optim.lr_scheduler.SequentialLR(optimizer, [warm, cosine], [2])


def torch7_loop(images, *, epochs, per_epoch, passes, learning_rate, decay, shuffle):
    """train.lua around nn.StochasticGradient, statement by statement."""
    net, random = make_net(Mirror), SeededRandom(SEED)
    updates, errors = [], []
    cursor = 0
    for _ in range(epochs):
        dataset = [(cursor + i) % len(images) for i in range(per_epoch)]
        cursor += per_epoch
        # StochasticGradient:train(dataset)
        iteration, current_learning_rate = 1, learning_rate
        shuffled_indices = random.permutation(per_epoch) if shuffle else list(range(per_epoch))
        while True:
            current_error = 0
            for t in range(per_epoch):
                record = dataset[shuffled_indices[t]]
                x = to_tensor(images[[record]])
                error = F.mse_loss(net(x), x)
                net.zero_grad()
                error.backward()
                with torch.no_grad():
                    for parameter in net.parameters():
                        parameter -= current_learning_rate * parameter.grad
                current_error += error.item()
                updates.append(dict(record=record, loss=round(error.item(), 9), learningRate=current_learning_rate))
            errors.append(round(current_error / per_epoch, 9))
            iteration += 1
            current_learning_rate = learning_rate / (1 + iteration * decay)
            if iteration > passes:
                break
    with torch.no_grad():
        x = to_tensor(images)
        final = F.mse_loss(net(x), x).item()
    return dict(updates=updates, errors=errors, finalMse=final)


def main():
    torch.set_num_threads(1)
    images = rectangles(Random(21), IMAGES, SIZE)
    base = dict(optimizer=dict(name="sgd", learningRate=0.1, momentum=0.9))
    cases = [
        ("random order", base, dict()),
        ("clipping", dict(**base, clipNorm=0.05), dict(clip=0.05)),
        ("accumulation", dict(**base, accumulate=2), dict(accumulate=2)),
        ("moving average", dict(**base, averageDecay=0.6), dict(average=0.6)),
        ("schedule", dict(**base, schedule=dict(policy="cosine", warmUpSteps=2)), dict(schedule=warm_cosine)),
        ("tied weights", dict(**base, tiedWeights=True), dict(kind=Tied)),
        (
            "learning rate of dense layers",
            dict(optimizer=dict(name="adam", learningRate=0.01, denseFactor=0.1)),
            dict(optimizer=split_rates(0.1)),
        ),
        (
            "dense layers every third step",
            dict(optimizer=dict(name="adam", learningRate=0.01, denseFactor=0.1, denseEvery=3)),
            dict(optimizer=split_rates(0.1), dense_every=3),
        ),
        (
            "dense layers every other step, tied",
            dict(optimizer=dict(**base["optimizer"], denseEvery=2), tiedWeights=True),
            dict(kind=Tied, dense_every=2),
        ),
        ("noise", dict(**base, augmentation=dict(noise=4)), dict(noise=4)),
        ("variational", dict(**base, beta=0.5), dict(kind=Variational, beta=0.5)),
        (
            "variational, accumulated, with noise",
            dict(**base, beta=2, accumulate=2, augmentation=dict(noise=4)),
            dict(kind=Variational, beta=2, accumulate=2, noise=4),
        ),
        # Of 3 epochs of 3 steps.
        (
            "variational, beta growing",
            dict(**base, beta=5, betaWarmUpFraction=2 / 3),
            dict(kind=Variational, beta=5, warm_up=6),
        ),
        ("variational, free bits", dict(**base, beta=5, freeBits=0.005), dict(kind=Variational, beta=5, free=0.005)),
    ]
    loops = [
        dict(epochs=3, perEpoch=4, passes=3, learningRate=0.05, learningRateDecay=0.3, shuffle=True),
        dict(epochs=2, perEpoch=3, passes=2, learningRate=0.1, learningRateDecay=0, shuffle=False),
    ]
    golden = dict(
        madeBy=f"make_recipe_golden.py, PyTorch {torch.__version__}, NumPy {np.__version__}, Python {platform.python_version()}",
        size=SIZE, codeSize=CODE, imageCount=IMAGES, imageSeed=21, batchSize=BATCH, epochs=EPOCHS, seed=SEED,
        cases=[dict(name=name, options=options, **train(images, **arguments)) for name, options, arguments in cases],
        torch7=[
            dict(
                options=loop,
                **torch7_loop(
                    images, epochs=loop["epochs"], per_epoch=loop["perEpoch"], passes=loop["passes"],
                    learning_rate=loop["learningRate"], decay=loop["learningRateDecay"], shuffle=loop["shuffle"],
                ),
            )
            for loop in loops
        ],
    )
    pathlib.Path(__file__).with_name("recipes.json").write_text(json.dumps(golden, indent=1) + "\n")


if __name__ == "__main__":
    main()

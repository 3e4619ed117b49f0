"""The networks of the benchmarks in PyTorch; train/networks.mjs has the same."""

import torch
from torch import nn
from torch.nn import functional as F


class Mirror(nn.Module):
    """The network of the blog post."""

    size = 64

    def __init__(self, channels_last=False):
        super().__init__()
        self.channels_last = channels_last
        self.conv1, self.conv2, self.conv3 = (nn.Conv2d(i, o, 3, padding=1) for i, o in ((3, 12), (12, 12), (12, 24)))
        self.code, self.decode = nn.Linear(6144, 1568), nn.Linear(1568, 6144)
        self.deconv3, self.deconv2, self.deconv1 = (
            nn.ConvTranspose2d(i, o, 3, padding=1) for i, o in ((24, 12), (12, 12), (12, 3))
        )

    def layers(self):
        return [self.conv1, self.conv2, self.conv3, self.code, self.decode, self.deconv3, self.deconv2, self.deconv1]

    def forward(self, x):
        x = F.relu(self.conv2(F.relu(self.conv1(x))))
        x, mask1 = F.max_pool2d(x, 2, return_indices=True)
        x, mask2 = F.max_pool2d(F.relu(self.conv3(x)), 2, return_indices=True)
        x = self.decode(self.code(x.reshape(len(x), -1))).reshape(-1, 24, 16, 16)
        if self.channels_last:
            x = x.contiguous(memory_format=torch.channels_last)
        x = F.relu(self.deconv3(F.max_unpool2d(x, mask2, 2)))
        x = F.relu(self.deconv2(F.max_unpool2d(x, mask1, 2)))
        return self.deconv1(x)


class Strided(nn.Module):
    """As unlike it as an autoencoder can be. With like_tensorflow it pads as TensorFlow does: the same work, but other numbers."""

    size = 128

    def __init__(self, like_tensorflow=False):
        super().__init__()
        self.like_tensorflow = like_tensorflow
        # TensorFlow pads 1 before and 2 behind, PyTorch 2 on both sides.
        pad, extra = (0, 0) if like_tensorflow else (2, 1)
        self.conv1, self.conv2 = nn.Conv2d(3, 64, 5, 2, pad), nn.Conv2d(64, 64, 5, 2, pad)
        self.deconv2 = nn.ConvTranspose2d(64, 64, 5, 2, pad, extra)
        self.deconv1 = nn.ConvTranspose2d(64, 3, 5, 2, pad, extra)

    def layers(self):
        return [self.conv1, self.conv2, self.deconv2, self.deconv1]

    def forward(self, x):
        pad = (lambda t: F.pad(t, (1, 2, 1, 2))) if self.like_tensorflow else (lambda t: t)
        crop = (lambda t: t[:, :, 1:-2, 1:-2]) if self.like_tensorflow else (lambda t: t)
        x = F.relu(self.conv2(pad(F.relu(self.conv1(pad(x))))))
        return crop(self.deconv1(F.relu(crop(self.deconv2(x)))))


class Transform(nn.Module):
    """Preset transform at 64x64: a frozen code of cosine coefficients, some for each image, between two residual branches."""

    size, zones = 64, 16

    def __init__(self, numbers):
        super().__init__()
        self.numbers, self.coefficients = numbers, min(3 * 64 * 64, max(numbers + 768, 1536))
        self.kept = min(self.coefficients, 2 * numbers)
        stride, filters = (2, 48) if numbers >= 3 * 64 * 64 / 10 else (4, 96)
        self.before, self.after = branch(16, 2), branch(filters, stride)
        k, x = torch.arange(64.0)[:, None], torch.arange(64.0)[None]
        self.register_buffer("cosines", torch.cos(torch.pi * (x + 0.5) * k / 64) * torch.where(k > 0, 2 / 64, 1 / 64).sqrt())
        self.load_frozen(
            torch.eye(3),
            torch.randperm(3 * 64 * 64)[: self.coefficients],
            torch.eye(self.coefficients, self.kept),
            torch.zeros(self.kept),
            torch.zeros(self.coefficients),
            torch.stack([torch.randperm(self.kept)[: numbers - 1] for _ in range(self.zones)]),
            torch.zeros(self.kept),
        )

    def load_frozen(self, colors, positions, basis, offsets, means, zone_positions, zone_means):
        """Sets the code; basis is `[coefficients, kept]`."""
        size, (c, rest) = self.size, (positions // 4096, positions % 4096)
        # Ours lie as (c, u, v), frequencies along the width first; here they lie as (c, v, u).
        self.positions = c * size * size + (rest % size) * size + rest // size
        self.places = torch.full((3 * size * size,), self.coefficients)
        self.places[self.positions] = torch.arange(self.coefficients)
        self.colors = colors
        self.to_code, self.offsets = basis.T.contiguous(), offsets
        self.from_code, self.means = basis.contiguous(), means
        self.zone_positions, self.zone_means = zone_positions, zone_means
        self.members = torch.zeros(self.zones, self.kept).scatter(1, zone_positions, 1.0).T.contiguous()
        # Where the code is a choice of coefficients, they are selected, which is all that ours does then.
        chooses = bool(((basis != 0).sum(0) == 1).all() and basis.sum(0).eq(1).all() and ((basis != 0).sum(1) <= 1).all())
        self.chosen = self.positions[basis.argmax(0)] if chooses else None
        if chooses:
            self.chosen_places = torch.full((3 * size * size,), self.kept)
            self.chosen_places[self.chosen] = torch.arange(self.kept)
            self.spread_means = F.pad(means, (0, 1))[self.places]

    def layers(self):
        return [layer for part in (self.before, self.after) for layer in part if not isinstance(layer, nn.ReLU)]

    def zonal(self, values):
        """Encodes and decodes values by the zone that keeps most of them."""
        deviations = values - self.zone_means
        zone = (deviations.square() @ self.members).argmax(1)
        positions = self.zone_positions[zone]
        code = torch.cat([(zone / self.zones).unsqueeze(1), deviations.gather(1, positions)], 1)
        return torch.zeros_like(values).scatter(1, positions, code[:, 1:]) + self.zone_means

    def forward(self, x):
        count, size = len(x), self.size
        x = x + self.before(x)
        planes = (self.colors.T @ x.reshape(count, 3, -1)).reshape(count, 3, size, size)
        all_of_them = (self.cosines @ planes @ self.cosines.T).reshape(count, -1)
        if self.chosen is not None:
            values = self.zonal(all_of_them.index_select(1, self.chosen) + self.offsets)
            spread = F.pad(values, (0, 1)).index_select(1, self.chosen_places) + self.spread_means
        else:
            values = self.zonal(F.linear(all_of_them.index_select(1, self.positions), self.to_code, self.offsets))
            represented = F.linear(values, self.from_code, self.means)
            spread = F.pad(represented, (0, 1)).index_select(1, self.places)
        spread = spread.reshape(count, 3, size, size)
        planes = self.cosines.T @ spread @ self.cosines
        x = (self.colors @ planes.reshape(count, 3, -1)).reshape(count, 3, size, size)
        return x + self.after(x)


def branch(filters, stride):
    """Convolutions on features of a fraction of the image's size."""
    down = nn.Conv2d(3, filters, 2 * stride, stride, stride // 2)
    up = nn.ConvTranspose2d(filters, 3, 2 * stride, stride, stride // 2)
    nn.init.zeros_(up.weight)
    return nn.Sequential(down, nn.ReLU(), nn.Conv2d(filters, filters, 3, padding=1), nn.ReLU(), up)

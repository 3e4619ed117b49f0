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

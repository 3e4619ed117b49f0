"""Makes torch7/*.t7 and torch7.json: networks as Torch7's torch.save writes them, and what PyTorch makes of images with their weights.

    python make_torch7_golden.py        (needs numpy, torch, torchfile)

The files follow torch7's File.lua, Tensor.c and Storage.c: tags as int32, longs of 8 or 4 bytes, tables, objects and functions numbered by when
they come first. `author` is the network of the blog post's author with fewer channels, as its GPU ran it: Cuda tensors that are parts of one
storage (getParameters), pools with the function that nn.SpatialMaxUnpooling of February 2016 gave them, and a mask with more channels than
values. torchfile reads all but the one with longs of 4 bytes, and the weights for PyTorch are those that it reads.
"""

import json
import pathlib
import struct

import numpy as np
import torch
import torch.nn.functional as F
import torchfile

HERE = pathlib.Path(__file__).parent
rng = np.random.default_rng(7)


class Writer:
    def __init__(self, long_bytes=8):
        self.parts, self.known, self.kept = [], {}, []
        self.long = "q" if long_bytes == 8 else "i"

    def pack(self, form, *values):
        self.parts.append(struct.pack("<" + form, *values))

    def text(self, text):
        self.pack("i", len(text))
        self.parts.append(text.encode())

    def is_known(self, value, tag):
        """Writes tag and number; says whether the value has been written before."""
        self.pack("i", tag)
        known = id(value) in self.known
        self.kept.append(value)
        self.pack("i", self.known.setdefault(id(value), len(self.known) + 1))
        return known

    def write(self, value):
        if value is None:
            self.pack("i", 0)
        elif isinstance(value, bool):
            self.pack("ii", 5, value)
        elif isinstance(value, (int, float)):
            self.pack("id", 1, value)
        elif isinstance(value, str):
            self.pack("i", 2)
            self.text(value)
        elif isinstance(value, dict):
            if not self.is_known(value, 3):
                self.pack("i", len(value))
                for key, each in value.items():
                    self.write(key)
                    self.write(each)
        elif isinstance(value, Closure):
            if not self.is_known(value, 8):
                self.pack("i", len(value.code))
                self.parts.append(value.code)
                self.write({1: value.upvalue})
        elif not self.is_known(value, 4):
            value.write(self)

    def save(self, name, value):
        self.write(value)
        (HERE / "torch7" / f"{name}.t7").write_bytes(b"".join(self.parts))


class Closure:
    code = b"\x1bLJ\x01\x02 os.execute('never run')"
    upvalue = "dims"


class Object:
    def __init__(self, name, **fields):
        self.name, self.fields = name, fields

    def write(self, to):
        to.text("V 1")
        to.text(self.name)
        to.write(self.fields)


class Storage:
    def __init__(self, kind, values):
        self.kind, self.values = kind, values

    def write(self, to):
        to.text("V 1")
        to.text(f"torch.{self.kind}Storage")
        to.pack(to.long, self.values.size)
        longs = np.dtype("<i8" if to.long == "q" else "<i4")
        kinds = {"Long": longs, "Double": "<f8", "CudaHalf": "<f2"}
        to.parts.append(self.values.astype(kinds.get(self.kind, "<f4")).tobytes())


class Tensor:
    def __init__(self, kind, shape, storage=None, offset=0):
        self.kind, self.shape, self.offset = kind, shape, offset
        self.storage = storage

    def write(self, to):
        to.text("V 1")
        to.text(f"torch.{self.kind}Tensor")
        strides = [int(np.prod(self.shape[i + 1 :])) for i in range(len(self.shape))]
        to.pack("i", len(self.shape))
        to.pack(f"{2 * len(self.shape)}{to.long}", *self.shape, *strides)
        to.pack(to.long, self.offset + 1)
        to.write(self.storage)


def drawn(*shape):
    return (rng.integers(-4, 5, shape) / 8 / max(1, np.sqrt(np.prod(shape[1:])) / 4)).astype(np.float16).astype(np.float64)


class Maker:
    """Makes modules; `shared` puts all their weights into one storage."""

    def __init__(self, kind, shared=False, prefix="nn"):
        self.kind, self.shared, self.prefix = kind, shared, prefix
        self.storage = Storage(kind, np.zeros(0))
        self.modules = []

    def tensor(self, values):
        values = np.asarray(values, np.float64)
        if not self.shared:
            return Tensor(self.kind, values.shape, Storage(self.kind, values.ravel()))
        begin = self.storage.values.size
        self.storage.values = np.concatenate([self.storage.values, values.ravel()])
        return Tensor(self.kind, values.shape, self.storage, begin)

    def add(self, name, prefix=None, **fields):
        empty = Tensor(self.kind, ())
        module = Object(
            f"{prefix or 'nn'}.{name}", gradInput=empty, output=empty, _type=f"torch.{self.kind}Tensor", train=True, **fields
        )
        self.modules.append(module)
        return module

    def conv(self, inputs, outputs, size=3, step=1, pad=0, name="SpatialConvolution", flat=False, bias=True):
        shape = (outputs, inputs * size * size) if flat else (outputs, inputs, size, size)
        if name == "SpatialFullConvolution":
            shape = (inputs, outputs, size, size)
        weights = {"weight": self.tensor(drawn(*shape))}
        if bias:
            weights["bias"] = self.tensor(drawn(outputs))
        self.add(
            name, self.prefix, nInputPlane=inputs, nOutputPlane=outputs, kW=size, kH=size, dW=step, dH=step, padW=pad, padH=pad, **weights
        )

    def linear(self, inputs, outputs):
        self.add("Linear", weight=self.tensor(drawn(outputs, inputs)), bias=self.tensor(drawn(outputs)))

    def pool(self, size=2, **fields):
        return self.add("SpatialMaxPooling", kW=size, kH=size, dW=size, dH=size, padW=0, padH=0, **fields)

    def shape(self, name, *sizes):
        return self.add(name, size=Storage("Long", np.array(sizes)), numElements=int(np.prod(sizes)))

    def sequential(self):
        return Object("nn.Sequential", modules={i + 1: module for i, module in enumerate(self.modules)}, train=True)


def author():
    make = Maker("Cuda", shared=True)
    make.conv(3, 4, pad=1)
    make.add("ReLU", threshold=0, val=0, inplace=False)
    make.conv(4, 4, pad=1)
    make.add("ReLU", threshold=0, val=0, inplace=False)
    first = make.pool(updateOutput=Closure(), iheight=16, iwidth=16, ceil_mode=False)
    make.conv(4, 8, pad=1)
    make.add("ReLU", threshold=0, val=0, inplace=False)
    second = make.pool(updateOutput=Closure(), iheight=8, iwidth=8, ceil_mode=False)
    make.shape("Reshape", 8 * 4 * 4)
    make.linear(128, 10)
    make.linear(10, 128)
    make.shape("Reshape", 8, 4, 4)
    make.conv(8, 4, pad=1)
    make.add("ReLU", threshold=0, val=0, inplace=False)
    make.add("SpatialMaxUnpooling", pooling=second)
    make.conv(4, 4, pad=1)
    make.add("ReLU", threshold=0, val=0, inplace=False)
    make.add("SpatialMaxUnpooling", pooling=first)
    make.conv(4, 3, pad=1)
    Writer().save("author", make.sequential())

    def forward(x, w):
        x = F.relu(F.conv2d(F.relu(F.conv2d(x, *w(0), padding=1)), *w(2), padding=1))
        x, one = F.max_pool2d(x, 2, return_indices=True)
        x, two = F.max_pool2d(F.relu(F.conv2d(x, *w(5), padding=1)), 2, return_indices=True)
        x = F.linear(F.linear(x.flatten(1), *w(9)), *w(10)).view(-1, 8, 4, 4)
        x = F.max_unpool2d(F.relu(F.conv2d(x, *w(12), padding=1)), two[:, :4], 2)
        x = F.max_unpool2d(F.relu(F.conv2d(x, *w(15), padding=1)), one, 2)
        return F.conv2d(x, *w(18), padding=1)

    return (16, 16, 3), forward


def mirrored():
    """Longs of 4 bytes, doubles, flat kernels, odd sizes, features in an order, and a table around the network."""
    make = Maker("Double")
    make.conv(1, 4, name="SpatialConvolutionMM", flat=True)
    make.add("Tanh")
    pool = make.pool(ceil_mode=True)
    make.shape("View", -1, 4 * 6 * 6)
    make.linear(144, 12)
    make.add("Dropout", p=0.5, v2=True)
    make.linear(12, 144)
    means, variances = drawn(144), 1 + drawn(144) ** 2
    make.add(
        "BatchNormalization",
        eps=1e-3,
        momentum=0.1,
        weight=make.tensor(1 + drawn(144)),
        bias=make.tensor(drawn(144)),
        running_mean=make.tensor(means),
        running_var=make.tensor(variances),
    )
    make.shape("View", 4, 6, 6)
    make.add("SpatialMaxUnpooling", pooling=pool)
    make.conv(4, 1, name="SpatialFullConvolution")
    tables = {"net": make.sequential(), "epoch": 3}
    Writer(4).save("mirrored", tables)
    Writer(8).save("mirrored-8", tables)

    def forward(x, w):
        x = torch.tanh(F.conv2d(x, w(0)[0].view(4, 1, 3, 3), w(0)[1]))
        x, mask = F.max_pool2d(x, 2, ceil_mode=True, return_indices=True)
        x = F.linear(F.linear(x.flatten(1), *w(4)), *w(6))
        weight, bias, mean, variance = w(7)
        x = F.batch_norm(x, mean, variance, weight, bias, eps=1e-3).view(-1, 4, 6, 6)
        x = F.max_unpool2d(x, mask, 2, output_size=(11, 11))
        return F.conv_transpose2d(x, *w(10))

    return (13, 13, 1), forward


def padded():
    """cudnn's classes, padding of all kinds, and shapes without a linear module to take up their order."""
    make = Maker("Float", prefix="cudnn")
    make.conv(2, 6, size=4, step=2, pad=1, bias=False)
    make.add("LeakyReLU", negval=0.125, inplace=True)
    make.add("SpatialAveragePooling", kW=3, kH=3, dW=1, dH=1, padW=0, padH=0, ceil_mode=False)
    make.shape("View", 96)
    make.shape("Reshape", 96)
    make.linear(96, 24)
    make.add("Sigmoid", "cudnn")
    make.linear(24, 96)
    make.shape("View", 48, 1, 2)
    make.shape("View", 6, 4, 4)
    make.add("SpatialUpSamplingNearest", scale_factor=3)
    make.conv(6, 4, size=3, step=1, pad=2, name="SpatialFullConvolution")
    make.add("Threshold", threshold=0.25, val=0)
    make.add("SpatialZeroPadding", pad_l=2, pad_r=0, pad_t=1, pad_b=1)
    make.conv(4, 2, size=1)
    Writer().save("padded", make.sequential())

    def forward(x, w):
        x = F.leaky_relu(F.conv2d(x, w(0)[0], stride=2, padding=1), 0.125)
        x = F.avg_pool2d(x, 3, 1).flatten(1)
        x = F.linear(torch.sigmoid(F.linear(x, *w(5))), *w(7)).view(-1, 6, 4, 4)
        x = F.conv_transpose2d(F.interpolate(x, scale_factor=3), *w(11), padding=2)
        return F.conv2d(F.pad(F.threshold(x, 0.25, 0), (2, 0, 1, 1)), *w(14))

    return (12, 12, 2), forward


def weights_of(modules, names=("weight", "bias", "running_mean", "running_var")):
    def of(i):
        found = [modules[i]._obj.get(name.encode()) for name in names]
        return [torch.from_numpy(np.array(each)).float() for each in found if each is not None]

    return of


def main():
    cases = {}
    for make, file in ((author, "author"), (mirrored, "mirrored-8"), (padded, "padded")):
        shape, forward = make()
        read = torchfile.load(HERE / "torch7" / f"{file}.t7")
        modules = (read if isinstance(read, torchfile.TorchObject) else read[b"net"])[b"modules"]
        height, width, channels = shape
        # Few levels, so that windows have several maxima.
        images = rng.integers(0, 4, (2, channels, height, width)) / 4
        made = forward(torch.from_numpy(images).float(), weights_of(modules))
        assert made.shape == images.shape, (make, made.shape)
        flat = lambda values: np.transpose(values, (0, 2, 3, 1)).ravel().tolist()
        cases[make.__name__] = {"shape": shape, "images": flat(images), "expected": flat(made.detach().numpy())}
    made_with = {"torch": torch.__version__, "numpy": np.__version__, "torchfile": "0.1.0"}
    (HERE / "torch7.json").write_text(json.dumps({"made with": made_with, "cases": cases}) + "\n")


main()

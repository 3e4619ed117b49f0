"""Writes the golden files of @ae/layers with PyTorch: values, indices and gradients of pooling, unpooling and training kernels.

Usage: python generate.py OUTPUT_DIRECTORY

PyTorch works on NCHW and counts indices within a plane; the files hold NHWC and indices (y * W + x) * C + c. Inputs are multiples
of 1/16, so that sums of products are exact in float32 and backends that add in another order must still agree.
Writes pooling.json, unpooling.json, kernels.json, network.json and manifest.json (versions and SHA-256 of the others).
"""

import hashlib
import json
import math
import pathlib
import sys

import numpy as np
import torch
import torch.nn.functional as F

SEED = 20160214
NAN, INF = math.nan, math.inf
rng = np.random.default_rng()  # main() seeds it for each file


# --- layouts and numbers ---------------------------------------------------------------------------------------------


def to_nhwc(tensor):
    return tensor.detach().permute(0, 2, 3, 1).contiguous()


def to_nchw(tensor):
    return tensor.permute(0, 3, 1, 2).contiguous()


def indices_to_nhwc(planes, channels):
    """[N, C, h, w] indices y * W + x of a plane -> [N, h, w, C] indices (y * W + x) * C + c of an image."""
    return to_nhwc(planes) * channels + torch.arange(channels)


def indices_to_planes(indices, channels):
    return to_nchw(torch.div(indices, channels, rounding_mode="floor"))


def sixteenths(*shape, low=-32, high=32):
    """Multiples of 1/16, so small that a sum of some thousand products of two is exact in float32."""
    return torch.tensor(rng.integers(low, high, size=shape) / 16, dtype=torch.float32)


def shorten(value):
    """Drops the ".0" of whole numbers, but keeps the sign of -0.0."""
    whole = isinstance(value, float) and value.is_integer() and str(value) != "-0.0"
    return int(value) if whole else value


def encode(tensor):
    """Shape and flat values. Floats are the shortest decimals that give the same float32; NaN and infinities are strings."""
    flat = tensor.detach().cpu().numpy().reshape(-1)
    if flat.dtype.kind == "i":
        return {"shape": list(tensor.shape), "values": [int(v) for v in flat]}
    special = {"nan": "NaN", "inf": "Infinity", "-inf": "-Infinity"}
    values = [special[str(v)] if str(v) in special else float(str(v)) for v in flat.astype(np.float32)]
    return {"shape": list(tensor.shape), "values": [shorten(v) for v in values]}


# --- pooling ---------------------------------------------------------------------------------------------------------


def same_padding(size, window, stride):
    total = max(0, (math.ceil(size / stride) - 1) * stride + window - size)
    return total // 2, total - total // 2


def pool_case(name, x, pool, strides=None, padding="valid", ceil_mode=False, ours=None):
    """Pools x [N, H, W, C]. Asymmetric padding is added by hand as -Infinity; `ours` overrides the padding we are to be given."""
    strides = strides or pool
    _, height, width, channels = x.shape
    x = x.clone().requires_grad_()
    planes = to_nchw(x)
    if isinstance(padding, int):
        values, indices = F.max_pool2d(planes, pool, strides, padding, ceil_mode=ceil_mode, return_indices=True)
    else:
        if padding == "same":
            (top, bottom), (left, right) = (same_padding(s, k, d) for s, k, d in zip((height, width), pool, strides))
        else:
            (top, bottom), (left, right) = ((0, 0), (0, 0)) if padding == "valid" else padding
        padded = F.pad(planes, (left, right, top, bottom), value=-INF)
        values, indices = F.max_pool2d(padded, pool, strides, ceil_mode=ceil_mode, return_indices=True)
        padded_width = width + left + right
        rows, columns = torch.div(indices, padded_width, rounding_mode="floor") - top, indices % padded_width - left
        assert ((rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)).all(), f"{name}: padding won"
        indices = rows * width + columns
    dy = sixteenths(*values.permute(0, 2, 3, 1).shape)
    (dx,) = torch.autograd.grad(values, x, to_nchw(dy))
    return {
        "name": name,
        "poolSize": list(pool),
        "strides": list(strides),
        "padding": ours if ours is not None else padding,
        "x": encode(x),
        "values": encode(to_nhwc(values)),
        "indices": encode(indices_to_nhwc(indices, channels)),
        "dy": encode(dy),
        "dx": encode(dx),
    }


def with_special(shape, specials, share=0.3):
    """Sixteenths, a share of which is replaced by the specials."""
    x = sixteenths(*shape).numpy().reshape(-1)
    places = rng.random(x.size) < share
    x[places] = rng.choice(np.array(specials, dtype=np.float32), size=int(places.sum()))
    return torch.tensor(x.reshape(shape))


def pooling():
    bits = lambda *shape: torch.tensor(rng.integers(0, 2, size=shape), dtype=torch.float32)
    negative = lambda *shape: sixteenths(*shape, low=-64, high=-1)
    nan_corners = torch.full((1, 4, 4, 1), 1.0)
    nan_corners[0, 0, 0, 0] = nan_corners[0, 1, 3, 0] = nan_corners[0, 2, 0, 0] = nan_corners[0, 3, 1, 0] = NAN
    return [
        pool_case("batch of one", sixteenths(1, 4, 4, 1), (2, 2)),
        pool_case("batch of many", sixteenths(3, 6, 4, 2), (2, 2)),
        pool_case("empty batch", sixteenths(0, 4, 4, 2), (2, 2)),
        pool_case("odd sizes", sixteenths(2, 5, 7, 3), (2, 2)),
        pool_case("ties", bits(2, 6, 6, 3), (2, 2)),
        pool_case("all equal", torch.ones(1, 4, 6, 2), (2, 2)),
        pool_case("zeros of both signs", with_special((1, 6, 6, 1), [0.0, -0.0], share=1.0), (2, 2)),
        pool_case("overlapping windows", sixteenths(2, 5, 6, 2), (3, 3), (1, 1)),
        pool_case("overlapping windows with ties", bits(2, 6, 5, 2), (3, 3), (1, 1)),
        pool_case("overlap in one direction", sixteenths(1, 6, 9, 2), (2, 3), (2, 1)),
        pool_case("stride 2, window 3, odd", sixteenths(2, 9, 7, 2), (3, 3), (2, 2)),
        pool_case("stride larger than the window", sixteenths(1, 8, 9, 2), (2, 2), (3, 3)),
        pool_case("window of one", sixteenths(1, 3, 3, 2), (1, 1)),
        pool_case("window of the whole picture", sixteenths(2, 4, 5, 2), (4, 5)),
        pool_case("twelve channels", sixteenths(2, 6, 6, 12), (2, 2)),
        pool_case("padding 1", negative(2, 5, 6, 2), (3, 3), (2, 2), padding=1),
        pool_case("padding 1 without overlap", negative(1, 5, 5, 2), (2, 2), (2, 2), padding=1),
        pool_case("padding on each side by itself", negative(1, 6, 5, 2), (3, 4), (2, 3), padding=((0, 2), (3, 1))),
        pool_case("same, even", negative(1, 4, 4, 2), (2, 2), padding="same"),
        pool_case("same, odd", negative(2, 5, 7, 2), (2, 2), padding="same"),
        pool_case("same, overlapping", negative(1, 5, 6, 2), (3, 3), (2, 2), padding="same"),
        pool_case("same, stride 1", negative(1, 4, 3, 2), (3, 2), (1, 1), padding="same"),
        pool_case("PyTorch's ceil_mode", negative(1, 5, 7, 2), (2, 2), ceil_mode=True, ours=((0, 1), (0, 1))),
        pool_case("more windows than pixels", negative(1, 3, 4, 2), (3, 3), (1, 1), padding=((2, 2), (2, 1))),
        pool_case("one NaN a window", nan_corners, (2, 2)),
        pool_case("many NaNs", with_special((2, 6, 6, 2), [NAN]), (2, 2)),
        pool_case("NaN in overlapping windows", with_special((1, 6, 6, 2), [NAN], share=0.1), (3, 3), (1, 1)),
        pool_case("NaN everywhere", torch.full((1, 4, 4, 1), NAN), (2, 2)),
        pool_case("infinities", with_special((2, 6, 6, 2), [INF, -INF], share=0.6), (2, 2)),
        pool_case("windows of -Infinity", torch.full((1, 4, 4, 2), -INF), (2, 2)),
        pool_case("-Infinity beside padding", torch.full((1, 4, 4, 1), -INF), (3, 3), (2, 2), padding=1),
        pool_case("NaN and infinities", with_special((2, 7, 7, 2), [NAN, INF, -INF], share=0.7), (3, 3), (2, 2)),
    ]


# --- unpooling -------------------------------------------------------------------------------------------------------


def unpool_case(name, pooled_shape, pool, strides=None, padding=0, ties=False):
    """Unpools random values with the mask of a pooled random input. aten's op is used: F.max_unpool2d refuses some sizes."""
    _, height, width, channels = pooled_shape
    source = sixteenths(*pooled_shape) if not ties else torch.tensor(rng.integers(0, 2, size=pooled_shape), dtype=torch.float32)
    _, planes = F.max_pool2d(to_nchw(source), pool, strides or pool, padding, return_indices=True)
    values = sixteenths(*to_nhwc(planes).shape).requires_grad_()
    y = torch.ops.aten.max_unpool2d(to_nchw(values), planes, [height, width])
    dy = sixteenths(*pooled_shape)
    (dvalues,) = torch.autograd.grad(y, values, to_nchw(dy))
    indices = indices_to_nhwc(planes, channels)
    per_image = indices.reshape(indices.shape[0], -1)
    distinct = all(len(set(image.tolist())) == image.numel() for image in per_image)
    return {
        "name": name,
        "mask": "strict",
        "distinct": distinct,
        "outputSize": [height, width],
        "values": encode(values),
        "indices": encode(indices),
        "y": encode(to_nhwc(y)),
        "dy": encode(dy),
        "dvalues": encode(dvalues),
    }


def torch7_case(name, pooled_shape, channels):
    """Unpools C channels with the first C channels of a mask of M, as Torch7's CUDA code did in 2016."""
    _, height, width, mask_channels = pooled_shape
    _, planes = F.max_pool2d(to_nchw(sixteenths(*pooled_shape)), 2, return_indices=True)
    values = sixteenths(*to_nhwc(planes).shape[:3], channels).requires_grad_()
    y = torch.ops.aten.max_unpool2d(to_nchw(values), planes[:, :channels], [height, width])
    dy = sixteenths(*to_nhwc(y).shape)
    (dvalues,) = torch.autograd.grad(y, values, to_nchw(dy))
    return {
        "name": name,
        "mask": "torch7",
        "distinct": True,
        "outputSize": [height, width],
        "values": encode(values),
        "indices": encode(indices_to_nhwc(planes, mask_channels)),
        "y": encode(to_nhwc(y)),
        "dy": encode(dy),
        "dvalues": encode(dvalues),
    }


def unpooling():
    return [
        unpool_case("batch of one", (1, 4, 4, 1), (2, 2)),
        unpool_case("batch of many", (3, 6, 4, 2), (2, 2)),
        unpool_case("odd sizes", (2, 5, 7, 3), (2, 2)),
        unpool_case("twelve channels", (2, 6, 6, 12), (2, 2)),
        unpool_case("stride larger than the window", (1, 8, 9, 2), (2, 2), (3, 3)),
        unpool_case("padding", (2, 5, 6, 2), (2, 2), (2, 2), padding=1),
        unpool_case("window of the whole picture", (2, 4, 5, 2), (4, 5)),
        unpool_case("overlapping windows: the last write wins", (2, 5, 6, 3), (3, 3), (1, 1)),
        unpool_case("overlapping windows with ties", (2, 6, 6, 2), (3, 3), (1, 1), ties=True),
        unpool_case("overlapping windows with stride 2", (1, 9, 7, 2), (3, 3), (2, 2), padding=1),
        torch7_case("torch7: half of the mask's channels", (2, 4, 6, 4), 2),
        torch7_case("torch7: one of three", (1, 5, 5, 3), 1),
    ]


# --- kernels that training needs -------------------------------------------------------------------------------------


def convolution_case(name, x_shape, kernel, filters, strides=1, padding="valid", transpose=False):
    """Convolution, bias, and their gradients. Kernels are written as TensorFlow has them: [kh, kw, in, out], transposed [kh, kw, out, in]."""
    channels = x_shape[3]
    x = sixteenths(*x_shape).requires_grad_()
    shape = (*kernel, filters, channels) if transpose else (*kernel, channels, filters)
    weight = sixteenths(*shape).requires_grad_()
    bias = sixteenths(filters).requires_grad_()
    torch_weight = weight.permute(3, 2, 0, 1)  # [out, in, kh, kw], transposed [in, out, kh, kw]
    planes = to_nchw(x)
    if transpose:
        crop = tuple((k - 1) // 2 for k in kernel) if padding == "same" else 0
        assert padding == "valid" or (strides == 1 and all(k % 2 for k in kernel))
        y = F.conv_transpose2d(planes, torch_weight, bias, strides, crop)
    else:
        if padding == "same":
            (top, bottom), (left, right) = (same_padding(s, k, strides) for s, k in zip(x_shape[1:3], kernel))
            planes = F.pad(planes, (left, right, top, bottom))
        y = F.conv2d(planes, torch_weight, bias, strides)
    dy = sixteenths(*y.permute(0, 2, 3, 1).shape)
    dx, dweight, dbias = torch.autograd.grad(y, (x, weight, bias), to_nchw(dy))
    return {
        "name": name,
        "transpose": transpose,
        "strides": strides,
        "padding": padding,
        "x": encode(x),
        "kernel": encode(weight),
        "bias": encode(bias),
        "y": encode(to_nhwc(y)),
        "dy": encode(dy),
        "dx": encode(dx),
        "dkernel": encode(dweight),
        "dbias": encode(dbias),
    }


def matmul_case(name, a_shape, b_shape):
    a, b = sixteenths(*a_shape).requires_grad_(), sixteenths(*b_shape).requires_grad_()
    y = a @ b
    dy = sixteenths(*y.shape)
    da, db = torch.autograd.grad(y, (a, b), dy)
    return {"name": name, **{k: encode(v) for k, v in dict(a=a, b=b, y=y, dy=dy, da=da, db=db).items()}}


def sum_case(shape, axes, keep):
    x = sixteenths(*shape)
    return {"axes": axes, "keepDims": keep, "x": encode(x), "y": encode(x.sum(dim=axes, keepdim=keep))}


def add_case(a_shape, b_shape):
    a, b = sixteenths(*a_shape).requires_grad_(), sixteenths(*b_shape).requires_grad_()
    y = a + b
    dy = sixteenths(*y.shape)
    da, db = torch.autograd.grad(y, (a, b), dy)
    return {k: encode(v) for k, v in dict(a=a, b=b, y=y, dy=dy, da=da, db=db).items()}


def kernels():
    picture = (2, 3, 4, 5)
    x = with_special((3, 7), [0.0, -0.0, INF, -INF], share=0.4).requires_grad_()
    y = F.relu(x)
    dy = sixteenths(3, 7)
    (dx,) = torch.autograd.grad(y, x, dy)
    return {
        "convolutions": [
            convolution_case("3x3", (2, 7, 6, 3), (3, 3), 4),
            convolution_case("3x3, 3 to 12 channels", (2, 8, 9, 3), (3, 3), 12),
            convolution_case("3x3, 12 to 24 channels", (1, 6, 7, 12), (3, 3), 24),
            convolution_case("3x3, empty batch", (0, 5, 5, 2), (3, 3), 3),
            convolution_case("3x3, same", (2, 5, 4, 3), (3, 3), 2, padding="same"),
            convolution_case("3x3, stride 2", (1, 7, 8, 2), (3, 3), 3, strides=2),
            convolution_case("3x3, stride 2, same", (1, 6, 7, 2), (3, 3), 3, strides=2, padding="same"),
            convolution_case("5x4", (1, 7, 7, 2), (5, 4), 3),
            convolution_case("1x1", (2, 4, 3, 5), (1, 1), 3),
            convolution_case("the whole picture", (2, 3, 4, 2), (3, 4), 3),
            convolution_case("transposed 3x3", (2, 4, 5, 3), (3, 3), 4, transpose=True),
            convolution_case("transposed 3x3, 24 to 12 channels", (1, 4, 4, 24), (3, 3), 12, transpose=True),
            convolution_case("transposed 3x3, 12 to 3 channels", (2, 5, 4, 12), (3, 3), 3, transpose=True),
            convolution_case("transposed 3x3, same", (2, 4, 5, 2), (3, 3), 3, padding="same", transpose=True),
            convolution_case("transposed 3x3, stride 2", (1, 3, 4, 2), (3, 3), 3, strides=2, transpose=True),
            convolution_case("transposed 2x2, stride 2", (2, 3, 3, 2), (2, 2), 4, strides=2, transpose=True),
            convolution_case("transposed 4x5", (1, 3, 3, 2), (4, 5), 2, transpose=True),
        ],
        "matMuls": [
            matmul_case("small", (2, 3), (3, 4)),
            matmul_case("no multiple of a tile", (9, 33), (33, 13)),
            matmul_case("one row", (1, 40), (40, 17)),
            matmul_case("one column", (17, 40), (40, 1)),
            matmul_case("inner size 1", (5, 1), (1, 7)),
        ],
        "sums": [
            sum_case(picture, [0, 1, 2], False),
            sum_case(picture, [0, 1, 2], True),
            sum_case(picture, [1, 2, 3], False),
            sum_case(picture, [0, 1, 3], False),
            sum_case(picture, [0, 1], False),
            sum_case(picture, [3], True),
            sum_case((4, 6), [0], False),
            sum_case((4, 6), [1], False),
            sum_case((7,), [0], False),
        ],
        "additions": [
            add_case(picture, (5,)),
            add_case(picture, (1, 1, 1, 5)),
            add_case(picture, (2, 1, 1, 1)),
            add_case(picture, (1, 3, 1, 5)),
            add_case(picture, picture),
            add_case((5,), picture),
            add_case((4, 6), (6,)),
            add_case((4, 6), (1,)),
            add_case((6,), (6,)),
            add_case((1, 5), (3, 5)),
            add_case((2, 5), (1, 1, 5)),
        ],
        "relu": {k: encode(v) for k, v in dict(x=x, y=y, dy=dy, dx=dx).items()},
    }


# --- a whole network -------------------------------------------------------------------------------------------------


def network():
    """Loss and all gradients of a mirror network for 16x16 pictures: 4 and 6 channels, a code of 10."""
    x = sixteenths(3, 16, 16, 3, low=0, high=16)
    shapes = [(3, 3, 3, 4), (3, 3, 4, 4), (3, 3, 4, 6), (24, 10), (10, 24), (3, 3, 4, 6), (3, 3, 4, 4), (3, 3, 3, 4)]
    biases = [4, 4, 6, 10, 24, 4, 4, 3]
    weights = [(sixteenths(*s, low=-8, high=9) / 4).requires_grad_() for s in shapes]
    offsets = [(sixteenths(n, low=-8, high=9) / 8).requires_grad_() for n in biases]
    conv = lambda h, i: F.conv2d(h, weights[i].permute(3, 2, 0, 1), offsets[i])
    deconv = lambda h, i: F.conv_transpose2d(h, weights[i].permute(3, 2, 0, 1), offsets[i])
    unpool = lambda h, mask, size: F.max_unpool2d(h, mask, 2, output_size=size)

    h = F.relu(conv(F.relu(conv(to_nchw(x), 0)), 1))
    h, mask1 = F.max_pool2d(h, 2, return_indices=True)
    h, mask2 = F.max_pool2d(F.relu(conv(h, 2)), 2, return_indices=True)
    code = h.permute(0, 2, 3, 1).reshape(3, 24) @ weights[3] + offsets[3]
    h = (code @ weights[4] + offsets[4]).reshape(3, 2, 2, 6).permute(0, 3, 1, 2)
    h = F.relu(deconv(unpool(h, mask2, (4, 4)), 5))
    h = F.relu(deconv(unpool(h, mask1, (12, 12)), 6))
    y = deconv(h, 7)
    loss = F.mse_loss(y, to_nchw(x))
    tensors = [t for pair in zip(weights, offsets) for t in pair]
    grads = torch.autograd.grad(loss, tensors)
    return {
        "x": encode(x),
        "weights": [encode(t) for t in tensors],
        "code": encode(code),
        "masks": [encode(indices_to_nhwc(m, m.shape[1])) for m in (mask1, mask2)],
        "y": encode(to_nhwc(y)),
        "loss": float(str(np.float32(loss.item()))),
        "grads": [encode(g) for g in grads],
    }


def main(directory):
    global rng
    directory.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    checksums = {}
    for name, make in dict(pooling=pooling, unpooling=unpooling, kernels=kernels, network=network).items():
        # Seeded by the name, so that a case added to one file leaves the others as they are.
        rng = np.random.default_rng([SEED, *name.encode()])
        text = json.dumps(make(), separators=(",", ":"), allow_nan=False) + "\n"
        (directory / f"{name}.json").write_text(text)
        checksums[f"{name}.json"] = hashlib.sha256(text.encode()).hexdigest()
    versions = {"python": sys.version.split()[0], "torch": torch.__version__, "numpy": np.__version__}
    manifest = {"seed": SEED, "versions": versions, "sha256": checksums}
    (directory / "manifest.json").write_text(json.dumps(manifest, indent=2) + "\n")


main(pathlib.Path(sys.argv[1]))

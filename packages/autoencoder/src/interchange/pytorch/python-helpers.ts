/** Parts of the Python program that only some networks need, by name. */
export const pythonHelpers = {
  extend: `
def extend(images: Tensor, block: tuple[int, int]) -> Tensor:
    """Pads images at the bottom and right with their mirror images, to whole blocks."""
    for axis, side in zip((2, 3), block):
        size = images.shape[axis]
        places = torch.arange(-(-size // side) * side, device=images.device) % (2 * size)
        if len(places) > size:
            images = images.index_select(axis, torch.minimum(places, 2 * size - 1 - places))
    return images
`,
  cut_like: `
def cut_like(images: Tensor, other: Tensor) -> Tensor:
    """Crops images to the height and width of others."""
    return images[:, :, : other.shape[2], : other.shape[3]]
`,
  cosines: `
def cosines(size: int) -> Tensor:
    """Returns the orthonormal cosine transform (DCT-II): row k is the cosine of frequency k."""
    frequencies = torch.arange(size, dtype=torch.float64)
    matrix = torch.cos(math.pi / size * (frequencies + 0.5) * frequencies.unsqueeze(1))
    matrix *= math.sqrt(2 / size)
    matrix[0] = math.sqrt(1 / size)
    return matrix.float()
`,
  BlockTransform: `
class BlockTransform(nn.Module):
    """Transforms blocks of images [N, C, H, W] to some of their cosine coefficients, [N, rows, columns, coefficients]."""

    def __init__(self, channels: int, block: tuple[int, int], coefficients: int):
        super().__init__()
        self.block = block
        self.register_buffer("colors", torch.eye(channels))
        self.register_buffer("positions", torch.zeros(coefficients, dtype=torch.int64))
        self.register_buffer("down", cosines(block[0]), persistent=False)
        self.register_buffer("across", cosines(block[1]), persistent=False)

    def forward(self, images: Tensor) -> Tensor:
        height, width = self.block
        colors = torch.einsum("ncyx,cd->ndyx", extend(images, self.block), self.colors)
        blocks = colors.unflatten(3, (-1, width)).unflatten(2, (-1, height))
        by_width = torch.einsum("ncrysx,ux->ncrysu", blocks, self.across)
        by_height = torch.einsum("ncrysu,vy->nrscuv", by_width, self.down)
        return by_height.flatten(3)[..., self.positions]
`,
  InverseBlockTransform: `
class InverseBlockTransform(nn.Module):
    """Makes images [N, C, H, W] from the coefficients that BlockTransform kept; crops them to a size, if one is given."""

    def __init__(self, channels: int, block: tuple[int, int], size: tuple[int, int] | None = None):
        super().__init__()
        self.shape = (channels, block[1], block[0])
        self.size = size
        self.register_buffer("colors", torch.eye(channels))
        self.register_buffer("places", torch.zeros(channels * block[0] * block[1], dtype=torch.int64))
        self.register_buffer("down", cosines(block[0]), persistent=False)
        self.register_buffer("across", cosines(block[1]), persistent=False)

    def forward(self, coefficients: Tensor) -> Tensor:
        blocks = F.pad(coefficients, (0, 1))[..., self.places].unflatten(3, self.shape)
        by_height = torch.einsum("nrscuv,vy->nrscuy", blocks, self.down)
        by_width = torch.einsum("nrscuy,ux->ncrysx", by_height, self.across)
        images = torch.einsum("ndyx,cd->ncyx", by_width.flatten(4).flatten(2, 3), self.colors)
        return images if self.size is None else images[:, :, : self.size[0], : self.size[1]]
`,
  inside: `
def inside(positions: Tensor, size: int) -> Tensor:
    """Replaces positions outside of rows of a size by that size."""
    return torch.where((positions >= 0) & (positions < size), positions, size)
`,
  ZonalCode: `
class ZonalCode(nn.Module):
    """Encodes [..., values] as [..., numbers]: the index of the zone that keeps most, divided by their number, and its values."""

    def __init__(self, values: int, zones: int, numbers: int):
        super().__init__()
        self.register_buffer("positions", torch.zeros(zones, numbers - 1, dtype=torch.int64))
        self.register_buffer("means", torch.zeros(values))

    def forward(self, values: Tensor) -> Tensor:
        size, zones = len(self.means), len(self.positions)
        positions = inside(self.positions, size)
        deviations = values - self.means
        keeps = deviations.new_zeros(zones, size + 1).scatter(1, positions, 1.0)[:, :size]
        zone = (deviations.square() @ keeps.T).argmax(-1)
        kept = F.pad(deviations, (0, 1)).gather(-1, positions[zone])
        return torch.cat([(zone / zones).unsqueeze(-1).to(kept.dtype), kept], -1)
`,
  InverseZonalCode: `
class InverseZonalCode(nn.Module):
    """Decodes what ZonalCode made: values that the zone did not keep become means."""

    def __init__(self, values: int, zones: int, numbers: int):
        super().__init__()
        self.register_buffer("positions", torch.zeros(zones, numbers - 1, dtype=torch.int64))
        self.register_buffer("means", torch.zeros(values))

    def forward(self, code: Tensor) -> Tensor:
        size, zones = len(self.means), len(self.positions)
        zone = (code[..., 0] * zones).round().nan_to_num(0).clamp(0, zones - 1).long()
        deviations = code.new_zeros(*code.shape[:-1], size + 1)
        deviations = deviations.scatter(-1, inside(self.positions, size)[zone], code[..., 1:])
        return deviations[..., :size] + self.means
`,
  average_pool: `
def average_pool(x: Tensor, size: tuple[int, int], stride: tuple[int, int], sides: tuple[int, ...]) -> Tensor:
    """Averages over windows, counting only what is inside the image; sides: left, right, top, bottom."""
    sums = F.avg_pool2d(F.pad(x, sides), size, stride)
    return sums / F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), sides), size, stride)
`,
  enlarge: `
def enlarge(x: Tensor, axis: int, factor: int) -> Tensor:
    """Enlarges along an axis by linear interpolation between neighbors; the last one is repeated."""
    size = x.shape[axis]
    following = torch.cat([x.narrow(axis, 1, size - 1), x.narrow(axis, size - 1, 1)], axis)
    parts = [torch.lerp(x, following, part / factor) for part in range(factor)]
    return torch.stack(parts, axis + 1).flatten(axis, axis + 1)
`,
} as const;

export type PythonHelper = keyof typeof pythonHelpers;

/** The helpers that each of them calls. */
const needs: Readonly<Partial<Record<PythonHelper, readonly PythonHelper[]>>> = {
  BlockTransform: ['extend', 'cosines'],
  InverseBlockTransform: ['cosines'],
  ZonalCode: ['inside'],
  InverseZonalCode: ['inside'],
};

/** Returns the text of helpers, and of those that they call, in the order of the table. */
export function helperText(wanted: ReadonlySet<PythonHelper>): string {
  const all = new Set([...wanted].flatMap((name) => [name, ...(needs[name] ?? [])]));
  const names = Object.keys(pythonHelpers) as PythonHelper[];
  return names
    .filter((name) => all.has(name))
    .map((name) => `\n${pythonHelpers[name]}`)
    .join('');
}

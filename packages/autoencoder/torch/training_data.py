"""Which images make which update: those that @ae takes, from the same database, in the same order, changed by the same random numbers."""
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor

import lmdb
import numpy as np
import torch


class Random:
    """The random numbers of @ae (sfc32), from a state of four 32-bit integers."""

    def __init__(self, state):
        self.state = [word & 0xFFFFFFFF for word in state]

    def uniform(self):
        a, b, c, counter = self.state
        drawn = (a + b + counter) & 0xFFFFFFFF
        rotated = (c << 21 | c >> 11) & 0xFFFFFFFF
        self.state = [b ^ (b >> 9), (c + (c << 3)) & 0xFFFFFFFF, (rotated + drawn) & 0xFFFFFFFF, (counter + 1) & 0xFFFFFFFF]
        return drawn / 2**32

    def permutation(self, count):
        order = list(range(count))
        for i in range(count - 1, 0, -1):
            j = int(self.uniform() * (i + 1))
            order[i], order[j] = order[j], order[i]
        return order


class Records:
    """Images of an LMDB of Caffe's Datums by their number: in the order of keys, or in that of a list of such numbers."""

    def __init__(self, place, about, folder):
        name = about.get("database")
        env = lmdb.open(str(place), subdir=os.path.isdir(place), readonly=True, lock=False, readahead=False, max_dbs=1 if name else 0)
        database = env.open_db(name.encode(), create=False) if name else None
        self.reader = env.begin(db=database, buffers=True)
        self.keys = [bytes(key) for key in self.reader.cursor().iternext(values=False)]
        if len(self.keys) != about["records"]:
            raise SystemExit(f"{place}: expected {about['records']} records, as the recipe has it, received {len(self.keys)}.")
        self.numbers = np.fromfile(folder / about["numbers"], "<u4") if "numbers" in about else range(len(self.keys))

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        """Returns the bytes of an image as they are stored: [channels, height, width], blue first."""
        key = self.keys[self.numbers[index]]
        datum = parse_datum(self.reader.get(key))
        if not datum.get(7):
            return np.frombuffer(datum[4], np.uint8).reshape(datum[1], datum[2], datum[3])
        import cv2

        pixels = cv2.imdecode(np.frombuffer(datum[4], np.uint8), cv2.IMREAD_UNCHANGED)
        if pixels is None or pixels.dtype != np.uint8:
            raise SystemExit(f"key {key.decode(errors='replace')}: expected an image of bytes, received one that OpenCV does not read so.")
        return np.atleast_3d(pixels).transpose(2, 0, 1)


def parse_datum(value):
    """Returns the fields of a Datum, a message of protobuf: 1 channels, 2 height, 3 width, 4 data, 7 whether that is a file."""
    fields, at = {}, 0

    def varint():
        nonlocal at
        number = shift = 0
        while True:
            byte = value[at]
            at += 1
            number |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return number

    while at < len(value):
        field, kind = divmod(varint(), 8)
        if kind not in (0, 2):
            raise SystemExit("A record holds float_data, which is not read here: make one of bytes.")
        if kind == 0:
            fields[field] = varint()
        else:
            length = varint()
            fields[field] = value[at : at + length]
            at += length
    return fields


class TrainingData:
    """Images in the order of their updates, cut between processes: this is number `rank` of `world`."""

    def __init__(self, source, recipe, rank, world):
        self.source, self.recipe, self.rank, self.world = source, recipe, rank, world

    def order(self, at):
        """Returns the numbers of the images of the epoch in work, and the state of random numbers that the next epoch begins with."""
        random, records = Random(at["orderRandom"]), self.recipe["records"]
        shown = records["perEpoch"] if records else len(self.source)
        once = random.permutation(shown) if self.recipe["shuffle"] else range(shown)
        start = (at["epoch"] - 1) * shown if records else 0
        return [(start + i) % len(self.source) for i in once] * (records["passes"] if records else 1), random.state

    def groups(self, order, at):
        """Yields for each update that is left of the epoch how many images it has, the state of random numbers after it, and the images
        that are this process's, which are being read."""
        size = self.recipe["batchSize"] * self.recipe["accumulate"]
        drawn = 2 * self.recipe["crop"] + self.recipe["mirror"]
        random, pending = Random(at["noiseRandom"]), deque()
        with ThreadPoolExecutor(1) as reader:
            for start in range(at["position"], len(order), size):
                group = order[start : start + size]
                draws = [[random.uniform() for _ in range(drawn)] for _ in group]
                mine = self.part(len(group))
                pending.append((len(group), random.state, reader.submit(self.images, self.source, group[mine], draws[mine])))
                if len(pending) > 2:
                    yield pending.popleft()
            yield from pending

    def part(self, count):
        """Returns which of `count` images are this process's: parts follow each other, and differ by one image at most."""
        return slice(self.rank * count // self.world, (self.rank + 1) * count // self.world)

    def images(self, source, indices, draws=None):
        """Returns images [N, C, H, W] as the network sees them: mirrored and cropped as drawn, or their middle."""
        (height, width, channels), recipe = self.recipe["inputShape"], self.recipe
        made = np.empty((len(indices), channels, height, width), np.uint8)
        for i, index in enumerate(indices):
            image = source[index]
            top, left = (image.shape[1] - height) // 2, (image.shape[2] - width) // 2
            if draws and recipe["crop"]:
                top, left = int(draws[i][0] * (image.shape[1] - height + 1)), int(draws[i][1] * (image.shape[2] - width + 1))
            image = image[:, top : top + height, left : left + width]
            made[i] = image[:, :, ::-1] if draws and recipe["mirror"] and draws[i][-1] < 0.5 else image
        if channels in (3, 4) and recipe["channelOrder"] == "rgb":
            made = made[:, [2, 1, 0, 3][:channels]]
        return torch.from_numpy((made * recipe["scale"]).astype(np.float32))

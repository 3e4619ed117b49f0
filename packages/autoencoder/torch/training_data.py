"""Which images make which update: those that @ae takes, from the same database, in the same order, changed by the same random numbers."""
from collections import deque
from concurrent.futures import ThreadPoolExecutor

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
            self.check(image, index)
            top, left = (image.shape[1] - height) // 2, (image.shape[2] - width) // 2
            if draws and recipe["crop"]:
                top, left = int(draws[i][0] * (image.shape[1] - height + 1)), int(draws[i][1] * (image.shape[2] - width + 1))
            image = image[:, top : top + height, left : left + width]
            made[i] = image[:, :, ::-1] if draws and recipe["mirror"] and draws[i][-1] < 0.5 else image
        if channels in (3, 4) and recipe["channelOrder"] == "rgb":
            made = made[:, [2, 1, 0, 3][:channels]]
        return torch.from_numpy((made * recipe["scale"]).astype(np.float32))

    def check(self, image, index):
        """Ends a training on other images than the recipe is for."""
        (height, width, channels), found = self.recipe["inputShape"], image.shape
        fits = found[1] >= height and found[2] >= width if self.recipe["crop"] else found[1:] == (height, width)
        if not (fits and found[0] == channels):
            least = "at least " if self.recipe["crop"] else ""
            sizes = [f"{c}x{h}x{w}" for c, h, w in ((channels, height, width), found)]
            raise SystemExit(f"image {index}: expected {least}{sizes[0]} (channels x height x width), received {sizes[1]}.")

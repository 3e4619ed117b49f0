"""Images that the tests draw again, integer for integer."""

import numpy as np

MASK = 0xFFFFFFFF


class Random:
    """sfc32 seeded by splitmix32."""

    def __init__(self, seed, stream=0):
        s = (seed ^ (stream * 0x9E3779B9)) & MASK
        state = []
        for _ in range(3):
            s = (s + 0x9E3779B9) & MASK
            t = ((s ^ (s >> 16)) * 0x21F0AAAD) & MASK
            t = ((t ^ (t >> 15)) * 0x735A2D97) & MASK
            state.append(t ^ (t >> 15))
        self.a, self.b, self.c = state
        self.counter = 1
        for _ in range(12):
            self.uint32()

    def uint32(self):
        t = (self.a + self.b + self.counter) & MASK
        self.counter = (self.counter + 1) & MASK
        self.a = self.b ^ (self.b >> 9)
        self.b = (self.c + (self.c << 3)) & MASK
        self.c = ((self.c << 21) | (self.c >> 11)) & MASK
        self.c = (self.c + t) & MASK
        return t

    def below(self, n):
        return self.uint32() * n >> 32


def rectangles(random, count, size=64):
    """RGB images of overlapping rectangles: integers only, so that they are the same everywhere. [N, H, W, 3] uint8."""
    images = np.zeros((count, size, size, 3), np.uint8)
    for image in images:
        for _ in range(12):
            x0, y0 = random.below(size), random.below(size)
            x1, y1 = x0 + 1 + random.below(size), y0 + 1 + random.below(size)
            color = [random.below(256) for _ in range(3)]
            image[y0:y1, x0:x1] = color
    return images

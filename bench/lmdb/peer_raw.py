"""The peer: py-lmdb + protobuf (upb) + numpy. Raw 3x64x64 datums to float32 NHWC RGB batches of 32, one core.

    python peer_raw.py DATABASE sequential|random PASSES [--check]

Prints JSON: records, seconds (wall), cpuSeconds, and with --check the sha256 of all batches.
"""

import hashlib
import json
import pathlib
import sys
import time

import lmdb
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "packages/lmdb-datum/test/fixtures"))
from caffe_proto import Datum  # noqa: E402

BATCH = 32
SCALE = np.float32(1 / 256)


def batches(env, order):
    """One batch's memory is used again, as our side is asked to do."""
    out = np.empty((BATCH, 64, 64, 3), np.float32)
    with env.begin(buffers=True) as txn:
        cursor = txn.cursor()
        values = (value for value in cursor.iternext(keys=False)) if order is None else (txn.get(key) for key in order)
        row = 0
        for value in values:
            datum = Datum.FromString(value)
            planar = np.frombuffer(datum.data, np.uint8).reshape(datum.channels, datum.height, datum.width)
            np.multiply(planar[::-1].transpose(1, 2, 0), SCALE, out=out[row], casting="unsafe")
            row += 1
            if row == BATCH:
                yield out
                row = 0
        if row:
            yield out[:row]


def main():
    path, mode, passes = sys.argv[1], sys.argv[2], int(sys.argv[3])
    env = lmdb.open(path, readonly=True, lock=False)
    order = None
    if mode == "random":
        with env.begin() as txn:
            order = [key for key, _ in txn.cursor()]
        np.random.default_rng(1).shuffle(order)
    if "--check" in sys.argv:
        digest = hashlib.sha256()
        for batch in batches(env, None):
            digest.update(batch.tobytes())
        print(json.dumps({"sha256": digest.hexdigest()}))
        return
    records, wall, cpu = 0, time.perf_counter(), time.process_time()
    for _ in range(passes):
        for batch in batches(env, order):
            records += len(batch)
    print(json.dumps({"records": records, "seconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu}))


if __name__ == "__main__":
    main()

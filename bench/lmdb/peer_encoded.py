"""The peer: py-lmdb + protobuf (upb) + OpenCV, on all cores. Encoded datums to float32 NHWC RGB batches of 32.

    python peer_encoded.py DATABASE HEIGHT WIDTH resize|crop threads|processes COUNT PASSES [--check]

threads: a pool decodes the records of a batch side by side (OpenCV leaves the interpreter lock while it decodes).
processes: each process makes whole batches, as PyTorch's DataLoader does, and sends them to this one.
"""

import concurrent.futures
import hashlib
import json
import multiprocessing
import pathlib
import resource
import sys
import time

import cv2
import lmdb
import numpy as np

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "packages/lmdb-datum/test/fixtures"))
from caffe_proto import Datum  # noqa: E402

BATCH = 32
SCALE = np.float32(1 / 256)
path, height, width, how, mode = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:6]
count, passes = int(sys.argv[6]), int(sys.argv[7])
cv2.setNumThreads(1)


def decode(value, out):
    datum = Datum.FromString(value)
    image = cv2.imdecode(np.frombuffer(datum.data, np.uint8), cv2.IMREAD_COLOR)
    if how == "resize":
        image = cv2.resize(image, (width, height))
    else:
        top, left = (image.shape[0] - height) // 2, (image.shape[1] - width) // 2
        image = image[top : top + height, left : left + width]
    np.multiply(image[..., ::-1], SCALE, out=out, casting="unsafe")


def values():
    with lmdb.open(path, readonly=True, lock=False) as env, env.begin() as txn:
        for _ in range(passes):
            batch = []
            for value in txn.cursor().iternext(keys=False):
                batch.append(value)
                if len(batch) == BATCH:
                    yield batch
                    batch = []
            if batch:
                yield batch


def whole_batch(batch):
    out = np.empty((len(batch), height, width, 3), np.float32)
    for value, row in zip(batch, out, strict=True):
        decode(value, row)
    return out


def batches():
    if mode == "processes":
        with multiprocessing.get_context("fork").Pool(count) as pool:
            yield from pool.imap(whole_batch, values())
        return
    out = np.empty((BATCH, height, width, 3), np.float32)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        for batch in values():
            list(pool.map(decode, batch, out))
            yield out[: len(batch)]


def main():
    digest, records, wall = hashlib.sha256(), 0, time.perf_counter()
    started = resource.getrusage(resource.RUSAGE_SELF)
    for batch in batches():
        records += len(batch)
        if "--check" in sys.argv:
            digest.update(batch.tobytes())
    seconds = time.perf_counter() - wall
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(usage.ru_utime + usage.ru_stime for usage in used) - started.ru_utime - started.ru_stime
    if "--check" in sys.argv:
        print(json.dumps({"sha256": digest.hexdigest()}))
    else:
        print(json.dumps({"records": records, "seconds": seconds, "cpuSeconds": cpu}))


if __name__ == "__main__":
    main()

"""The peer: convert_imageset as an OpenCV script: cv2.imread + cv2.resize + protobuf + py-lmdb.

    python peer_import.py PHOTOS LIST OUTPUT HEIGHT WIDTH THREADS

Commits each 1,000 records, as Caffe does. With more than one thread, images are read and resized side by side.
"""

import concurrent.futures
import json
import pathlib
import shutil
import sys
import time

import cv2
import lmdb

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "packages/lmdb-datum/test/fixtures"))
from caffe_proto import Datum  # noqa: E402

photos, list_file, output = sys.argv[1:4]
height, width, threads = map(int, sys.argv[4:7])
cv2.setNumThreads(1)


def convert(line):
    name, label = line.rsplit(" ", 1)
    image = cv2.resize(cv2.imread(f"{photos}/train/{name}", cv2.IMREAD_COLOR), (width, height))
    planar = image.transpose(2, 0, 1).tobytes()
    datum = Datum(channels=3, height=height, width=width, data=planar, label=int(label), encoded=False)
    return name, datum.SerializeToString()


def main():
    shutil.rmtree(output, ignore_errors=True)
    lines = pathlib.Path(list_file).read_text().splitlines()
    wall, cpu = time.perf_counter(), time.process_time()
    with lmdb.open(output, map_size=1 << 30) as env, concurrent.futures.ThreadPoolExecutor(threads) as pool:
        results = map(convert, lines) if threads == 1 else pool.map(convert, lines)
        txn = env.begin(write=True)
        for i, (name, value) in enumerate(results):
            txn.put(f"{i:08d}_{name}".encode(), value)
            if (i + 1) % 1000 == 0:
                txn.commit()
                txn = env.begin(write=True)
        txn.commit()
    print(json.dumps({"records": len(lines), "seconds": time.perf_counter() - wall, "cpuSeconds": time.process_time() - cpu}))


if __name__ == "__main__":
    main()

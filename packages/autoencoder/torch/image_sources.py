"""Where images come from, by their number: an LMDB of Caffe's Datums, in the order of keys, or tars of a WebDataset, in that of their files."""
import functools
import glob
import os
import tarfile
from pathlib import Path

import numpy as np

ENDINGS = {"jpg", "jpeg", "jpe", "png", "webp", "bmp", "tif", "tiff"}


class Images:
    """The images of a source that are meant: all, or those of a list of numbers."""

    def __init__(self, places, about, folder, channels):
        """`about` is what the recipe says of them; `places` says where they are, if elsewhere than there."""
        patterns = [str(place) for place in places or [folder / about["path"]]]
        # Whatever starts this may have no shell that knows patterns.
        places = [place for pattern in patterns for place in (sorted(glob.glob(pattern)) if not os.path.exists(pattern) else [pattern])]
        if not places:
            raise SystemExit(f"{' '.join(patterns)}: there is nothing of that name; say where the images are by --train and --val.")
        if all(place.endswith(".tar") for place in places):
            self.source = Tars(places, channels)
        elif len(places) == 1:
            self.source = Lmdb(places[0], about.get("database"))
        else:
            raise SystemExit(f"{' '.join(places)}: expected an LMDB, or tars, whose names end in .tar.")
        if len(self.source) != about["records"]:
            raise SystemExit(f"{' '.join(places)}: expected {about['records']} images, as the recipe has it, received {len(self.source)}.")
        self.numbers = np.fromfile(folder / about["numbers"], "<u4") if "numbers" in about else range(len(self.source))

    def __len__(self):
        return len(self.numbers)

    def __getitem__(self, index):
        """Returns the bytes of an image: [channels, height, width], blue first."""
        return self.source[int(self.numbers[index])]


@functools.cache
def open_lmdb(place):
    """Opens an LMDB, once in a process: images to train on and to validate with may be parts of one."""
    import lmdb

    return lmdb.open(place, subdir=os.path.isdir(place), readonly=True, lock=False, readahead=False, max_dbs=8)


class Lmdb:
    def __init__(self, place, name):
        env = open_lmdb(os.path.realpath(place))
        database = env.open_db(name.encode(), create=False) if name else None
        self.reader = env.begin(db=database, buffers=True)
        self.keys = [bytes(key) for key in self.reader.cursor().iternext(values=False)]

    def __len__(self):
        return len(self.keys)

    def __getitem__(self, number):
        key = self.keys[number]
        datum = parse_datum(self.reader.get(key))
        if datum.get(7):
            return decode(datum[4], f"key {key.decode(errors='replace')}", "IMREAD_UNCHANGED")
        return np.frombuffer(datum[4], np.uint8).reshape(datum[1], datum[2], datum[3])


class Tars:
    """The files of tars that are images. Only where they are is kept; each is read when it is its turn."""

    def __init__(self, places, channels):
        self.flag = {1: "IMREAD_GRAYSCALE", 3: "IMREAD_COLOR"}.get(channels, "IMREAD_UNCHANGED")
        self.files = []
        for place in places:
            try:
                with tarfile.open(place, "r:") as tar:
                    self.files += [(place, file.name, file.offset_data, file.size) for file in tar if file.isfile() and is_image(file.name)]
            except tarfile.TarError as error:
                raise SystemExit(f"{place} is no tar that can be read: {error}.") from None

    def __len__(self):
        return len(self.files)

    def __getitem__(self, number):
        place, name, start, size = self.files[number]
        with open(place, "rb") as file:
            file.seek(start)
            return decode(file.read(size), f"{place}, {name}", self.flag)


def is_image(name):
    """Says whether a file is a sample's image: of WebDataset's names all after the first dot says what it is."""
    return Path(name).name.partition(".")[2].lower() in ENDINGS


def decode(data, name, flag):
    import cv2

    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), getattr(cv2, flag))
    if pixels is None or pixels.dtype != np.uint8:
        raise SystemExit(f"{name}: expected an image of bytes, received one that OpenCV does not read so.")
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

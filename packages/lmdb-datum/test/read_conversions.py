"""Prints as JSON what webdataset and pyarrow read of conversions: keys, labels and digests of images."""

import hashlib
import json
import sys

import pyarrow.parquet as pq
import webdataset as wds

folder = sys.argv[1]


def digest(data):
    return data and hashlib.sha256(data).hexdigest()


def key_of(note):
    return json.loads(note)["datum"].get("key", "\ufffd\ufffd.")


web = []
for sample in wds.WebDataset([f"{folder}/x-{i:06d}.tar" for i in range(2)], shardshuffle=False):
    image = next((sample[ending] for ending in ["jpg", "png"] if ending in sample), None)
    label = sample.get("cls")
    web.append([key_of(sample["json"]), label and int(label), digest(image)])
table = pq.read_table(f"{folder}/x.parquet")
rows = [[key_of(row["datum"]), row["label"], digest(row["image"] and row["image"]["bytes"])] for row in table.to_pylist()]
features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
json.dump({"web": web, "rows": rows, "features": features}, sys.stdout)

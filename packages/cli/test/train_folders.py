"""Trains folders of `ae train --hand-over` one after the other, by their own program, in one process: PyTorch is loaded once.

Reads [[folder, option of train_ddp.py ...] ...] as JSON from its input. Prints for each what ended it, as JSON: null, or a sentence.
"""
import json
import sys
from pathlib import Path

import torch
import torch.distributed as dist

jobs = json.load(sys.stdin)
sys.path.insert(0, jobs[0][0])
import train_ddp  # noqa: E402

dist.init_process_group("gloo", store=dist.HashStore(), rank=0, world_size=1)
torch.set_num_threads(1)
for place, *options in jobs:
    sys.argv = ["train_ddp.py", str(Path(place) / "recipe.json"), "--events", *options]
    try:
        train_ddp.train(train_ddp.parse_arguments(), torch.device("cpu"))
        print(json.dumps({"ended": None}))
    except SystemExit as error:
        print(json.dumps({"ended": str(error)}))

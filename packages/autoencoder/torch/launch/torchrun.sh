#!/usr/bin/env bash
# Trains on this machine, in a process for each graphics card, or for each processor core where there is none:
#
#     ./torchrun.sh --train /data/train.lmdb --val /data/val.lmdb
#     PROCESSES=2 ./torchrun.sh
set -euo pipefail
cd "$(dirname "$0")"
exec torchrun --standalone --nproc-per-node "${PROCESSES:-auto}" --max-restarts 3 train_ddp.py recipe.json "$@"

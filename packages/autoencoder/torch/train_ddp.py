"""Trains a network of @ae with PyTorch, in as many processes as torchrun starts:

    torchrun --nproc-per-node 2 train_ddp.py recipe.json

The recipe says what to train on and how, as @ae wrote it, and names a run: the folder that `ae train` keeps. Training goes on from the
run's last checkpoint and writes the next ones in the same form, so that either program can go on where the other stopped, and this one
after it was killed. The images of each update are those of one order and are cut between the processes: how many there are changes
nothing but how sums are rounded.

Images are those of an LMDB, or of the tars of a WebDataset (--train 'shards/*.tar').

Needs torch, numpy, lmdb and safetensors, and opencv-python-headless where images are stored as files. Run with processor cores and gloo;
NCCL and graphics cards are written for, and untried.
"""
import argparse
import json
import os
import signal
import sys
import time
import traceback
from pathlib import Path

import torch
import torch.distributed as dist
from image_sources import Images
from run_folder import RunFolder, to_json
from training_data import TrainingData
from updates import Training


class Loop:
    """Goes from epoch to epoch. Process 0 has the run's folder, the others have None."""

    def __init__(self, training, data, validation, run, options):
        self.training, self.data, self.validation, self.run, self.options = training, data, validation, run, options
        self.recipe, self.told, self.expected = training.recipe, 0.0, None

    def train(self, ended):
        training, at, recipe = self.training, self.training.at, self.recipe
        self.began = time.monotonic() - at["elapsedMs"] / 1000
        if ended:
            self.end_epoch(ended, self.data.order(at)[1])
        while at["epoch"] <= recipe["epochs"]:
            order, following = self.data.order(at)
            self.epoch_began, self.epoch_images = time.monotonic(), 0
            for count, random, reading in self.data.groups(order, at):
                mean = training.update(count, reading.result())
                self.account(count, random, mean)
                is_due = recipe["checkpointSteps"] and at["step"] % recipe["checkpointSteps"] == 0
                if training.is_stopping:
                    break
                if is_due and at["position"] < recipe["imagesPerEpoch"]:
                    self.save()
            self.save()
            if training.is_stopping:
                return
            self.end_epoch(self.score(), following)

    def account(self, count, random, mean):
        """Takes note of an update."""
        at = self.training.at
        self.compare(at["step"], mean)
        at["noiseRandom"] = random
        for key in ("images", "position"):
            at[key] += count
        for key in ("lossSum", "passLossSum"):
            at[key] += mean * count
        if at["position"] % self.recipe["imagesPerPass"] == 0:
            at["passLossSum"] = 0
        self.epoch_images += count
        at["elapsedMs"] = (time.monotonic() - self.began) * 1000
        line = {"step": at["step"], "epoch": at["epoch"], "loss": mean, **self.speed()}
        if self.run and not self.expected and (at["step"] == 1 or at["step"] % self.recipe["logSteps"] == 0):
            self.run.log({"type": "step", **line})
        if time.monotonic() - self.told > 0.1:
            self.told = time.monotonic()
            self.tell({"event": "step", **line, "images": at["images"]})

    def compare(self, step, loss):
        """Compares the first losses with those that @ae had, where that is asked for, and ends with what came of it."""
        if self.expected is None:
            return
        expected = self.expected[step - 1]
        if abs(loss - expected) > 1e-4 * max(1, expected):
            raise SystemExit(f"Update {step}: expected a loss of {expected}, received {loss}; this installation computes otherwise.")
        if step == len(self.expected):
            self.run and print(f"The first {step} losses are those that are expected.", flush=True)
            raise SystemExit(0)

    def speed(self):
        at, seconds = self.training.at, time.monotonic() - self.epoch_began
        rate = self.training.rates[max(0, at["step"] - 1)].item()
        return {"learningRate": rate, "imagesPerSecond": self.epoch_images / max(seconds, 1e-9), "elapsedMs": at["elapsedMs"]}

    def save(self):
        """Saves a checkpoint, unless it is there, or nothing is to be written."""
        at = self.training.at
        is_end = at["position"] == self.recipe["imagesPerEpoch"]
        epochs = at["epoch"] if is_end else at["epoch"] - 1
        if self.run and not self.expected and not self.run.is_saved(at["step"], epochs):
            self.run.save(at, self.training.save(), epochs, is_end)

    def score(self):
        """Returns how the epoch ended, and notes it in the run."""
        training, at = self.training, self.training.at
        scores = {"epoch": at["epoch"], "step": at["step"], "loss": at["lossSum"] / at["position"]}
        speed = self.speed()
        if self.validation:
            with training.final_weights():
                scores["validation"] = training.validate(self.data, self.validation)
        at["elapsedMs"] = (time.monotonic() - self.began) * 1000
        summary = {**scores, **speed, "elapsedMs": at["elapsedMs"]}
        error = scores["validation"]["mse"] if self.validation else scores["loss"]
        if self.run:
            self.run.log({"type": "epoch", **summary})
            self.run.confirm(error, summary)
        self.tell({"event": "epoch", **summary})
        return summary

    def end_epoch(self, summary, following):
        at = self.training.at
        at["history"].append(summary)
        at["epoch"] += 1
        at.update(position=0, lossSum=0, passLossSum=0, elapsedMs=summary["elapsedMs"], orderRandom=following)

    def tell(self, event):
        """Says how far training is: to people, or to a program that asked for --events."""
        if not self.run:
            return
        if self.options.events:
            print(to_json(event), flush=True)
        elif event["event"] == "epoch":
            score = f", validation PSNR {event['validation']['psnrDb']:.2f} dB" if "validation" in event else ""
            print(f"epoch {event['epoch']}/{self.recipe['epochs']}, loss {event['loss']:.5f}{score}, {event['imagesPerSecond']:.0f} images/s", flush=True)


def parse_arguments():
    parser = argparse.ArgumentParser(description="Trains a network of @ae with PyTorch; see the file for more.")
    parser.add_argument("recipe", type=Path, help="recipe.json, with what @ae wrote beside it")
    parser.add_argument("--train", nargs="+", help="the images to train on, if not where the recipe says: an LMDB, or tars, or their pattern")
    parser.add_argument("--val", nargs="+", help="the same of the images to validate with")
    parser.add_argument("--run", type=Path, help="the folder of the run, if not the one that the recipe names")
    parser.add_argument("--check", action="store_true", help="compare the first losses with expected.json, and write nothing")
    parser.add_argument(
        "--precision",
        choices=("float32", "tf32", "bf16"),
        default="float32",
        help="tf32: products with 10 bits of mantissa; bf16: layers with 7 bits; losses are then those of the recipe to two digits or so",
    )
    parser.add_argument("--compile", action="store_true", help="torch.compile: a start of minutes, then faster; sums are rounded otherwise")
    parser.add_argument("--threads", type=int, help="threads of each process, where processors compute (default: its share of the cores)")
    parser.add_argument("--events", action="store_true", help="print JSON for programs instead of text")
    return parser.parse_args()


def start_processes(precision, threads):
    """Joins the processes that torchrun started; returns the device of this one."""
    # Of several processes torchrun gives each one thread, and a single one takes all cores.
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    torch.set_num_threads(threads or max(1, cores // int(os.environ["LOCAL_WORLD_SIZE"])))
    torch.backends.cudnn.allow_tf32 = precision == "tf32"
    torch.set_float32_matmul_precision("high" if precision == "tf32" else "highest")
    device = torch.device("cuda", int(os.environ["LOCAL_RANK"])) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    # After a restart torchrun's store still has the addresses of the processes before it, which gloo would wait for.
    store, rank, world = next(dist.rendezvous("env://"))
    store = dist.PrefixStore(f"attempt {os.environ.get('TORCHELASTIC_RESTART_COUNT', 0)}", store)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", store=store, rank=rank, world_size=world)
    return device


def train(options, device):
    folder = options.recipe.resolve().parent
    recipe = json.loads(options.recipe.read_text())
    sources = [(recipe["train"], options.train), (recipe["validation"], options.val)]
    train, validation = (about and Images(places, about, folder, recipe["inputShape"][2]) for about, places in sources)
    training = Training(folder, recipe, device, options)
    run = RunFolder(options.run or folder / recipe["run"], recipe) if dist.get_rank() == 0 else None
    data = TrainingData(train, recipe, dist.get_rank(), dist.get_world_size())
    loop = Loop(training, data, validation, run, options)
    loop.expected = json.loads((folder / "expected.json").read_text())["losses"] if options.check else None
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: training.stop())
    if run:
        run.take()
    try:
        checkpoint = [run and run.load()]
        # The folder need not be where the other processes are.
        dist.broadcast_object_list(checkpoint)
        at, tensors, ended = checkpoint[0]
        if options.check and at["step"] > 0:
            raise SystemExit("--check compares the first updates, and this run is past them; check another copy of the folder.")
        training.restore(at, tensors)
        loop.train(ended)
    finally:
        if run:
            run.release()


def report(error, for_programs):
    """Says what ended training; returns the exit status."""
    is_exit = isinstance(error, SystemExit)
    if is_exit and not error.code:
        return 0
    message = str(error) if is_exit else f"{type(error).__name__}: {error}"
    if for_programs:
        print(to_json({"event": "error", "message": message}))
    if is_exit:
        print(message, file=sys.stderr)
    else:
        traceback.print_exc()
    return 1


def main():
    options = parse_arguments()
    device = start_processes(options.precision, options.threads)
    status = 0
    try:
        train(options, device)
        # A process that leaves while another still hears from it makes that one fail.
        dist.barrier()
        dist.destroy_process_group()
    except (Exception, SystemExit) as error:
        status = report(error, options.events)
    sys.stdout.flush()
    sys.stderr.flush()
    # Not sys.exit: gloo's threads may still free tensors, and those that wait for Python's lock while it shuts down abort the process.
    os._exit(status)


if __name__ == "__main__":
    main()

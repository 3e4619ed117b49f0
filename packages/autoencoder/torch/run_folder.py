"""The folder of a run as @ae keeps it: checkpoints/, metrics.jsonl and metrics.csv. One process alone opens it."""
import json
import os
import socket
import sys
import zlib
from pathlib import Path

from safetensors import safe_open
from safetensors.torch import save


class RunFolder:
    def __init__(self, folder, recipe):
        """`recipe` says how many checkpoints to keep, and the columns of metrics.csv."""
        self.folder, self.recipe = Path(folder), recipe
        self.lock, self.index = self.folder / "lock.json", self.folder / "checkpoints/index.json"
        self.holder = json.dumps({"pid": os.getpid(), "host": socket.gethostname(), "id": os.urandom(8).hex()})

    def take(self):
        """Keeps others from training the run. The lock of a process that has ended, or of another machine, is taken over."""
        held = json.loads(self.lock.read_text()) if self.lock.exists() else {}
        if held.get("host") == socket.gethostname() and runs(held["pid"]):
            raise SystemExit(f"{self.folder} is being trained by process {held['pid']}; wait for it, or stop it.")
        write_atomically(self.lock, self.holder.encode())

    def release(self):
        if self.lock.exists() and self.lock.read_text() == self.holder:
            self.lock.unlink()

    def load(self):
        """Returns the state and the tensors of the newest checkpoint that is sound, and how its epoch ended, if it did."""
        self.entries = json.loads(self.index.read_text())["checkpoints"]
        while self.entries:
            entry = self.entries[-1]
            file = self.folder / "checkpoints" / entry["file"]
            if file.exists() and entry["crc32"] in (None, zlib.crc32(file.read_bytes())):
                with safe_open(file, "pt") as opened:
                    state = json.loads(opened.metadata()["state"])
                    tensors = {name: opened.get_tensor(name) for name in opened.keys()}
                self.cut_back(entry.get("end", state)["log"])
                return state["training"], tensors, entry.get("end", {}).get("summary")
            print(f"{file} is damaged or missing; going on from the checkpoint before it.", file=sys.stderr)
            if file.exists():
                file.rename(f"{file}.damaged")
            self.entries.pop()
        raise SystemExit(f"{self.folder} has no checkpoint to go on from.")

    def cut_back(self, written):
        """Cuts the logs back to where a checkpoint left them, so that no update is in them twice."""
        self.written = written
        for name, length in (("metrics.jsonl", "jsonlBytes"), ("metrics.csv", "csvBytes")):
            if (self.folder / name).stat().st_size > written[length]:
                os.truncate(self.folder / name, written[length])

    def log(self, line):
        """Adds a line to both logs, at once."""
        validation = {f"validation{key[0].upper()}{key[1:]}": value for key, value in line.get("validation", {}).items()}
        row = ",".join(str({**line, **validation}.get(column, "")) for column in self.recipe["csvColumns"])
        for name, length, text in (("metrics.jsonl", "jsonlBytes", to_json(line, "null")), ("metrics.csv", "csvBytes", row)):
            with open(self.folder / name, "ab") as file:
                self.written = {**self.written, length: self.written[length] + file.write(f"{text}\n".encode())}

    def is_saved(self, step, epochs):
        return (self.entries[-1]["step"], self.entries[-1]["epochs"]) == (step, epochs)

    def save(self, training, tensors, epochs, provisional):
        """Saves a checkpoint, whole under its name or not at all; beside a provisional one, the one before stays."""
        file = f"step-{training['step']:09d}-epoch-{epochs:04d}.safetensors"
        metadata = {"format": "ae-checkpoint-1", "state": to_json({"training": training, "log": self.written})}
        data = save(tensors, metadata)
        write_atomically(self.folder / "checkpoints" / file, data)
        entry = {"file": file, "step": training["step"], "epochs": epochs, "error": None, "crc32": zlib.crc32(data)}
        self.entries = [other for other in self.entries if other["file"] != file] + [entry]
        self.write_index(self.recipe["keep"] + provisional)

    def confirm(self, error, summary):
        """Notes how the epoch of the last checkpoint ended; the best one, which is kept, goes by `error`."""
        self.entries[-1] = {**self.entries[-1], "error": error, "end": {"summary": summary, "log": self.written}}
        self.write_index(self.recipe["keep"])

    def withdraw(self):
        """Forgets the last checkpoint: its network turned out to be none to go back to."""
        self.entries.pop()
        self.write_index(self.recipe["keep"])

    def write_index(self, keep):
        scored = [entry for entry in self.entries if entry["error"] is not None]
        best = min(scored, key=lambda entry: entry["error"], default=None)
        recent = self.entries[-keep:]
        self.entries = recent if best is None or best in recent else [best, *recent]
        ends = {"last": recent[-1]["file"] if recent else None, "best": best and best["file"]}
        write_atomically(self.index, to_json({"version": 2, **ends, "checkpoints": self.entries}).encode())
        known = {entry["file"] for entry in self.entries}
        for file in self.index.parent.glob("step-*.safetensors"):
            if file.name not in known:
                file.unlink()


def runs(pid):
    """Says whether a process of this machine runs; one that has ended may still be listed, until its parent has seen it."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        return stat.read_text().rpartition(")")[2].split()[0] not in "ZX"
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def write_atomically(file, data):
    """Writes a file under another name first, so that under its own it is always whole."""
    temporary = Path(f"{file}.tmp")
    with open(temporary, "wb") as out:
        out.write(data)
        out.flush()
        os.fsync(out.fileno())
    temporary.replace(file)


def to_json(value, infinity='"Infinity"'):
    """Writes JSON, which has no infinity: that is the PSNR of perfect images."""
    return json.dumps(value).replace(": Infinity", f": {infinity}")

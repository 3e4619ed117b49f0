"""Runs exported modules. Takes tasks as JSON; writes what the modules compute as raw float32 beside the weights."""

import importlib.util
import json
import sys

import safetensors.torch
import torch

# Networks this small gain nothing by more, and much is lost where others compute, too.
torch.set_num_threads(1)


def read(file, shape):
    with open(file, "rb") as stream:
        return torch.frombuffer(bytearray(stream.read()), dtype=torch.float32).reshape(shape)


def write(file, tensor):
    tensor.detach().contiguous().float().numpy().tofile(file)


def train(network, images, steps):
    """A few steps of the plain loop that everybody writes."""
    network.train()
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    optimizer = torch.optim.Adam(weights, lr=1e-3)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.nn.functional.mse_loss(network(images), images).backward()
        optimizer.step()
    network.eval()


def run(task):
    spec = importlib.util.spec_from_file_location("exported", task["module"])
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    network = module.load(task["weights"])
    base = task["weights"]
    # As the library that everybody has reads them.
    network.load_state_dict(safetensors.torch.load_file(base))
    images = read(task["images"], task["shape"])
    with torch.no_grad():
        code, masks = network.encode(images)
        write(f"{base}.forward", network(images))
        write(f"{base}.code", code)
        write(f"{base}.decoded", network.decode(code, masks))
        write(f"{base}.pixels", network.reconstruct(read(task["pixels"], task["shape"])))
        if hasattr(network, "distribution"):
            write(f"{base}.log-variance", network.distribution(images)[1].expand_as(code))
        if masks:
            write(f"{base}.fixed", network.decode(code, network.fixed_masks(len(images))))
    if task.get("train"):
        train(network, images, 3)
        module.save(network, f"{base}.trained.safetensors")
        wrapped = {f"module.{name}": value for name, value in network.state_dict().items()}
        safetensors.torch.save_file(wrapped, f"{base}.state.safetensors")
        with torch.no_grad():
            write(f"{base}.trained", network(images))
    imports = [line.split()[1].split(".")[0] for line in open(task["module"]) if line.startswith(("import", "from"))]
    shapes = {name: list(value.shape) for name, value in network.state_dict().items()}
    return {"imports": imports, "shapes": shapes, "code": list(code.shape)}


print(json.dumps([run(task) for task in json.loads(sys.argv[1])]))

"""How an update changes a network: the loss, the gradients, the optimizers of torch.optim, and what of them a checkpoint of @ae holds."""
import importlib.util
import math
from contextlib import contextmanager

import numpy as np
import torch
import torch.distributed as dist
from torch.nn import functional

LOSSES = {"mse": functional.mse_loss, "mae": functional.l1_loss}

# By their names in @ae: torch.optim's class, its options, and its names for what @ae keeps of each weight.
OPTIMIZERS = {
    "adam": (torch.optim.Adam, lambda o: {"betas": (o["beta1"], o["beta2"]), "eps": o["epsilon"]}, {"mean": "exp_avg", "square": "exp_avg_sq"}),
    "adamw": (torch.optim.AdamW, lambda o: {"betas": (o["beta1"], o["beta2"]), "eps": o["epsilon"]}, {"mean": "exp_avg", "square": "exp_avg_sq"}),
    "sgd": (torch.optim.SGD, lambda o: {key: o[key] for key in ("momentum", "dampening", "nesterov")}, {"velocity": "momentum_buffer"}),
    "rmsprop": (
        torch.optim.RMSprop,
        lambda o: {"eps": o["epsilon"], **{key: o[key] for key in ("alpha", "momentum", "centered")}},
        {"square": "square_avg", "mean": "grad_avg", "velocity": "momentum_buffer"},
    ),
    "adagrad": (
        torch.optim.Adagrad,
        lambda o: {"lr_decay": o["learningRateDecay"], "initial_accumulator_value": o["initialAccumulator"], "eps": o["epsilon"]},
        {"square": "sum"},
    ),
}


class Weight:
    """A weight that is trained: the same numbers in another order than @ae has them."""

    def __init__(self, about, parameter):
        self.name, self.dense, self.parameter = about["name"], about["dense"], parameter
        self.view, self.axes, self.shape = about["view"], about["order"], about["shape"]

    def taken(self, tensor):
        """Returns a tensor of a checkpoint as the parameter has it."""
        return tensor.reshape(self.view).permute(self.axes).reshape(self.parameter.shape).to(self.parameter.device)

    def given(self, tensor):
        """Returns a tensor like the parameter as checkpoints have it."""
        back = [self.axes.index(axis) for axis in range(len(self.axes))]
        return tensor.detach().reshape([self.view[axis] for axis in self.axes]).permute(back).reshape(self.shape).contiguous().cpu()


class Group:
    """Weights that are updated in every `interval`-th step, with `factor` times the learning rate: dense layers, or all others."""

    def __init__(self, weights, recipe, factor, interval):
        self.weights, self.factor, self.interval = weights, factor, interval
        kind, options, self.slots = OPTIMIZERS[recipe["optimizer"]["name"]]
        own = options(recipe["optimizer"])
        self.optimizer = kind([weight.parameter for weight in weights], lr=0.0, weight_decay=recipe["optimizer"]["weightDecay"], **own)

    def restore(self, steps, tensors):
        for weight in self.weights:
            weight.parameter.data.copy_(weight.taken(tensors[f"model/{weight.name}"]))
            kept = {theirs: weight.taken(tensors[name]) for name, theirs in self.names(weight, tensors)}
            # Before the first step it begins by itself.
            if steps // self.interval > 0:
                self.optimizer.state[weight.parameter] = {"step": torch.tensor(float(steps // self.interval)), **kept}

    def save(self, tensors):
        for weight in self.weights:
            tensors[f"model/{weight.name}"] = weight.given(weight.parameter)
            state = self.optimizer.state.get(weight.parameter, {})
            tensors.update({name: weight.given(state[theirs]) for name, theirs in self.names(weight, tensors) if theirs in state})

    def names(self, weight, tensors):
        named = [(f"optimizer/{weight.name}/{ours}", theirs) for ours, theirs in self.slots.items()]
        return [(name, theirs) for name, theirs in named if name in tensors]

    def step(self, rate):
        self.optimizer.param_groups[0]["lr"] = rate * self.factor
        self.optimizer.step()


class Training:
    """What is trained: all that `at` and `tensors` of a checkpoint say, and how an update changes it."""

    def __init__(self, folder, recipe, device, options):
        self.recipe, self.device, self.options = recipe, device, options
        self.rates = np.fromfile(folder / "learning-rates.f64", "<f8")
        self.model = load_model(folder).to(device)
        self.forward = torch.compile(self.model) if options.compile else self.model
        parameters = dict(self.model.named_parameters())
        self.weights = [Weight(about, parameters[about["torch"]]) for about in recipe["weights"]]
        trained = {id(weight.parameter) for weight in self.weights}
        for parameter in parameters.values():
            parameter.requires_grad_(id(parameter) in trained)
        kinds = ((False, 1.0, 1), (True, recipe["optimizer"]["denseFactor"], recipe["denseEvery"]))
        parts = [([weight for weight in self.weights if weight.dense == dense], *rest) for dense, *rest in kinds]
        self.groups = [Group(weights, recipe, factor, interval) for weights, factor, interval in parts if weights]
        self.averages, self.first_loss = [], 0.0
        # What this process was told, and what all of them know.
        self.is_told, self.is_stopping = False, False

    def restore(self, at, tensors):
        self.at, self.tensors = at, tensors
        for group in self.groups:
            group.restore(at["optimizerSteps"], tensors)
        if self.recipe["averageDecay"] is not None:
            self.averages = [weight.taken(tensors[f"average/{weight.name}"]).clone() for weight in self.weights]

    def save(self):
        """Returns the tensors of a checkpoint. What is not trained stays as it was."""
        for group in self.groups:
            group.save(self.tensors)
        self.tensors.update({f"average/{weight.name}": weight.given(average) for weight, average in zip(self.weights, self.averages)})
        for name, tensor in self.tensors.items():
            if not tensor.isfinite().all():
                raise self.diverged(f"{name} holds a value that is not finite")
        return self.tensors

    def update(self, count, images):
        """Makes one update of `count` images, of which this process has `images`; returns their mean loss, measured before it."""
        recipe, at = self.recipe, self.at
        due = [group for group in self.groups if (at["optimizerSteps"] + 1) % group.interval == 0]
        for group in self.groups:
            for weight in group.weights:
                weight.parameter.grad = None
                weight.parameter.requires_grad_(group in due)
        loss = torch.zeros(1, device=self.device)
        for part in images.to(self.device).split(-(-recipe["batchSize"] // dist.get_world_size())):
            if len(part) > 0:
                share = LOSSES[recipe["loss"]](self.reconstruct(part), part) * (len(part) / count)
                share.backward()
                loss += share.detach()
        mean = self.reduce(loss, [weight.parameter for group in due for weight in group.weights])
        for group in due:
            group.step(self.rates[at["step"]])
        at["step"] += 1
        at["optimizerSteps"] += 1
        weight_of_new = 1 - min(recipe["averageDecay"] or 0, (1 + at["step"]) / (10 + at["step"]))
        for average, weight in zip(self.averages, self.weights):
            average.lerp_(weight.parameter.detach(), weight_of_new)
        self.first_loss = self.first_loss or mean
        self.check(mean)
        return mean

    def reduce(self, loss, parameters):
        """Sums over all processes, at once: the loss, the gradients, which are then limited, and whether one was told to stop."""
        gradients = [torch.zeros_like(p) if p.grad is None else p.grad for p in parameters]
        flat = torch.cat([loss, loss.new_tensor([self.is_told]), *(gradient.reshape(-1) for gradient in gradients)])
        dist.all_reduce(flat)
        (mean, stopping), flat = flat[:2].tolist(), flat[2:]
        self.is_stopping = stopping > 0
        if self.recipe["clipNorm"] is not None:
            flat *= min(1.0, self.recipe["clipNorm"] / (flat.norm().item() + 1e-6))
        for parameter, gradient in zip(parameters, flat.split([p.numel() for p in parameters])):
            parameter.grad = gradient.view_as(parameter)
        return mean

    def stop(self):
        """Ends the training after the next update in which all processes hear of it."""
        self.is_told = True

    def reconstruct(self, images):
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.options.precision == "bf16"):
            return self.forward(images).float()

    def check(self, error):
        """Ends a training that will not get better, as @ae does."""
        limit = 1000 * max((255 * self.recipe["scale"]) ** 2, self.first_loss)
        if not error < limit:
            raise self.diverged(f"the loss is {error}")

    def diverged(self, what):
        rate = self.rates[max(0, self.at["step"] - 1)]
        return SystemExit(f"Training diverged at step {self.at['step']} with learning rate {rate}: {what}.")

    @contextmanager
    def final_weights(self):
        """Gives the network the weights that it would have if training ended now: averages, where the recipe has them."""
        latest = [weight.parameter.data for weight in self.weights]
        for weight, average in zip(self.weights, self.averages):
            weight.parameter.data = average
        yield
        for weight, data in zip(self.weights, latest):
            weight.parameter.data = data

    @torch.no_grad()
    def validate(self, data, source):
        """Scores the reconstructions of images that are never trained on, each process a part of them."""
        peak, size = 255 * self.recipe["scale"], self.recipe["batchSize"]
        sums = torch.zeros(3, dtype=torch.float64, device=self.device)
        mine = range(len(source))[data.part(len(source))]
        for start in range(0, len(mine), size):
            images = data.images(source, mine[start : start + size]).to(self.device)
            made = self.reconstruct(images)
            errors, clamped = (((x.double() - images.double()) ** 2).flatten(1).mean(1) for x in (made, made.clamp(0, peak)))
            decibels = (10 * torch.log10(peak**2 / clamped)).clamp(max=100)
            sums += torch.stack([errors.sum(), decibels.sum(), clamped.sum()])
        dist.all_reduce(sums)
        mse, decibels, clamped = (sums / len(source)).tolist()
        return {"mse": mse, "psnrDb": decibels, "pooledPsnrDb": 10 * math.log10(peak**2 / clamped) if clamped else math.inf}


def load_model(folder):
    """Returns the network of model.py with the weights beside it."""
    spec = importlib.util.spec_from_file_location("model", folder / "model.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.load(str(folder / "model.safetensors")).train()

"""Makes optimizers.json: a 2x3 matrix after each of eight steps of torch.optim's optimizers.

    python make_optimizer_golden.py

The gradients are those of a fixed quadratic plus a perturbation that changes from step to step, so that a wrong order
of momentum, decay and correction shows. Values are float32, written with 9 digits, which keep every bit.
"""

import json
import pathlib
import platform

import torch

START = [[0.5, -1.25, 2.0], [1e-3, -0.75, 3.5]]
STEPS = 8

CASES = [
    (dict(name="sgd"), torch.optim.SGD, dict(lr=0.01)),
    (dict(name="sgd", learningRate=0.1, momentum=0.9), torch.optim.SGD, dict(lr=0.1, momentum=0.9)),
    (
        dict(name="sgd", learningRate=0.1, momentum=0.8, nesterov=True, weightDecay=0.02),
        torch.optim.SGD,
        dict(lr=0.1, momentum=0.8, nesterov=True, weight_decay=0.02),
    ),
    (
        dict(name="sgd", learningRate=0.05, momentum=0.9, dampening=0.3, weightDecay=0.1),
        torch.optim.SGD,
        dict(lr=0.05, momentum=0.9, dampening=0.3, weight_decay=0.1),
    ),
    (dict(name="adam"), torch.optim.Adam, dict(lr=1e-3)),
    (
        dict(name="adam", learningRate=0.03, beta1=0.8, beta2=0.95, epsilon=1e-3, weightDecay=0.1),
        torch.optim.Adam,
        dict(lr=0.03, betas=(0.8, 0.95), eps=1e-3, weight_decay=0.1),
    ),
    (dict(name="adamw"), torch.optim.AdamW, dict(lr=1e-3, weight_decay=0.01)),
    (
        dict(name="adamw", learningRate=0.03, beta1=0.7, beta2=0.9, epsilon=1e-6, weightDecay=0.2),
        torch.optim.AdamW,
        dict(lr=0.03, betas=(0.7, 0.9), eps=1e-6, weight_decay=0.2),
    ),
    (dict(name="rmsprop"), torch.optim.RMSprop, dict(lr=0.01)),
    (
        dict(name="rmsprop", learningRate=0.02, alpha=0.9, epsilon=1e-4, momentum=0.6, centered=True, weightDecay=0.05),
        torch.optim.RMSprop,
        dict(lr=0.02, alpha=0.9, eps=1e-4, momentum=0.6, centered=True, weight_decay=0.05),
    ),
    (dict(name="adagrad"), torch.optim.Adagrad, dict(lr=0.01)),
    (
        dict(name="adagrad", learningRate=0.3, learningRateDecay=0.1, initialAccumulator=0.5, epsilon=1e-5, weightDecay=0.1),
        torch.optim.Adagrad,
        dict(lr=0.3, lr_decay=0.1, initial_accumulator_value=0.5, eps=1e-5, weight_decay=0.1),
    ),
]


def rounded(tensor):
    return [float(f"{value:.9g}") for value in tensor.flatten().tolist()]


def gradient(values, step):
    wobble = torch.tensor([0.3, -0.2, 0.1, 0.25, -0.35, 0.05]).view(2, 3)
    return values * torch.tensor([[1.0, 0.5, 2.0], [0.1, 3.0, 0.7]]) + wobble * ((-1) ** step) * (1 + 0.3 * step)


def main():
    # The same gradients for all: those that plain gradient descent meets.
    gradients, values = [], torch.tensor(START)
    for step in range(STEPS):
        gradients.append(gradient(values, step))
        values = values - 0.05 * gradients[-1]
    cases = []
    for options, optimizer, arguments in CASES:
        parameter = torch.nn.Parameter(torch.tensor(START))
        step_optimizer = optimizer([parameter], **arguments)
        trajectory = []
        for g in gradients:
            parameter.grad = g.clone()
            step_optimizer.step()
            trajectory.append(rounded(parameter.detach()))
        cases.append(dict(options=options, trajectory=trajectory))
    golden = dict(
        madeBy=f"make_optimizer_golden.py, PyTorch {torch.__version__}, Python {platform.python_version()}",
        start=rounded(torch.tensor(START)), gradients=[rounded(g) for g in gradients], cases=cases,
    )
    pathlib.Path(__file__).with_name("optimizers.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

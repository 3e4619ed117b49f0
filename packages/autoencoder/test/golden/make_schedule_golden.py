"""Makes schedules.json: learning rates of 40 steps, by torch.optim.lr_scheduler.

    python make_schedule_golden.py

Caffe's fixed, step, exp, multistep and poly are ConstantLR, StepLR, ExponentialLR, MultiStepLR and PolynomialLR. For
inv and sigmoid PyTorch has no scheduler: their lambdas are the formulas in caffe.proto's comment on lr_policy.
"""

import json
import math
import pathlib
import platform
import warnings

import torch
from torch.optim import lr_scheduler as lr

warnings.filterwarnings("ignore")
STEPS, BASE = 40, 0.1


def warm_cosine(optimizer, warm_up, final, steps=STEPS):
    warm = lr.LambdaLR(optimizer, lambda i: (i + 1) / warm_up)
    cosine = lr.CosineAnnealingLR(optimizer, steps - warm_up, eta_min=BASE * final)
    return lr.SequentialLR(optimizer, [warm, cosine], [warm_up])


def trapezoid(optimizer):
    warm = lr.LinearLR(optimizer, 1 / 5, 1, 4)
    hold = lr.ConstantLR(optimizer, 1)
    fall = lr.LinearLR(optimizer, 1, 0, 10)
    return lr.SequentialLR(optimizer, [warm, hold, fall], [4, 30])


CASES = [
    (dict(policy="fixed"), lambda o: lr.ConstantLR(o, 1)),
    (dict(policy="step", gamma=0.5, stepSize=7), lambda o: lr.StepLR(o, 7, 0.5)),
    (dict(policy="exp", gamma=0.93), lambda o: lr.ExponentialLR(o, 0.93)),
    (dict(policy="inv", gamma=0.05, power=0.75), lambda o: lr.LambdaLR(o, lambda i: (1 + 0.05 * i) ** -0.75)),
    (dict(policy="multistep", gamma=0.3, stepValues=[5, 12, 30]), lambda o: lr.MultiStepLR(o, [5, 12, 30], 0.3)),
    (dict(policy="poly"), lambda o: lr.PolynomialLR(o, STEPS, 1)),
    (dict(policy="poly", power=2, maxSteps=50), lambda o: lr.PolynomialLR(o, 50, 2)),
    (
        dict(policy="sigmoid", gamma=-0.2, stepSize=20),
        lambda o: lr.LambdaLR(o, lambda i: 1 / (1 + math.exp(0.2 * (i - 20)))),
    ),
    (dict(policy="cosine"), lambda o: lr.CosineAnnealingLR(o, STEPS)),
    (dict(policy="cosine", warmUpSteps=6, finalFraction=0.1), lambda o: warm_cosine(o, 6, 0.1)),
    (dict(policy="trapezoid"), lambda o: lr.LambdaLR(o, lambda i: 1 if i < 24 else (40 - i) / 16)),
    (dict(policy="trapezoid", warmUpFraction=0.125, decayFraction=0.25), trapezoid),
    # The rise takes more steps than the rest leaves: the rate is the lower of the two lines.
    (
        dict(policy="trapezoid", warmUpFraction=0.1, warmUpSteps=50),
        lambda o: lr.LambdaLR(o, lambda i: min((i + 1) / 50, (40 - i) / 16)),
    ),
    (dict(policy="cosine", maxSteps=30, warmUpSteps=3), lambda o: warm_cosine(o, 3, 0, 30)),
]

ERRORS = [1.0, 0.8, 0.79999, 0.81, 0.805, 0.7, 0.72, 0.71, 0.73, 0.705, 0.9, 0.6, 0.61, 0.62, 0.63, 0.64, 0.65, 0.66, 0.67]
PLATEAUS = [
    (dict(policy="plateau"), dict()),
    (dict(policy="plateau", factor=0.5, patience=1), dict(factor=0.5, patience=1)),
    (
        dict(policy="plateau", factor=0.2, patience=0, threshold=0.05, cooldown=2, minLearningRate=0.001),
        dict(factor=0.2, patience=0, threshold=0.05, cooldown=2, min_lr=0.001),
    ),
]


def optimizer():
    return torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], BASE)


def main():
    cases = []
    for options, make in CASES:
        o = optimizer()
        scheduler, rates = make(o), []
        for _ in range(options.get("maxSteps", STEPS) if options["policy"] == "cosine" else STEPS):
            rates.append(o.param_groups[0]["lr"])
            o.step()
            scheduler.step()
        cases.append(dict(options=options, rates=rates))
    plateaus = []
    for options, arguments in PLATEAUS:
        o = optimizer()
        scheduler, rates = lr.ReduceLROnPlateau(o, **arguments), []
        for error in ERRORS:
            scheduler.step(error)
            rates.append(o.param_groups[0]["lr"])
        plateaus.append(dict(options=options, rates=rates))
    golden = dict(
        madeBy=f"make_schedule_golden.py, PyTorch {torch.__version__}, Python {platform.python_version()}",
        base=BASE, totalSteps=STEPS, cases=cases, errors=ERRORS, plateaus=plateaus,
    )
    pathlib.Path(__file__).with_name("schedules.json").write_text(json.dumps(golden, indent=1) + "\n")


main()

"""Checks ONNX files and runs them on onnxruntime: jobs as JSON on the command line, files of inputs and outputs as .npy."""

import json
import sys

import numpy as np
import onnx
import onnxruntime as ort

results = []
for job in json.loads(sys.argv[1]):
    onnx.checker.check_model(onnx.load(job["model"]), full_check=True)
    session = ort.InferenceSession(job["model"], providers=["CPUExecutionProvider"])
    feeds = {value.name: np.load(job["inputs"][value.name]) for value in session.get_inputs()}
    outputs = session.run(None, feeds)
    for value, output in zip(session.get_outputs(), outputs):
        np.save(f"{job['outputs']}{value.name}.npy", output)
    operators = sorted({node.op_type for node in onnx.load(job["model"]).graph.node})
    results.append({"outputs": [value.name for value in session.get_outputs()], "operators": operators})
print(json.dumps(results))

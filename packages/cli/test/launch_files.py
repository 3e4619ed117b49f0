"""Checks manifests by the published schemas of Kubernetes; of a PyTorchJob, which these do not know, the parts by the fields of its API.

    python launch_files.py manifest.yaml ...

Prints all documents as JSON.
"""
import json
import sys

import kubernetes_validate
import yaml

VERSION = kubernetes_validate.latest_version()


def validate(document):
    kubernetes_validate.validate(document, VERSION, strict=True)


def validate_pytorch_job(job):
    """Fields as kubeflow.org/v1 has them; pods are Kubernetes' own."""
    assert set(job) == {"apiVersion", "kind", "metadata", "spec"} and job["apiVersion"] == "kubeflow.org/v1"
    spec = job["spec"]
    assert set(spec) <= {"elasticPolicy", "nprocPerNode", "pytorchReplicaSpecs", "runPolicy"}
    assert isinstance(spec.get("nprocPerNode", ""), str)
    assert set(spec["runPolicy"]) <= {"activeDeadlineSeconds", "backoffLimit", "cleanPodPolicy", "managedBy", "schedulingPolicy", "suspend", "ttlSecondsAfterFinished"}
    replicas = spec["pytorchReplicaSpecs"]
    assert set(replicas) <= {"Master", "Worker"} and replicas["Master"]["replicas"] == 1
    for replica in replicas.values():
        assert set(replica) <= {"replicas", "restartPolicy", "template"}
        assert replica["restartPolicy"] in ("Always", "OnFailure", "Never", "ExitCode")
        # The operator goes by this name.
        assert [container["name"] for container in replica["template"]["spec"]["containers"]] == ["pytorch"]
        validate({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "pod"}, **replica["template"]})


documents = [document for file in sys.argv[1:] for document in yaml.safe_load_all(open(file))]
for document in documents:
    (validate_pytorch_job if document["kind"] == "PyTorchJob" else validate)(document)
print(json.dumps(documents))

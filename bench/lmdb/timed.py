"""Runs a program, and adds to the JSON of its last line what the whole process took: "processSeconds", and "processCpuSeconds" with its threads
and the programs that it started.

    python timed.py PROGRAM [ARGUMENT ...]
"""

import json
import resource
import subprocess
import sys
import time

started = time.perf_counter()
finished = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE, text=True)
seconds = time.perf_counter() - started
if finished.returncode != 0:
    sys.exit(finished.returncode)
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
result = json.loads(finished.stdout.strip().splitlines()[-1])
print(json.dumps({**result, "processSeconds": seconds, "processCpuSeconds": usage.ru_utime + usage.ru_stime}))

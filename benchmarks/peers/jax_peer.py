# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""JAX as a worker of benchmarks/peers; answers the lines that worker.h describes.

Programs are jax.jit functions on CPU, float32, without donation. XLA has as many threads as the process may use
processors; no XLA flag changes that.
"""

import sys
import time

import jax
import jax.numpy as jnp
import numpy


def chain20(x, y):
    for _ in range(5):
        x = jnp.maximum(x * y - 0.25, -1.5) + y
    return x


def functions6(x):
    bounded = jax.lax.erf(jnp.tanh(jnp.exp(x) - 1.0))
    return jnp.sqrt(jnp.sin(jnp.log(bounded + 2.0)) + 2.0)


def layer_norm(x, scale, bias):
    mean = jnp.mean(x, axis=-1, keepdims=True)
    variance = jnp.var(x, axis=-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * scale + bias


PROGRAMS = {
    "chain20": chain20,
    "functions6": functions6,
    "softmax": lambda x: jax.nn.softmax(x, axis=-1),
    "layer_norm": layer_norm,
    "sum_all": jnp.sum,
    "sum_rows": lambda x: jnp.sum(x, axis=1),
    "sum_columns": lambda x: jnp.sum(x, axis=0),
    "argmax_rows": lambda x: jnp.argmax(x, axis=1),
}


class Workload:
    def __init__(self, program, rows, columns, files):
        rows, columns = int(rows), int(columns)
        inputs = []
        for file in files:
            is_row = rows == 1 or (program == "layer_norm" and inputs)
            elements = numpy.fromfile(file, numpy.float32)
            inputs.append(jnp.array(elements.reshape([columns] if is_row else [rows, columns])))
        self.inputs = inputs
        self.function = jax.jit(PROGRAMS[program])

    def run(self):
        return self.function(*self.inputs).block_until_ready()

    def save(self, file):
        result = numpy.asarray(self.run())
        (result.astype(numpy.int64) if result.dtype == numpy.int32 else result).tofile(file)


def measure(workload, seconds):
    """As in worker.cpp: the first call fills the caches again and tells how many fit the time."""
    begin = time.perf_counter_ns()
    workload.run()
    estimate = max(time.perf_counter_ns() - begin, 1)
    batch = max(1, int(0.1 * seconds * 1e9 / estimate))
    calls, elapsed = 0, 0
    begin, processor = time.perf_counter_ns(), time.process_time_ns()
    while elapsed < seconds * 1e9:
        for _ in range(batch):
            workload.run()
        calls += batch
        elapsed = time.perf_counter_ns() - begin
    processor = time.process_time_ns() - processor
    return f"{elapsed / calls} {processor / calls} {calls}"


def serve():
    workload = None
    for line in sys.stdin:
        verb, *arguments = line.split()
        reply = "ok"
        try:
            if verb == "load":
                workload = None
                workload = Workload(*arguments[:3], arguments[3:])
                for _ in range(2):
                    workload.run()
            elif verb == "time":
                reply = "ok " + measure(workload, float(arguments[0]))
            else:
                workload.save(arguments[0])
        except Exception as error:  # the driver reports it in the row
            reply = "failed: " + " ".join(str(error).split())
        print(reply, flush=True)


if __name__ == "__main__":
    if sys.argv[1:] == ["version"]:
        print(f"JAX {jax.__version__}, NumPy {numpy.__version__}, Python {sys.version.split()[0]}")
    else:
        serve()

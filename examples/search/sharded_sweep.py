"""All stacks of a space measured on a Ray cluster, in shards: a worker that dies loses nothing.

Here a cluster of two processes on this machine; `ray.init(address="auto")` joins a larger one.
Run it: pip install 'convsolve[ray]' && python sharded_sweep.py [SHARDS]
"""

import sys
from random import Random

import ray

import convsolve as cs
from convsolve_ray import sweep

SHARDS = int(sys.argv[1]) if len(sys.argv) > 1 else 32
space = cs.Space("8@7", "1@28", layers=2, channels=[8, 4, 1])


def unevenness(solution: cs.Solution) -> tuple[int, int]:
    """How unevenly the outputs overlap, then what it costs."""
    return sum(layer.kernel_size[0] % layer.stride[0] for layer in solution.layers), solution.costs.macs


ray.init(num_cpus=2, include_dashboard=False, log_to_driver=False)
best, measured = None, 0
for shard, values in sweep(space, unevenness, SHARDS):
    measured += len(values)
    value, at = min((value, at) for at, value in enumerate(values))
    if best is None or (value, shard.start + at) < best:
        best = value, shard.start + at
ray.shutdown()
assert best is not None
assert measured == space.total
print(f"{measured:,} stacks from 7 to 28 in {SHARDS} shards, all of them; the best has {best[0]}:")
print(space[best[1]].code())

draws = Random(0)
proposals = [{name: draws.choice(domain) for name, domain in space.decisions.items()} for _ in range(space.total)]
fitting = [unevenness(space.complete(values)) for values in proposals if space.check(values)]
reached = f"the best has {min(fitting)}" if fitting else "there is no best"
print(f"drawn and pruned, as many trials: {len(fitting)} of {space.total:,} fitted; {reached}")

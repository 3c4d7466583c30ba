"""DCGAN's generator: 100 numbers become a 64x64 image in five transposed convolutions.

Nothing but the sizes is given; the settings of the paper are the first answer.
Run it: python examples/dcgan_generator.py
"""

import torch

import convsolve as cs

answer = cs.solve("100@1x1", "3@64x64", layers=5, channels=[100, 512, 256, 128, 64, 3])
solution = answer[0]
print(f"the first of {answer.total:,} combinations, through", " -> ".join(f"{h}x{w}" for h, w in solution.sizes))
print(f"{solution.costs.params:,} parameters, {solution.costs.macs:,} multiplications")

generator = solution.module(activation="relu", norm="batch", final_activation="tanh")
print(generator)
images = generator(torch.randn(8, 100, 1, 1))
assert images.shape == (8, 3, 64, 64)

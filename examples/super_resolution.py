"""Pad, resize, shuffle: three times the size of a picture whose sides no factor fits, and a classifier on top.

Run it: python examples/super_resolution.py
"""

import torch

import convsolve as cs

# Reflection in front, a convolution at the small size, then sub-pixels: what is left open is asked for.
stack = cs.Pad(mode="reflect") >> cs.Conv(k=3, s=1, p=0) >> cs.PixelShuffle() >> cs.Conv(s=1)
answer = cs.solve("16@32x40", "3@96x120", stack=stack, count=3)
print(f"{answer.total} combinations; the most conventional one:")
print(answer[0].code(activation="relu"))
model = answer[0].module(activation="relu")
pictures = model(torch.randn(2, 16, 32, 40))
assert pictures.shape == (2, 3, 96, 120)

# A factor that is no whole number is rounded as torch rounds it, and the pad and the crop take what is left.
stack = cs.Upsample(1.5, mode="bilinear") >> cs.Conv(k=3, s=1, p=1) >> cs.Crop()
answer = cs.solve("3@33x33", "3@48x48", stack=stack, count=1)
print(answer[0].sizes)
assert answer[0].module()(torch.randn(1, 3, 33, 33)).shape == (1, 3, 48, 48)

# Behind Flatten there are channels without axes: 10@.
answer = cs.solve("3@96x120", "10@", stack="Conv(c=16, k=3) * 2 >> AdaptiveAvgPool(4) >> Flatten() >> Linear()")
print(answer[0].code())
assert answer[0].module()(torch.randn(2, 3, 96, 120)).shape == (2, 10)

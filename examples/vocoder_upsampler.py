"""A vocoder's upsampler: each mel frame becomes 200 samples, by strides of 8, 5 and 5.

With an odd stride and an even kernel no padding alone keeps the length: that is where a vocoder ends up
with 1067 frames against 1068. output_padding closes the gap, and the search knows where it is needed.
Run it: python examples/vocoder_upsampler.py
"""

import torch

import convsolve as cs
from convsolve import ConvTranspose

HOP = 200
FRAMES = 32

stack = ConvTranspose(k=16, s=8) >> ConvTranspose(k=10, s=5) * 2
answer = cs.solve(f"512@{FRAMES}", f"64@{FRAMES * HOP}", stack=stack)
for layer in answer[0].layers:
    print(
        f"{layer.in_size[0]:5} -> {layer.out_size[0]:5}:  kernel_size {layer.kernel_size[0]:2}, "
        f"stride {layer.stride[0]}, padding {layer.padding[0]}, output_padding {layer.output_padding[0]}"
    )

upsampler = answer[0].module(activation="leaky_relu:0.1")
# what holds for 32 frames holds for any number of them: every layer multiplies its length
for frames in (1, 32, 77):
    assert upsampler(torch.randn(1, 512, frames)).shape == (1, 64, frames * HOP)
print(f"every frame becomes {HOP} samples")

"""The decoder of an MNIST autoencoder: from a 7x7 feature map back to 28x28, exactly.

Run it: python examples/decoder_28x28.py
"""

import torch

import convsolve as cs

# Kernels that are a multiple of the stride leave no checkerboard: 4 at stride 2, as most decoders have it.
answer = cs.solve("64@7x7", "1@28x28", layers=2, stride=2, kernel_size={2, 4})
print(f"{answer.total} combinations; the most conventional one:")
print(answer[0].code(activation="relu", final_activation="sigmoid"))

decoder = answer[0].module(activation="relu", final_activation="sigmoid")
images = decoder(torch.randn(16, 64, 7, 7))
print("out:", tuple(images.shape))
assert images.shape == (16, 1, 28, 28)

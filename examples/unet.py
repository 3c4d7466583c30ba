"""A small U-Net whose skip connections fit: the transposed convolutions get back just what the pools left.

Run it: python examples/unet.py
"""

import torch

import convsolve as cs

# Concat(i) joins the output of layer i, counted from 0 as they are written here.
down = (
    cs.Conv(out_channels=16, kernel_size=3, stride=1)  # 0
    >> cs.MaxPool(2)  # 1
    >> cs.Conv(out_channels=32, kernel_size=3, stride=1)  # 2
    >> cs.MaxPool(2)  # 3
    >> cs.Conv(out_channels=64, kernel_size=3, stride=1)  # 4
)
up = (
    cs.ConvTranspose(out_channels=32, stride=2)  # 5
    >> cs.Concat(2)  # 6
    >> cs.Conv(out_channels=32, kernel_size=3, stride=1)  # 7
    >> cs.ConvTranspose(out_channels=16, stride=2)  # 8
    >> cs.Concat(0)  # 9
    >> cs.Conv(out_channels=1, kernel_size=3, stride=1)  # 10
)

# 90 = 2*45 goes down to 45 and 22, and 2*22 is not 45: the step up to it needs an odd kernel or output_padding.
answer = cs.solve("1@90x90", "1@90x90", stack=down >> up, count=1)
print(f"{answer.total} combinations; the most conventional one:")
print(answer[0].code(activation="relu", norm="batch", class_name="UNet"))

net = answer[0].module(activation="relu", norm="batch")
images = net(torch.randn(2, 1, 90, 90))
print("out:", tuple(images.shape))
assert images.shape == (2, 1, 90, 90)

found = cs.trace("Conv(c=8, k=3, p=1) >> MaxPool(2) >> ConvTranspose(c=8, k=2, s=2) >> Concat(0)", "1@45")
print(found.reason)
assert found.reason == ("layer 3 (Concat): both sizes must be the same: 44 comes to it, and layer 0 (Conv) makes 45")

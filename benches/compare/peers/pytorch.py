"""PyTorch, with fused optimizers and channels_last. Variants: `eager`, and `compile` through torch.compile."""

import torch
from torch import nn
from torch.nn import functional

from turns import Training, Work, arguments, take_turns
from workloads import ADAM, BATCH_NORMALIZATION, SGD, SHAPES, pool, samples


def convolution(inputs, filters, size, stride):
    """A convolution with padding "same" and a BatchNormalization."""
    momentum = 1 - BATCH_NORMALIZATION["momentum"]
    return nn.Sequential(
        nn.Conv2d(inputs, filters, size, stride, padding=size // 2, bias=False),
        nn.BatchNorm2d(filters, BATCH_NORMALIZATION["epsilon"], momentum),
    )


class Block(nn.Module):
    def __init__(self, inputs, filters, stride):
        super().__init__()
        self.first = convolution(inputs, filters, 3, stride)
        self.second = convolution(filters, filters, 3, 1)
        self.shortcut = nn.Identity() if stride == 1 else convolution(inputs, filters, 1, stride)

    def forward(self, x):
        return functional.relu(self.second(functional.relu(self.first(x))) + self.shortcut(x))


class ResNet20(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = convolution(3, 16, 3, 1)
        widths = [(16, 16, 1), (16, 16, 1), (16, 16, 1), (16, 32, 2), (32, 32, 1), (32, 32, 1), (32, 64, 2)]
        self.blocks = nn.Sequential(*(Block(*each) for each in [*widths, (64, 64, 1), (64, 64, 1)]))
        self.scores = nn.Linear(64, 10)

    def forward(self, x):
        return self.scores(self.blocks(functional.relu(self.stem(x))).mean((2, 3)))


def model(workload):
    """The logits of a workload's model."""
    relu = nn.ReLU
    match workload:
        case "T1":
            return nn.Sequential(nn.Linear(784, 128), relu(), nn.Dropout(0.2), nn.Linear(128, 10))
        case "T2":
            hidden = [nn.Linear(784, 512), relu(), nn.Linear(512, 512), relu()]
            return nn.Sequential(*hidden, nn.Linear(512, 10))
        case "T3":
            convolutions = [nn.Conv2d(1, 6, 3), relu(), nn.AvgPool2d(2), nn.Conv2d(6, 16, 3), relu(), nn.AvgPool2d(2)]
            dense = [nn.Linear(576, 120), relu(), nn.Linear(120, 84), relu(), nn.Linear(84, 10)]
            return nn.Sequential(*convolutions, nn.Flatten(), *dense)
        case "T4":
            convolutions = [nn.Conv2d(1, 32, 3), relu(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), relu(), nn.MaxPool2d(2)]
            return nn.Sequential(*convolutions, nn.Flatten(), nn.Dropout(0.5), nn.Linear(1600, 10))
        case "T5":
            return ResNet20()


def main():
    options = arguments()
    torch.set_num_threads(options.threads)
    torch.manual_seed(1)
    layout = torch.channels_last if len(SHAPES[options.workload]) == 3 else torch.contiguous_format
    net = model(options.workload).to(memory_format=layout)

    def tensor(x):
        x = torch.from_numpy(x)
        return x.permute(0, 3, 1, 2).contiguous(memory_format=layout) if x.ndim == 4 else x

    if options.mode == "train":
        batches = [(tensor(x), torch.from_numpy(y)) for x, y in pool(options.workload, options.batch)]
        if options.workload == "T5":
            optimizer = torch.optim.SGD(net.parameters(), SGD["learning_rate"], SGD["momentum"], fused=True)
        else:
            betas = ADAM["beta_1"], ADAM["beta_2"]
            optimizer = torch.optim.Adam(net.parameters(), ADAM["learning_rate"], betas, ADAM["epsilon"], fused=True)

        def forward(x, y):
            return functional.cross_entropy(net(x), y)

        if options.variant == "compile":
            forward = torch.compile(forward)
        last = None

        def step(at):
            nonlocal last
            optimizer.zero_grad(set_to_none=True)
            last = forward(*batches[at])
            last.backward()
            optimizer.step()

        take_turns(Training(step, lambda: last.detach()), torch.__version__)
    else:
        net.eval()
        x = tensor(samples(options.workload, options.batch))
        scores = nn.Sequential(net, nn.Softmax(dim=1))
        if options.variant == "compile":
            torch._inductor.config.freezing = True  # weights become constants, laid out for the products
            scores = torch.compile(scores)
        with torch.inference_mode():
            take_turns(Work(lambda: scores(x)), torch.__version__)


if __name__ == "__main__":
    main()

import torch

# The networks of these tests are so small that a second thread only waits for the first.
torch.set_num_threads(1)

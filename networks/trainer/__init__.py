"""Training and ONNX export of the networks in this folder. Not part of the offramp program."""

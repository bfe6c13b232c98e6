"""The canonical model, a module per subject.

Made by `make clients` of what the gateway itself reads and writes; not to be changed by hand.
"""

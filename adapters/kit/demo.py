"""What a demonstration of a dialect does, read from the vendor's `demo.toml`."""

from importlib import resources

import msgspec

from adapters.contract.demo_script import DemoScript


def load(package: str) -> DemoScript:
    """The file beside a vendor's modules. Raises msgspec.ValidationError for what is no script."""
    return msgspec.toml.decode(resources.files(package).joinpath("demo.toml").read_bytes(), type=DemoScript)

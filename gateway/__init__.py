"""The routing core: state, dispatch, fan-out and the surfaces. It names no vendor."""

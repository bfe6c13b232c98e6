"""The older `window.bpspat.api` of Bright Pattern: the Embedded Agent Desktop API."""

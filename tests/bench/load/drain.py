"""Subscribers that take all they are told and read nothing of it, so that they cost next to nothing.

The system throws the bytes away (MSG_TRUNC), once each subscriber has had its first words. Says `draining` then,
and the bytes as JSON on SIGTERM.
"""

import asyncio
import argparse
import json
import select
import signal
import socket
import sys
import time

import msgspec
import uvloop

from tests.bench.client import Wire, connect, masked

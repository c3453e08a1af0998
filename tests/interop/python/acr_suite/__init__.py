"""The official Python SDK, unmodified, against an emulator.

Every case is written once, as a coroutine, and runs over both clients of the SDK: `flavours` makes
the blocking one look like the asynchronous one. `coverage` fails when the SDK has a method or an
option that no case used.
"""

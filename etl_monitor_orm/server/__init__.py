"""The HTTP door: the calls of workers and dispatchers for whatever speaks HTTP. It needs the extra `server`."""

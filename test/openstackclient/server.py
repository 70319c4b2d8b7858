"""Imports OpenStack's clients once and runs each command that is asked for on a socket in a fork of itself.

A request is one packet: {"program": "openstack" or "glance", "args": [...], "directory": "...", "environment": {...}} with the standard files beside it. The
answer is a byte, the exit status. Ends when its standard input does.
"""
import importlib.metadata
import json
import os
import signal
import socket
import sys
import threading

path, sys.argv = sys.argv[1], ["openstack"]  # what the client calls itself is read at its import

import openstackclient.shell  # noqa: E402

try:
    import glanceclient.shell
    import glanceclient.v2.shell  # noqa: F401
except ImportError:
    pass  # who needs it says so


def preload():
    """Imports what commands would import one by one."""
    entries = importlib.metadata.entry_points()
    for group in entries.groups:
        if group.startswith(("openstack.", "keystoneauth1.")):
            for entry in entries.select(group=group):
                try:
                    entry.load()
                except Exception:
                    pass  # a plugin of something that is not installed


def run(connection):
    """Runs one command and tells its status."""
    data, files, _, _ = socket.recv_fds(connection, 1 << 20, 3)
    request = json.loads(data)
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    if request["program"] == "glance" and not os.read(0, 1):
        os.dup2(os.openpty()[1], 0)  # as from a terminal: else it takes an image of no bytes from there
    os.chdir(request["directory"])
    os.environ.clear()
    os.environ.update(request["environment"])
    sys.argv = [request["program"], *request["args"]]
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)

    def gone():
        connection.recv(1)
        os._exit(130)

    threading.Thread(target=gone, daemon=True).start()
    try:
        if request["program"] == "glance":
            status = glanceclient.shell.main()
        else:
            status = openstackclient.shell.main(request["args"])
    except SystemExit as e:
        status = e.code if isinstance(e.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    if not isinstance(status, (int, type(None))):  # as sys.exit does
        print(status, file=sys.stderr)
        status = 1
    sys.stdout.flush()
    sys.stderr.flush()
    connection.send(bytes([(status or 0) & 255]))


def main():
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    listener.bind(path)
    preload()
    listener.listen(64)
    print("ready", flush=True)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)

    def until_left():
        while os.read(0, 1):
            pass
        os._exit(0)

    threading.Thread(target=until_left, daemon=True).start()
    while True:
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            try:
                run(connection)
            finally:
                os._exit(1)
        connection.close()


main()

"""Serves keystone's public API on a port of the loopback, one request after another: SQLite has room for one who writes."""
import sys
import wsgiref.simple_server

port = int(sys.argv.pop())
from keystone.server import wsgi  # noqa: E402  reads the arguments


class Handler(wsgiref.simple_server.WSGIRequestHandler):
    def log_message(self, *_):
        pass


wsgiref.simple_server.make_server('127.0.0.1', port, wsgi.initialize_public_application(), handler_class=Handler).serve_forever()

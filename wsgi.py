"""The WSGI entry point: `app` for servers and for `flask --app wsgi`."""

from core import create_app

app = create_app()

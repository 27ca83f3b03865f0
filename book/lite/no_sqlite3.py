"""What IPython needs to see of sqlite3 where there is none: its names. Live pages keep no history.

Goes into the live pages as the package ``sqlite3``: Pyodide has the real one as a file of its own, which the
pages do without; not finding any, the browser's kernel would ask the package index at every start.
"""


class Error(Exception):
    """Any database error."""


class DatabaseError(Error):
    """An error of the database."""


class OperationalError(DatabaseError):
    """No database."""


class IntegrityError(DatabaseError):
    """Never raised here."""


class Connection:
    """Never made here."""


PARSE_DECLTYPES, PARSE_COLNAMES = 1, 2


def connect(*args, **kwargs):
    """Say that there is no database."""
    raise OperationalError("live pages have no sqlite3; open the notebook in JupyterLab instead")

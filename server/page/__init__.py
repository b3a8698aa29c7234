"""What browsers show: the page at `/` and the API documentation at `/docs`.

May import everything in the server but `routes`, `app` and `commands`.
"""

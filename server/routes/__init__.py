"""The routes: our own API, and those of LibreTranslate and DeepL. One module per API.

May import everything in the server but `page`, `app` and `commands`.
"""

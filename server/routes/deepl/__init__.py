"""DeepL's API, versions 2 and 3: texts, documents, glossaries, languages, usage.

Contract: DeepL's API documentation and its official client. What this server cannot do, such as a
formality, is refused rather than ignored; what DeepL does not have is ignored.
"""

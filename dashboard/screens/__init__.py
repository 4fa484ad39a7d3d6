"""The pages; each file is one that ``dashboard/app.py`` registers by its path.

The folder is not called ``pages``: in a folder of that name Streamlit would run a page by itself,
without ``app.py``, when the first visit of a server follows a link to that page.
"""

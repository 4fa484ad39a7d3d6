"""The screens; each file is one page that ``dashboard/app.py`` registers by its path."""

"""Make of data what a field's type asks for; this room knows no bot."""

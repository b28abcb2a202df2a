"""What runs inside the walls: standard library only, imported without the rest of verigrad.

`zygote.py` on the outside starts `inside.main` with `sandbox/` alone on the path, so a job finds
neither verigrad nor pydantic in its own memory. Modules here import one another relatively.
"""

# see HACKING.md

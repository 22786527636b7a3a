# fcgistarter: its program, its sources, its libraries.

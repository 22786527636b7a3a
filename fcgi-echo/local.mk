# fcgi-echo: its program, its sources, its libraries.

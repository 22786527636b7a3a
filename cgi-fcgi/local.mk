# cgi-fcgi: its program, its sources, its libraries.

# One page a program: dist_man1_MANS += %D%/NAME.1
dist_man1_MANS += %D%/fcgistarter.1
dist_man1_MANS += %D%/fcgi-echo.1

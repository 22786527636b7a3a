# One page a program: dist_man1_MANS += %D%/NAME.1

# One page a program; keep them sorted.
dist_man1_MANS += %D%/cgi-fcgi.1
dist_man1_MANS += %D%/fcgi-auth-test.1
dist_man1_MANS += %D%/fcgi-bench.1
dist_man1_MANS += %D%/fcgi-echo.1
dist_man1_MANS += %D%/fcgi-probe.1
dist_man1_MANS += %D%/fcgistarter.1

# What completes the programs' options; one file a program and shell.  The name is the shell's way
# to find it.
COMPLETIONS_BASH = %D%/bash/cgi-fcgi %D%/bash/fcgi-auth-test %D%/bash/fcgi-bench \
	%D%/bash/fcgi-echo %D%/bash/fcgi-probe %D%/bash/fcgistarter
COMPLETIONS_FISH = %D%/fish/cgi-fcgi.fish %D%/fish/fcgi-auth-test.fish %D%/fish/fcgi-bench.fish \
	%D%/fish/fcgi-echo.fish %D%/fish/fcgi-probe.fish %D%/fish/fcgistarter.fish
COMPLETIONS_ZSH = %D%/zsh/_cgi-fcgi %D%/zsh/_fcgi-auth-test %D%/zsh/_fcgi-bench \
	%D%/zsh/_fcgi-echo %D%/zsh/_fcgi-probe %D%/zsh/_fcgistarter
EXTRA_DIST += $(COMPLETIONS_BASH) $(COMPLETIONS_FISH) $(COMPLETIONS_ZSH)

if COMPLETE_BASH
bashcompletion_DATA = $(COMPLETIONS_BASH)
endif
if COMPLETE_FISH
fishcompletion_DATA = $(COMPLETIONS_FISH)
endif
if COMPLETE_ZSH
zshcompletion_DATA = $(COMPLETIONS_ZSH)
endif

# To be copied and changed.
examplesdir = $(docdir)/examples
dist_examples_DATA = %D%/container/Dockerfile %D%/icinga/fcgi-probe.conf %D%/kubernetes/php-fpm.yaml

# One for each dialect of fcgi-auth-test.
dist_examples_DATA += %D%/auth-cases/lighttpd.cases
dist_examples_DATA += %D%/auth-cases/mod_authnz_fcgi.cases
dist_examples_DATA += %D%/auth-cases/mod_fastcgi.cases
dist_examples_DATA += %D%/auth-cases/mod_fastcgi-compat.cases
dist_examples_DATA += %D%/auth-cases/mod_fcgid.cases
dist_examples_DATA += %D%/auth-cases/nginx-auth-request.cases
dist_examples_DATA += %D%/auth-cases/nginx-auth-request-llng.cases
dist_examples_DATA += %D%/auth-cases/nginx-auth-request-original-uri.cases
dist_examples_DATA += %D%/auth-cases/spec.cases
# And a dialect of one's own.
dist_examples_DATA += %D%/auth-cases/own.dialect

# The units name the program where distributions have it; they are installed with where it is.
SYSTEMD_UNITS = %D%/systemd/fcgi-probe.service %D%/systemd/fcgi-probe.timer \
	%D%/systemd/fcgistarter@.service %D%/systemd/fcgistarter@.socket
EXTRA_DIST += $(SYSTEMD_UNITS)

if SYSTEMD_UNITS
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(systemdsystemunitdir)'
	for unit in $(SYSTEMD_UNITS); do \
		sed 's,/usr/bin/\(fcgi[a-z-]*\),$(bindir)/\1,' "$(srcdir)/$$unit" \
			>'$(DESTDIR)$(systemdsystemunitdir)'/"$${unit##*/}" || exit; \
		chmod 644 '$(DESTDIR)$(systemdsystemunitdir)'/"$${unit##*/}" || exit; \
	done

uninstall-local:
	for unit in $(SYSTEMD_UNITS); do \
		rm -f '$(DESTDIR)$(systemdsystemunitdir)'/"$${unit##*/}" || exit; \
	done
endif

# Below the prefix that distcheck makes, and not where systemd has its units.
AM_DISTCHECK_CONFIGURE_FLAGS = \
	--with-systemdsystemunitdir=$$dc_install_base/lib/systemd/system

# One program a module; the suffix .tap picks the driver.  cmocka prints TAP because
# AM_TESTS_ENVIRONMENT asks for it.
EXTRA_DIST += %D%/missing.sh
UNIT_LIBS = $(FCGIUTILS_LIBS) $(CMOCKA_LIBS)

if CMOCKA
AM_CPPFLAGS += $(CMOCKA_CFLAGS)

# One block a module; keep them sorted.
check_PROGRAMS += %D%/fcgi_error.tap
TESTS += %D%/fcgi_error.tap
%C%_fcgi_error_tap_SOURCES = %D%/fcgi_error.c
%C%_fcgi_error_tap_LDADD = $(UNIT_LIBS)

check_PROGRAMS += %D%/fcgi_record.tap
TESTS += %D%/fcgi_record.tap
%C%_fcgi_record_tap_SOURCES = %D%/fcgi_record.c %D%/guard.h
%C%_fcgi_record_tap_LDADD = $(UNIT_LIBS)
else
TESTS += %D%/missing.sh
endif

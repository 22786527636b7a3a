#include "fcgi_body.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "fcgi_proto.h"
#include "guard.h"

/* Both directions of one body, at an unreadable page, with the reserved bytes of both worlds. */
static const struct {
	struct fcgi_begin begin;
	unsigned char wire[FCGI_BODY_LEN];
} begins[] = {
	/* Appendix B. */
	{ { FCGI_RESPONDER, 0 }, { 0, 1, 0 } },
	{ { FCGI_RESPONDER, FCGI_KEEP_CONN }, { 0, 1, 1 } },
	{ { FCGI_AUTHORIZER, 0 }, { 0, 2, 0 } },
	{ { FCGI_FILTER, 0xff }, { 0, 3, 0xff } },
	{ { 0x1234, 0x56 }, { 0x12, 0x34, 0x56 } },
	{ { 0xffff, 0 }, { 0xff, 0xff, 0 } },
};

static void
begin_round_trip(void **state)
{
	struct fcgi_begin begin;
	unsigned char *wire;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof begins / sizeof *begins; i++) {
		wire = guard_copy(NULL, FCGI_BODY_LEN);
		memset(wire, 0xee, FCGI_BODY_LEN);
		fcgi_begin_encode(wire, &begins[i].begin);
		assert_memory_equal(wire, begins[i].wire, FCGI_BODY_LEN);
		memset(wire + 3, 0xee, FCGI_BODY_LEN - 3);
		fcgi_begin_decode(&begin, wire);
		assert_int_equal(begin.role, begins[i].begin.role);
		assert_int_equal(begin.flags, begins[i].begin.flags);
		guard_free(wire, FCGI_BODY_LEN);
	}
}

static const struct {
	struct fcgi_end end;
	unsigned char wire[FCGI_BODY_LEN];
} ends[] = {
	/* Appendix B. */
	{ { 0, FCGI_REQUEST_COMPLETE }, { 0, 0, 0, 0, 0 } },
	{ { 938, FCGI_REQUEST_COMPLETE }, { 0, 0, 3, 0xaa, 0 } },
	{ { 0, FCGI_OVERLOADED }, { 0, 0, 0, 0, 2 } },
	{ { 0x12345678, 0x9a }, { 0x12, 0x34, 0x56, 0x78, 0x9a } },
	{ { 0xffffffff, 0xff }, { 0xff, 0xff, 0xff, 0xff, 0xff } },
	{ { 0x80000000, FCGI_UNKNOWN_ROLE }, { 0x80, 0, 0, 0, 3 } },
};

static void
end_round_trip(void **state)
{
	struct fcgi_end end;
	unsigned char *wire;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof ends / sizeof *ends; i++) {
		wire = guard_copy(NULL, FCGI_BODY_LEN);
		memset(wire, 0xee, FCGI_BODY_LEN);
		fcgi_end_encode(wire, &ends[i].end);
		assert_memory_equal(wire, ends[i].wire, FCGI_BODY_LEN);
		memset(wire + 5, 0xee, FCGI_BODY_LEN - 5);
		fcgi_end_decode(&end, wire);
		assert_int_equal(end.app_status, ends[i].end.app_status);
		assert_int_equal(end.protocol_status, ends[i].end.protocol_status);
		guard_free(wire, FCGI_BODY_LEN);
	}
}

static void
unknown_type_round_trip(void **state)
{
	static const unsigned char zeros[FCGI_BODY_LEN];
	unsigned char *wire;
	int type;

	(void)state;
	for (type = 0; type < 256; type++) {
		wire = guard_copy(NULL, FCGI_BODY_LEN);
		memset(wire, 0xee, FCGI_BODY_LEN);
		fcgi_unknown_type_encode(wire, (uint8_t)type);
		assert_int_equal(wire[0], type);
		assert_memory_equal(wire + 1, zeros, FCGI_BODY_LEN - 1);
		memset(wire + 1, 0xee, FCGI_BODY_LEN - 1);
		assert_int_equal(fcgi_unknown_type_decode(wire), type);
		guard_free(wire, FCGI_BODY_LEN);
	}
}

static void
names_are_the_specification_s(void **state)
{
	int i;

	(void)state;
	assert_string_equal(fcgi_role_name(1), "RESPONDER");
	assert_string_equal(fcgi_role_name(2), "AUTHORIZER");
	assert_string_equal(fcgi_role_name(3), "FILTER");
	assert_null(fcgi_role_name(0));
	for (i = 4; i <= UINT16_MAX; i++)
		assert_null(fcgi_role_name((uint16_t)i));
	assert_string_equal(fcgi_protocol_status_name(0), "REQUEST_COMPLETE");
	assert_string_equal(fcgi_protocol_status_name(1), "CANT_MPX_CONN");
	assert_string_equal(fcgi_protocol_status_name(2), "OVERLOADED");
	assert_string_equal(fcgi_protocol_status_name(3), "UNKNOWN_ROLE");
	for (i = 4; i <= UINT8_MAX; i++)
		assert_null(fcgi_protocol_status_name((uint8_t)i));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(begin_round_trip),
		cmocka_unit_test(end_round_trip),
		cmocka_unit_test(unknown_type_round_trip),
		cmocka_unit_test(names_are_the_specification_s),
	};

	return cmocka_run_group_tests_name("fcgi_body", tests, NULL, NULL);
}

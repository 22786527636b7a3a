/* Does nothing: what fcgi-probe costs before its first line, linked with the same libraries. */
#include <popt.h>

/* So that the library is loaded, and not dropped for want of use. */
const void *bench_keeps = (const void *)poptGetContext;

int
main(void)
{
	return 0;
}

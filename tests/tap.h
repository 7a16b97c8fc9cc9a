/*
 * tap.h - the Test Anything Protocol for the C tests. A test is named by the
 * sentence that is true when it passes; done() prints the plan and returns
 * the exit status.
 */
#ifndef RK_TESTS_TAP_H
#define RK_TESTS_TAP_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int tap_n, tap_bad;

static int __attribute__((unused, format(printf, 2, 3)))
ok(int pass, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", pass ? "" : "not ", ++tap_n);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
	tap_bad += !pass;
	return pass;
}

/* |got - want| <= tol, said with the numbers when it is not so. */
static int __attribute__((unused))
near(double got, double want, double tol, const char *name)
{
	int pass = fabs(got - want) <= tol;

	if (!ok(pass, "%s", name))
		printf("# got %.17g, want %.17g within %g\n", got, want, tol);
	return pass;
}

static int __attribute__((unused))
same(const char *got, const char *want, const char *name)
{
	int pass = got != NULL && want != NULL && strcmp(got, want) == 0;

	if (!ok(pass, "%s", name))
		printf("# got  %s\n# want %s\n", got ? got : "(null)",
		    want ? want : "(null)");
	return pass;
}

static void __attribute__((unused)) skip(const char *name, const char *why)
{
	printf("ok %d - %s # skip %s\n", ++tap_n, name, why);
}

static int __attribute__((unused)) done(void)
{
	printf("1..%d\n", tap_n);
	return tap_bad != 0;
}

#endif

/*
 * jansson - how fast jansson alone parses the lines of a file on one core: the
 * baseline of the filters that read JSON Lines. Prints seconds and MB/s, the
 * best of REPEATS.
 */
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *
slurp(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *p = NULL;

	if (f == NULL || fseek(f, 0, SEEK_END) != 0)
		exit(1);
	*n = (size_t)ftell(f);
	rewind(f);
	p = malloc(*n + 1);
	if (p == NULL || fread(p, 1, *n, f) != *n)
		exit(1);
	fclose(f);
	return p;
}

static double
parse_all(const char *p, size_t n)
{
	const char *end = p + n;
	double t = now();

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((nl ? nl : end) - p);
		json_t *v = json_loadb(
		    p, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
		if (v == NULL)
			exit(1);
		json_decref(v);
		p += len + 1;
	}
	return now() - t;
}

int
main(int argc, char **argv)
{
	int i, repeats = argc > 2 ? atoi(argv[2]) : 3;
	double best = 1e9;
	size_t n;
	char *p;

	if (argc < 2)
		return 2;
	p = slurp(argv[1], &n);
	for (i = 0; i < repeats; i++) {
		double t = parse_all(p, n);
		if (t < best)
			best = t;
	}
	printf("%.4f s %.1f MB/s\n", best, (double)n / best / 1e6);
	free(p);
	return 0;
}

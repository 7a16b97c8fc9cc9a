/*
 * replay.c - the main of every fuzz target in `make check`: replay_NAME runs
 * it on each file of tests/corpus/NAME and, where they are of its kind, on the
 * inputs of tests/bad or tests/bad-models. An input is read to memory of its
 * exact size, so that a sanitizer sees what is read beyond it.
 */
#include <dirent.h>
#include <stdint.h>

#include "tap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *p;
	long n = -1;

	if (f != NULL && fseek(f, 0, SEEK_END) == 0)
		n = ftell(f);
	if (n < 0) {
		ok(0, "%s can be read", path);
		return;
	}
	rewind(f);
	p = malloc(n > 0 ? (size_t)n : 1);
	if (p == NULL || fread(p, 1, (size_t)n, f) != (size_t)n) {
		ok(0, "%s can be read", path);
	} else {
		LLVMFuzzerTestOneInput(p, (size_t)n);
		ok(1, "%s holds no surprise", path);
	}
	fclose(f);
	free(p);
}

static int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* Every file DIR/<name> or, with INPUT, DIR/<case>/INPUT, in order. */
static void
replay_all(const char *dir, const char *input)
{
	struct dirent **e;
	char path[4096];
	int i, n = scandir(dir, &e, visible, alphasort);

	for (i = 0; i < n; i++) {
		snprintf(path, sizeof path, "%s/%s%s%s", dir, e[i]->d_name,
		    input ? "/" : "", input ? input : "");
		replay(path);
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');
	char dir[4096];

	(void)argc;
	name = name ? name + 1 : argv[0];
	if (strncmp(name, "replay_", 7) == 0)
		name += 7;
	snprintf(dir, sizeof dir, "tests/corpus/%s", name);
	replay_all(dir, NULL);
	if (strcmp(name, "record") == 0)
		replay_all("tests/bad", "in");
	if (strcmp(name, "safetensors") == 0)
		replay_all("tests/bad-models", "in");
	ok(tap_n > 0, "there is something to replay");
	return done();
}

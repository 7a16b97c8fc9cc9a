/* dl.c - dlopen and dlsym. */
#include "base/dl.h"

#include <dlfcn.h>
#include <string.h>

int
rk_dl_load(
    const char *const *files, const struct rk_dl *table, struct rk_err *err)
{
	const char *first = *files;
	void *lib, *f;

	while ((lib = dlopen(*files, RTLD_NOW | RTLD_LOCAL)) == NULL)
		if (*++files == NULL)
			return rk_err_set(err, "%s cannot be loaded", first);
	for (; table->name != NULL; table++) {
		f = dlsym(lib, table->name);
		if (f == NULL)
			return rk_err_set(err, "%s: too old: it has no %s",
			    *files, table->name);
		/* POSIX: a pointer to void holds one to a function */
		memcpy(table->to, &f, sizeof f);
	}
	return 0;
}

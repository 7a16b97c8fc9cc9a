/*
 * t_safetensors.c - what is saved opens as it was; a file that Python wrote
 * opens; hostile files are errors that say what is wrong; opening reads the
 * header and not the tensors.
 */
#include "io/safetensors.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "tap.h"

static char dir[] = "/tmp/t_safetensors.XXXXXX";

static const char *
in_dir(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return path;
}

/* --- there and back ------------------------------------------------------------ */

static const enum rk_dtype all_types[] = { RK_BOOL, RK_U8, RK_I8, RK_I16,
	RK_U16, RK_F16, RK_BF16, RK_I32, RK_U32, RK_F32, RK_I64, RK_U64,
	RK_F64 };

enum { TYPES = sizeof all_types / sizeof *all_types };

static unsigned char pattern[4096];

/* Tensor I of the test file: its type, and shapes of 0 to 8 dimensions. */
static void
shape_of(int i, int *ndim, size_t *shape)
{
	int j;

	*ndim = i % (RK_ST_MAXDIM + 1);
	for (j = 0; j < *ndim; j++)
		shape[j] = 1 + (size_t)(i + j) % 2;
	if (i == TYPES - 1)
		shape[1] = 0;
}

static struct rk_st_writer *
every_type(int reversed)
{
	struct rk_st_writer *w = rk_st_writer_new();
	size_t shape[RK_ST_MAXDIM];
	char name[16];
	int i, k, ndim;

	rk_st_put_meta(w, reversed ? "b" : "a", reversed ? "2" : "1");
	rk_st_put_meta(w, reversed ? "a" : "b", reversed ? "1" : "2");
	for (k = 0; k < TYPES; k++) {
		i = reversed ? TYPES - 1 - k : k;
		shape_of(i, &ndim, shape);
		snprintf(name, sizeof name, "t%d", i);
		rk_st_put(w, name, all_types[i], ndim, shape, pattern + i);
	}
	return w;
}

static int
is_tensor(const struct rk_st *st, int i)
{
	size_t shape[RK_ST_MAXDIM];
	const struct rk_tensor *t;
	char name[16];
	int ndim;

	shape_of(i, &ndim, shape);
	snprintf(name, sizeof name, "t%d", i);
	t = rk_st_need(st, name, all_types[i], ndim, shape, NULL);
	return t != NULL && (uintptr_t)t->data % rk_dtype_size(t->dtype) == 0 &&
	    memcmp(t->data, pattern + i, t->count * rk_dtype_size(t->dtype)) ==
	    0;
}

static void
there_and_back(void)
{
	struct rk_st_writer *w = every_type(0), *v = every_type(1);
	struct rk_buf a = { 0 }, b = { 0 };
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	int i, good = 1;

	ok(rk_st_write(w, in_dir("m"), &err) == 0, "a file can be written");
	st = rk_st_open(in_dir("m"), &err);
	ok(st != NULL && rk_st_count(st) == TYPES, "and opens");
	for (i = 0; i < TYPES; i++)
		good &= is_tensor(st, i);
	ok(good, "with every type, 0 to 8 dimensions, and no elements");
	ok(rk_st_meta_count(st) == 2 &&
		strcmp(rk_st_meta_key(st, 0), "a") == 0 &&
		strcmp(rk_st_meta(st, "a"), "1") == 0 &&
		strcmp(rk_st_meta(st, "b"), "2") == 0 &&
		rk_st_meta(st, "c") == NULL,
	    "and its metadata, sorted");
	ok(strcmp(rk_st_at(st, 0)->name, "t0") == 0 &&
		strcmp(rk_st_at(st, 1)->name, "t1") == 0 &&
		strcmp(rk_st_at(st, 2)->name, "t10") == 0,
	    "tensors are sorted by name");
	ok(rk_st_find(st, "t") == NULL && rk_st_find(st, "t99") == NULL,
	    "a name that is not there is not found");
	rk_st_close(st);
	ok(rk_st_write_mem(w, &a, &err) == 0 &&
		rk_st_write_mem(v, &b, &err) == 0 && a.n == b.n &&
		memcmp(a.p, b.p, a.n) == 0,
	    "the order of putting does not change the bytes");
	ok((8 + (unsigned char)a.p[0] + 256u * (unsigned char)a.p[1]) % 64 == 0,
	    "data begin at a multiple of 64");
	rk_st_writer_free(w);
	rk_st_writer_free(v);
	rk_buf_free(&a);
	rk_buf_free(&b);
}

/* Names and metadata: whatever is UTF-8, and nothing else. */
static void
texts(void)
{
	static const char odd[] = "\x01\"\\/\n\t\x7f \xc3\xa4 \xe6\xbc\xa2 "
				  "\xf0\x9f\x98\x80 <\xe2\x80\xa8>";
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_buf b = { 0 };
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	char want[64];

	rk_st_put_meta(w, odd, odd);
	rk_st_put_meta(w, "", "");
	rk_st_prefix(w, "p.");
	rk_st_give(w, odd, RK_U8, 0, NULL, rk_strdup("x"));
	snprintf(want, sizeof want, "p.%s", odd);
	ok(rk_st_write_mem(w, &b, &err) == 0, "odd texts can be written");
	st = rk_st_open_mem(b.p, b.n, &err);
	ok(st != NULL && rk_st_find(st, want) != NULL &&
		*(const char *)rk_st_find(st, want)->data == 'x' &&
		strcmp(rk_st_meta(st, odd), odd) == 0 &&
		strcmp(rk_st_meta(st, ""), "") == 0,
	    "and are read as they were, the prefix before the name");
	rk_st_close(st);
	rk_st_writer_free(w);
	rk_buf_free(&b);
}

/* --- what the writer refuses ---------------------------------------------------- */

enum wrong { TWICE, META_TWICE, LATIN1, META_LATIN1, NINE, RESERVED };

static void
refuses(enum wrong what, const char *want)
{
	static const size_t one[9] = { 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_err err = { { 0 } };
	char full[256];

	rk_st_put(w, "a", RK_F32, 1, one, pattern);
	if (what == TWICE)
		rk_st_put(w, "a", RK_U8, 1, one, pattern);
	if (what == LATIN1)
		rk_st_put(w, "\xe4", RK_U8, 1, one, pattern);
	if (what == NINE)
		rk_st_put(w, "b", RK_U8, 9, one, pattern);
	if (what == RESERVED)
		rk_st_put(w, "__metadata__", RK_U8, 1, one, pattern);
	if (what == META_TWICE)
		rk_st_put_meta(w, "k", "1");
	if (what == META_TWICE || what == META_LATIN1)
		rk_st_put_meta(w, "k", "\xe4");
	snprintf(full, sizeof full, "%s: %s", in_dir("refused"), want);
	ok(rk_st_write(w, in_dir("refused"), &err) == -1 &&
		access(in_dir("refused"), F_OK) != 0,
	    "what cannot be saved is no file");
	same(err.msg, full, "but a message");
	rk_st_writer_free(w);
}

static void
refusals(void)
{
	refuses(TWICE, "tensor 'a' is there twice");
	refuses(META_TWICE, "metadata 'k' is there twice");
	refuses(LATIN1, "'\xe4' is not valid UTF-8");
	refuses(META_LATIN1, "'\xe4' is not valid UTF-8");
	refuses(NINE, "tensor 'b': has 9 dimensions, expected at most 8");
	refuses(RESERVED, "no tensor can be named __metadata__");
}

static void
failed_write(void)
{
	struct rk_st_writer *w = every_type(0);
	struct rk_err err = { { 0 } };

	ok(rk_st_write(w, "/dev/full", &err) == -1, "a full disk is an error");
	same(err.msg, "/dev/full: No space left on device", "named");
	rk_st_writer_free(w);
}

/* --- files of others ---------------------------------------------------------------- */

/* The I-th element of T, as a number. */
static double
element(const struct rk_tensor *t, size_t i)
{
	switch (t->dtype) {
	case RK_BOOL:
	case RK_U8: return ((const uint8_t *)t->data)[i];
	case RK_I8: return ((const int8_t *)t->data)[i];
	case RK_I16: return ((const int16_t *)t->data)[i];
	case RK_F16: /* halves from 1 to 6 are told by their bits */
	case RK_BF16:
	case RK_U16: return ((const uint16_t *)t->data)[i];
	case RK_I32: return ((const int32_t *)t->data)[i];
	case RK_U32: return ((const uint32_t *)t->data)[i];
	case RK_F32: return ((const float *)t->data)[i];
	case RK_I64: return (double)((const int64_t *)t->data)[i];
	case RK_U64: return (double)((const uint64_t *)t->data)[i];
	case RK_F64: return ((const double *)t->data)[i];
	}
	return NAN;
}

/* Python put 1..6 into each [2, 3], and their last bits into the booleans. */
static int
counts_to_six(const struct rk_st *st, const char *name, enum rk_dtype type)
{
	static const uint16_t half[] = { 0x3c00, 0x4000, 0x4200, 0x4400, 0x4500,
		0x4600 };
	const size_t shape[] = { 2, 3 };
	const struct rk_tensor *t;
	size_t i;

	t = rk_st_need(st, name, type, 2, shape, NULL);
	if (t == NULL)
		return 0;
	for (i = 0; i < 6; i++) {
		double want = type == RK_F16 ? half[i]
		    : type == RK_BOOL        ? (double)(i % 2)
					     : (double)i + 1;
		if (element(t, i) != want)
			return 0;
	}
	return 1;
}

static void
from_python(void)
{
	static const char *const names[] = { "bool", "u8", "i8", "i16", "u16",
		"f16", "bf16", "i32", "u32", "f32", "i64", "u64", "f64" };
	const size_t empty[] = { 3, 0, 2 }, any[] = { SIZE_MAX };
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	const struct rk_tensor *t;
	int i, good = 1;

	st = rk_st_open("tests/golden/safetensors/all.safetensors", &err);
	if (!ok(st != NULL, "a file that Python wrote opens")) {
		printf("# %s\n", err.msg);
		return;
	}
	for (i = 0; i < TYPES; i++)
		good &= counts_to_six(st, names[i], all_types[i]);
	ok(good, "its tensors are right, though none of them is aligned");
	t = rk_st_need(st, "scalar", RK_F32, 0, NULL, NULL);
	ok(t != NULL && t->count == 1 && element(t, 0) == 2.5,
	    "so is a number without dimensions");
	t = rk_st_need(st, "empty", RK_F64, 3, empty, NULL);
	ok(t != NULL && t->count == 0 && t->data != NULL,
	    "so is one without elements");
	t = rk_st_need(st, "l\xc3\xa4nge \"\\ \xe6\xbc\xa2 \xf0\x9f\x98\x80",
	    RK_F32, 1, any, NULL);
	ok(t != NULL && element(t, 0) == 1.25, "so is one with an odd name");
	ok(strcmp(rk_st_meta(st, "a"), "\xc3\xbc") == 0 &&
		strcmp(rk_st_meta(st, "b"), "two\nlines") == 0,
	    "so is the metadata");
	rk_st_close(st);
}

static void
needs(void)
{
	const size_t shape[] = { 2, SIZE_MAX }, other[] = { 3, 2 };
	static const char at[] = "tests/golden/safetensors/all.safetensors";
	struct rk_err err = { { 0 } };
	struct rk_st *st = rk_st_open(at, &err);

	ok(rk_st_need(st, "f32", RK_F32, 2, shape, &err) != NULL,
	    "a dimension of SIZE_MAX matches any");
	rk_st_need(st, "f32", RK_F16, 2, shape, &err);
	same(err.msg, "tensor 'f32' is F32 [2, 3], expected F16 [2, *]",
	    "another type is an error that says both");
	memset(&err, 0, sizeof err);
	rk_st_need(st, "f32", RK_F32, 2, other, &err);
	same(err.msg, "tensor 'f32' is F32 [2, 3], expected F32 [3, 2]",
	    "so is another shape");
	memset(&err, 0, sizeof err);
	rk_st_need(st, "none", RK_F32, 2, other, &err);
	same(err.msg, "tensor 'none' is missing, expected F32 [3, 2]",
	    "so is a tensor that is not there");
	rk_st_close(st);
}

static void
published(void)
{
	const char *shared = getenv("RK_SHARED");
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	char path[512];
	size_t i, half = 0;

	snprintf(path, sizeof path, "%s/models/minilm/model.safetensors",
	    shared ? shared : "../shared");
	if (access(path, R_OK) != 0) {
		skip("a published model opens", "no shared models here");
		return;
	}
	st = rk_st_open(path, &err);
	for (i = 0; st != NULL && i < rk_st_count(st); i++)
		half += rk_st_at(st, i)->dtype == RK_F16;
	ok(st != NULL && rk_st_count(st) == 104 && half == 103,
	    "a published model opens, with its 104 tensors, 103 of them F16");
	rk_st_close(st);
}

/* --- hostile files ------------------------------------------------------------------- */

static int
visible(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static void
bad_model(const char *name)
{
	char in[512], path[512], line[512] = "", want[1040];
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	FILE *f;

	snprintf(path, sizeof path, "tests/bad-models/%s/err", name);
	f = fopen(path, "r");
	if (f == NULL || fgets(line, sizeof line, f) == NULL)
		ok(0, "%s can be read", path);
	if (f != NULL)
		fclose(f);
	line[strcspn(line, "\n")] = '\0';
	snprintf(in, sizeof in, "tests/bad-models/%s/in", name);
	snprintf(want, sizeof want, "%s: %s", in, line);
	st = rk_st_open(in, &err);
	ok(st == NULL, "%s does not open", in);
	same(err.msg, want, "and the message says why");
	rk_st_close(st);
}

static void
bad_models(void)
{
	struct dirent **e;
	int i, n = scandir("tests/bad-models", &e, visible, alphasort);

	ok(n > 0, "there are hostile files");
	for (i = 0; i < n; i++) {
		bad_model(e[i]->d_name);
		free(e[i]);
	}
	if (n >= 0)
		free(e);
}

static void
cannot_open(const char *path, const char *want)
{
	struct rk_err err = { { 0 } };
	char full[256];

	snprintf(full, sizeof full, "%s: %s", path, want);
	ok(rk_st_open(path, &err) == NULL, "%s does not open", path);
	same(err.msg, full, "and the message says why");
}

static void
no_files(void)
{
	cannot_open("tests", "Is a directory");
	cannot_open("tests/none", "No such file or directory");
	cannot_open("/dev/null", "is no regular file and cannot be mapped");
	mkfifo(in_dir("fifo"), 0600);
	cannot_open(in_dir("fifo"), "is no regular file and cannot be mapped");
}

/* Every prefix of a good file is an error and no crash. */
static void
cut_short(void)
{
	struct rk_st_writer *w = every_type(0);
	struct rk_buf b = { 0 };
	struct rk_err err = { { 0 } };
	size_t n;
	int opened = 0;

	rk_st_write_mem(w, &b, &err);
	for (n = 0; n < b.n; n++) {
		char *cut = rk_malloc(n);
		struct rk_st *st;
		memcpy(cut, b.p, n);
		memset(&err, 0, sizeof err);
		st = rk_st_open_mem(cut, n, &err);
		opened += st != NULL || !rk_err_is(&err);
		rk_st_close(st);
		free(cut);
	}
	ok(opened == 0, "a file that is cut anywhere is an error");
	rk_st_writer_free(w);
	rk_buf_free(&b);
}

/* --- cost ---------------------------------------------------------------------------- */

static void
lazy(void)
{
	static const char head[] = "{\"a\":{\"dtype\":\"F32\",\"shape\":"
				   "[1000,85000],\"data_offsets\":"
				   "[0,340000000]}}    ";
	const size_t size = 340000000, len = (sizeof head - 1) / 8 * 8;
	unsigned char start[8] = { (unsigned char)len };
	struct rusage before, after;
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	FILE *f = fopen(in_dir("big"), "wb");
	int i, opened = 0;

	fwrite(start, 1, 8, f);
	fwrite(head, 1, len, f);
	fclose(f);
	if (truncate(in_dir("big"), (off_t)(8 + len + size)) != 0) {
		skip("opening reads no tensor", "no sparse files here");
		return;
	}
	getrusage(RUSAGE_SELF, &before);
	for (i = 0; i < 100; i++) {
		st = rk_st_open(in_dir("big"), &err);
		opened += st != NULL;
		rk_st_close(st);
	}
	getrusage(RUSAGE_SELF, &after);
	ok(opened == 100, "a file of 340 MB opens");
	printf("# %ld page faults in 100 openings\n",
	    after.ru_minflt - before.ru_minflt);
	ok(after.ru_minflt - before.ru_minflt < 10000,
	    "without its 83008 pages: under 100 each time");
}

int
main(void)
{
	static const char *const made[] = { "m", "big", "fifo" };
	size_t i;

	for (i = 0; i < sizeof pattern; i++)
		pattern[i] = (unsigned char)(i * 7 + i / 256);
	if (mkdtemp(dir) == NULL) {
		perror(dir);
		return 1;
	}
	there_and_back();
	texts();
	refusals();
	failed_write();
	from_python();
	needs();
	published();
	bad_models();
	no_files();
	cut_short();
	lazy();
	for (i = 0; i < sizeof made / sizeof *made; i++)
		unlink(in_dir(made[i]));
	rmdir(dir);
	return done();
}

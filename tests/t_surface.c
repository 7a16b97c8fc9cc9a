/* What a text looks like, and features side by side. */
#include "text/surface.h"

#include "route/features.h"
#include "tap.h"

static void
test_surface(void)
{
	const char *s = "What is 2+2?\nA. 4\nB) \xc3\xa9\n(C) {x}";
	float x[RK_SURFACE_FEATURES];
	double points = 30;
	int i, bad = 0;

	rk_surface(x, s, strlen(s));
	near((double)x[RK_SURFACE_LENGTH], log(1 + points), 1e-6,
	    "length counts code points");
	near((double)x[RK_SURFACE_WORDS], log(1 + 9), 1e-6, "words");
	near((double)x[RK_SURFACE_OPTIONS], log(1 + 3), 1e-6,
	    "options of three forms");
	near((double)x[RK_SURFACE_BREAKS], log(1 + 3), 1e-6, "line breaks");
	near((double)x[RK_SURFACE_DIGITS], 3 / points, 1e-6, "digits");
	near((double)x[RK_SURFACE_CODE], 5 / points, 1e-6, "code marks");
	near((double)x[RK_SURFACE_PUNCT], 3 / points, 1e-6, "punctuation");
	near((double)x[RK_SURFACE_FOREIGN], 1 / points, 1e-6, "foreign");
	rk_surface(x, "", 0);
	for (i = 0; i < RK_SURFACE_FEATURES; i++)
		bad += x[i] != 0;
	ok(bad == 0, "an empty text is all zeros");
}

static void
test_features(void)
{
	struct rk_str text[3] = { { "a b c", 5 }, { "dd ee", 5 },
		{ "fff", 3 } };
	float emb[6] = { 3, 4, 1, 0, 0, 0 }, out[30];
	uint8_t valid[3] = { 0, 0, 0 };
	struct rk_prefs p = {
		.n = 3, .d = 2, .emb = emb, .text = text, .valid = valid
	};
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_err err = { { 0 } };
	struct rk_features f;
	double len = 0, dot = 0;
	int i, bad = 0;

	ok(rk_features_parse(&f, "embedding,surface=0.5", &err) == 0 && f.on,
	    "a list of blocks with a weight");
	ok(rk_features_fit(&f, &p, &err) == 0, "they are found");
	ok(f.scale[RK_SURFACE_DIGITS] == 0 && f.scale[RK_SURFACE_LENGTH] > 0,
	    "a number that is constant is dropped");
	ok(rk_features_dim(&f) == 10, "two numbers and eight");
	rk_features_apply(&f, emb, text, 3, pool, out);
	for (i = 0; i < 10; i++)
		len += (double)out[i] * (double)out[i];
	near(len, 1, 1e-6, "the whole has the length 1");
	near((double)out[0] / (double)out[1], .75, 1e-6,
	    "an embedding of any length keeps its direction");
	dot = (double)out[0] * (double)out[0] + (double)out[1] * (double)out[1];
	near(dot, 1 / 1.25, 1e-6, "blocks weigh the squares of their weights");
	for (i = 0; i < 30; i++)
		bad += !isfinite(out[i]);
	ok(bad == 0, "a zero embedding gives no NaN");
	ok(rk_features_parse(&f, "embedding", &err) == 0 && !f.on,
	    "the bare embedding needs no block");
	ok(rk_features_parse(&f, "embedding,surface=-1", &err) != 0,
	    "a negative weight is refused");
	rk_pool_free(pool);
}

/* Features F put into a file and read again, D numbers of a router's. */
static int
reads_back(const struct rk_features *f, struct rk_features *g)
{
	struct rk_st_writer *w = rk_st_writer_new();
	struct rk_buf image = { 0 };
	struct rk_err err = { { 0 } };
	struct rk_st *st;
	int rc;

	rk_features_put(f, w);
	rk_st_write_mem(w, &image, &err);
	st = rk_st_open_mem(image.p, image.n, &err);
	rc = st != NULL ? rk_features_open(g, st, "", &err) : -1;
	rk_st_close(st);
	rk_buf_free(&image);
	rk_st_writer_free(w);
	return rc;
}

static void
refuses(const char *list, const struct rk_prefs *p, const char *msg)
{
	struct rk_features f;
	struct rk_err err = { { 0 } };

	ok((rk_features_parse(&f, list, &err) != 0 ||
	       rk_features_fit(&f, p, &err) != 0) &&
		strncmp(err.msg, msg, strlen(msg)) == 0,
	    "%s is refused", list);
	if (strncmp(err.msg, msg, strlen(msg)) != 0)
		printf("# got  %s\n# want %s\n", err.msg, msg);
}

/* The parts of an embedding of 2 + 3 numbers, by their names. */
static void
test_parts(void)
{
	static const struct rk_embed_part part[] = { { "one", 2 },
		{ "two", 3 } };
	static const float emb[] = { 3, 4, 0, 5, 0 };
	uint8_t valid[1] = { 0 };
	struct rk_prefs p = { .n = 1,
		.d = 5,
		.emb = emb,
		.valid = valid,
		.parts = 2,
		.part = part };
	struct rk_pool *pool = rk_pool_new(1);
	struct rk_err err = { { 0 } };
	struct rk_features f, g;
	float out[13];

	ok(rk_features_parse(&f, "two,one=2", &err) == 0 &&
		rk_features_fit(&f, &p, &err) == 0 && f.on,
	    "parts by their names, with weights");
	ok(rk_features_dim(&f) == 5 && f.d_in == 5, "both are all of it");
	rk_features_apply(&f, emb, NULL, 1, pool, out);
	near((double)out[1], 2 * .8 / sqrt(5), 1e-6, "one weighs two");
	near((double)out[3], 1 / sqrt(5), 1e-6, "two weighs one");
	ok(reads_back(&f, &g) == 0 && g.parts == 2 && g.d_in == 5 &&
		g.weight[0] == 2 && g.weight[1] == 1 && g.surface == 0,
	    "a file keeps them");
	rk_features_parse(&f, "two", &err);
	ok(rk_features_fit(&f, &p, &err) == 0 && rk_features_dim(&f) == 3 &&
		f.d_in == 5,
	    "one part alone");
	rk_features_apply(&f, emb, NULL, 1, pool, out);
	ok(out[0] == 0 && out[1] == 1 && out[2] == 0, "... is what it is");
	ok(reads_back(&f, &g) == 0 && g.d_in == 5 && rk_features_dim(&g) == 3,
	    "... and the file knows how much is passed over");
	p.parts = 1;
	p.d = 2;
	rk_features_parse(&f, "one", &err);
	ok(rk_features_fit(&f, &p, &err) == 0 && !f.on,
	    "the only part is the bare embedding");
	p.parts = 2;
	p.d = 5;
	refuses("one,three", &p,
	    "features: no 'three' in the embeddings, expected embedding, "
	    "surface, one, two");
	refuses("embedding,one", &p, "features: embedding is all of it");
	refuses("one,one", &p, "features: 'one' comes twice");
	refuses("one=x", &p, "features: expected a weight from 0.001 to 1000");
	refuses("one=1e-30", &p, "features: expected a weight from");
	refuses("a,b,c,d,e,f,g,h,i", &p, "features: more than 8 embedders");
	refuses("one,surface", &p, "features: surface wants a text");
	p.parts = 0;
	refuses("one", &p,
	    "features: no 'one' in the embeddings, expected "
	    "embedding, surface (the records' embeddings");
	rk_pool_free(pool);
}

/* What no training writes: weights W [n] and dimensions D [m]. */
static void
hostile(const char *what, const float *w, size_t n, const uint32_t *d, size_t m)
{
	struct rk_st_writer *st = rk_st_writer_new();
	struct rk_buf image = { 0 };
	struct rk_err err = { { 0 } };
	struct rk_features f;
	struct rk_st *in;

	rk_st_put(st, "features.weight", RK_F32, 1, &n, w);
	if (m > 0)
		rk_st_put(st, "features.parts", RK_U32, 1, &m, d);
	rk_st_write_mem(st, &image, &err);
	in = rk_st_open_mem(image.p, image.n, &err);
	ok(in != NULL && rk_features_open(&f, in, "", &err) == -1 &&
		strstr(err.msg, "features.") != NULL,
	    "a file with %s is refused", what);
	rk_st_close(in);
	rk_buf_free(&image);
	rk_st_writer_free(st);
}

static void
test_hostile(void)
{
	static const float one[10] = { 1, 1, 1, 1, 1, 1, 1, 1, 1, 1 };
	static const float none[3] = { 0 }, bad[3] = { 1, -1, 0 };
	static const float nan[3] = { 1, NAN, 0 }, bare[2] = { 1, 0 };
	static const uint32_t d[3] = { 2, 3, 4 }, zero[2] = { 2, 0 };
	static const uint32_t huge[2] = { 2, 0xffffffff };

	hostile("no weights", one, 0, NULL, 0);
	hostile("one weight", one, 1, NULL, 0);
	hostile("ten weights", one, 10, NULL, 0);
	hostile("weights of nothing", none, 3, d, 2);
	hostile("a negative weight", bad, 3, d, 2);
	hostile("a weight that is no number", nan, 3, d, 2);
	hostile("the embedding alone", bare, 2, NULL, 0);
	hostile("no dimensions of its parts", one, 3, NULL, 0);
	hostile("a dimension too many", one, 3, d, 3);
	hostile("an empty part", one, 3, zero, 2);
	hostile("a part too large", one, 3, huge, 2);
	hostile("no surface", one, 3, d, 2);
}

int
main(void)
{
	test_surface();
	test_features();
	test_parts();
	test_hostile();
	return done();
}

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
	rk_features_fit(&f, &p);
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

int
main(void)
{
	test_surface();
	test_features();
	return done();
}

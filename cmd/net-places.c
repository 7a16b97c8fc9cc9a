/* net-places.c - from a model's name to a URL, a key and a price. */
#include <stdlib.h>
#include <string.h>

#include "net.h"
#include "io/http.h"

int
net_places_open(struct net_places *p, struct rk_err *err)
{
	return p->file == NULL ? 0 : rk_prices_read(&p->prices, p->file, err);
}

void
net_places_close(struct net_places *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->target[i]->name);
		free(p->target[i]->url);
		free(p->target[i]);
	}
	free(p->target);
	rk_prices_free(&p->prices);
}

static const char *
variable(const char *name)
{
	const char *v = getenv(name);

	return v != NULL && *v != '\0' ? v : NULL;
}

/* The key of the variable NAME, which must be there where it is NEEDED. */
static int
find_key(struct net_target *t, const char *name, int needed, struct rk_err *err)
{
	static const char capitals[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";

	t->key = variable(name);
	if (name[strspn(name, capitals)] != '\0')
		name = "that was named"; /* by mistake it may be the key */
	if (t->key == NULL && needed)
		return rk_err_set(
		    err, "%s: the variable %s holds no key", t->name, name);
	return t->key != NULL ? rk_http_check_key(t->key, name, err) : 0;
}

/* BASE and then PATH, new; NULL: BASE is not what comes before it. */
static char *
endpoint(const char *base, const char *path, struct rk_err *err)
{
	struct rk_buf b = { 0 };
	size_t n = strlen(base), len = strlen(path);

	while (n > 0 && base[n - 1] == '/')
		n--;
	if (strpbrk(base, "?#") != NULL ||
	    (n >= len && memcmp(base + n - len, path, len) == 0)) {
		rk_err_set(err,
		    "the URL: expected what comes before %s, such as "
		    "http://localhost:8080/v1",
		    path);
		return NULL;
	}
	rk_buf_add(&b, base, n);
	rk_buf_adds(&b, path);
	return b.p;
}

static int
find_place(struct net_places *p, struct net_target *t, struct rk_err *err)
{
	const char *own = t->price != NULL ? t->price->url : NULL;
	const char *own_key = t->price != NULL ? t->price->key_env : NULL;
	const char *url = own != NULL ? own
	    : p->url != NULL          ? p->url
				      : variable("OPENAI_BASE_URL");
	int rc = 0;

	if (url == NULL)
		return rk_err_set(err,
		    "%s: no URL: expected --url, OPENAI_BASE_URL or a url in "
		    "the file of models",
		    t->name);
	t->url = endpoint(
	    url, p->path != NULL ? p->path : "/chat/completions", err);
	if (t->url == NULL)
		return -1;
	if (p->no_key)
		return 0;
	if (own_key != NULL)
		rc = find_key(t, own_key, 1, err);
	else if (own == NULL)
		rc = find_key(t,
		    p->key_env != NULL ? p->key_env : "OPENAI_API_KEY",
		    p->key_env != NULL, err);
	return rc != 0 ? -1 : rk_http_check(t->url, t->key != NULL, err);
}

static int
find_price(struct net_places *p, struct net_target *t, struct rk_err *err)
{
	if (p->file == NULL)
		return 0;
	t->price = rk_prices_find(&p->prices, t->name);
	if (t->price == NULL)
		return rk_prices_lacks(&p->prices, p->file, t->name, err);
	if (t->price->model != NULL)
		t->model = t->price->model;
	if (p->need_max && t->price->input + t->price->output > 0)
		return rk_err_set(err,
		    "%s: --max-cost needs to know how long an answer can be: "
		    "--param max_tokens=N",
		    t->name);
	return 0;
}

const struct net_target *
net_find(struct net_places *p, const char *name, struct rk_err *err)
{
	struct net_target *t;
	size_t i;

	for (i = 0; i < p->n; i++)
		if (strcmp(p->target[i]->name, name) == 0)
			return p->target[i];
	t = rk_calloc(1, sizeof *t);
	t->model = t->name = rk_strdup(name);
	if (*name == '\0')
		rk_err_set(err, "the model's name is empty");
	else if (find_price(p, t, err) == 0 && find_place(p, t, err) == 0) {
		RK_GROW(p->target, p->n, p->cap);
		return p->target[p->n++] = t;
	}
	free(t->name);
	free(t->url);
	free(t);
	return NULL;
}

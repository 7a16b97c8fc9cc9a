/* http-url.c - where a request, and a key, may go. */
#include <stdio.h>
#include <string.h>

#include "io/http-in.h"

static int
is_loopback(const char *host)
{
	unsigned a, b, c, d;
	char end;

	return strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
	    (sscanf(host, "%3u.%3u.%3u.%3u%c", &a, &b, &c, &d, &end) == 4 &&
		a == 127 && b < 256 && c < 256 && d < 256);
}

static int
check_parts(
    CURLU *u, const char *url, int key, int *loopback, struct rk_err *err)
{
	char *scheme = NULL, *host = NULL, *user = NULL, *password = NULL;
	char shown[200];
	int rc = 0;

	rk_err_quote(shown, sizeof shown, url, strlen(url));
	rk_curl.url_get(u, CURLUPART_SCHEME, &scheme, 0);
	rk_curl.url_get(u, CURLUPART_HOST, &host, 0);
	rk_curl.url_get(u, CURLUPART_USER, &user, 0);
	rk_curl.url_get(u, CURLUPART_PASSWORD, &password, 0);
	*loopback = host != NULL && is_loopback(host);
	if (user != NULL || password != NULL)
		rc = rk_err_set(err,
		    "a URL with a user or a password: keys come from the "
		    "environment alone");
	else if (scheme == NULL || host == NULL ||
	    (strcmp(scheme, "http") != 0 && strcmp(scheme, "https") != 0))
		rc = rk_err_set(
		    err, "'%s': expected http:// or https://", shown);
	else if (key && !*loopback && strcmp(scheme, "https") != 0)
		rc = rk_err_set(err,
		    "'%s': a key is sent over https, or to this machine",
		    shown);
	rk_curl.free(scheme);
	rk_curl.free(host);
	rk_curl.free(user);
	rk_curl.free(password);
	return rc;
}

int
rk_http_url_check(const char *url, int key, int *loopback, struct rk_err *err)
{
	char shown[200];
	CURLU *u;
	int rc;

	if (rk_curl_load(err) != 0)
		return -1;
	u = rk_curl.url();
	if (u == NULL)
		return rk_err_set(err, "libcurl has no memory left");
	/* libcurl takes http:/host too, and what is cut must not become that */
	if ((strncmp(url, "http://", 7) != 0 &&
		strncmp(url, "https://", 8) != 0) ||
	    rk_curl.url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) !=
		CURLUE_OK)
		rc = rk_err_set(err, "'%s': expected http:// or https://",
		    strchr(url, '@') != NULL
			? "?"
			: rk_err_quote(shown, sizeof shown, url, strlen(url)));
	else
		rc = check_parts(u, url, key, loopback, err);
	rk_curl.url_cleanup(u);
	return rc;
}

int
rk_http_check(const char *url, int key, struct rk_err *err)
{
	int loopback;

	return rk_http_url_check(url, key, &loopback, err);
}

int
rk_http_is_here(const char *url)
{
	struct rk_err none = { { 0 } };
	int loopback;

	return rk_http_url_check(url, 0, &loopback, &none) == 0 && loopback;
}

int
rk_http_check_key(const char *key, const char *name, struct rk_err *err)
{
	for (; *key != '\0'; key++)
		if (*key <= ' ' || *key > '~')
			return rk_err_set(err,
			    "the key in %s: expected visible ASCII characters",
			    name);
	return 0;
}

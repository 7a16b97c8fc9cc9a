/*
 * fault-server.c - a server of chat completions that misbehaves as it is told,
 * for the tests: on loopback, at a port of the kernel's choice, which is the
 * line that it prints. A thread for each connection.
 *
 *	fault-server LOG [LATENCY_MS]
 *
 * It answers "you said CONTENT" to a request whose first "content" is CONTENT,
 * and writes a line to LOG for each request that it has read: what it did, the
 * Authorization or "-", CONTENT, and the number of the connection. A word
 * fault=NAME or fault=NAME:N in CONTENT asks for a fault, the first N times
 * (once; 0: always) that this body comes. The first word say=TEXT of the body
 * is what it answers instead: '~' stands for a line break, '_' for a space.
 * A word top=TOKEN:LOGPROB,... are the likeliest tokens, where a request asks
 * for log-probabilities.
 *
 * Where the path ends in /embeddings it answers vectors, as fault-embeddings.h
 * says; CONTENT is what is asked for then, and any of the texts may ask for a
 * fault.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/num.h"
#include "fault-embeddings.h"

enum { TABLE = 1 << 17, BIG = 100 << 20 };

static FILE *logfile;
static long latency;
static int port;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct {
	uint64_t key;
	int times;
} seen[TABLE];

struct request {
	struct rk_buf in; /* what came, the header and some of the body */
	size_t header;    /* bytes of it */
	size_t length;    /* of the body */
	char content[512], auth[128], fault[32];
	int times;  /* that this body came before */
	int embeds; /* of /embeddings: what it is answered */
	int status;
	struct rk_buf vectors;
};

static void
pause_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

/* How often a body came before. */
static int
times_seen(const char *p, size_t n)
{
	uint64_t key = rk_num_hash(p, n) | 1;
	size_t i = key % TABLE;
	int times;

	pthread_mutex_lock(&lock);
	while (seen[i].key != 0 && seen[i].key != key)
		i = (i + 1) % TABLE;
	seen[i].key = key;
	times = seen[i].times++;
	pthread_mutex_unlock(&lock);
	return times;
}

static int
send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t k = send(fd, p, n, MSG_NOSIGNAL);
		if (k <= 0)
			return -1;
		p += k;
		n -= (size_t)k;
	}
	return 0;
}

/* Closes with a reset instead of an end. */
static void
reset(int fd)
{
	struct linger l = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

/* --- requests ------------------------------------------------------------- */

static void
header_value(char *out, size_t size, const char *head, const char *name)
{
	const char *p;
	size_t n = strlen(name);

	*out = '\0';
	for (p = strstr(head, "\r\n"); p != NULL && p[2] != '\r';
	     p = strstr(p + 2, "\r\n"))
		if (strncasecmp(p + 2, name, n) == 0 && p[2 + n] == ':')
			snprintf(out, size, "%.*s",
			    (int)strcspn(p + 2 + n + 2, "\r"), p + 2 + n + 2);
}

/* The first content, as it is written, and the fault that it asks for. */
static void
read_content(struct request *r)
{
	const char *body = r->in.p + r->header;
	const char *p = strstr(body, "\"content\":\""), *f;
	int most = 1;

	*r->content = *r->fault = '\0';
	if (p != NULL)
		snprintf(r->content, sizeof r->content, "%.*s",
		    (int)strcspn(p + 11, "\""), p + 11);
	f = strstr(r->embeds ? body : r->content, "fault=");
	if (f == NULL)
		return;
	sscanf(f, "fault=%31[a-z0-9]:%d", r->fault, &most);
	if (most > 0 && r->times >= most)
		*r->fault = '\0';
}

static void
read_texts(struct request *r)
{
	struct rk_buf what = { 0 };

	r->vectors.n = 0;
	r->status = fault_embeddings(
	    &r->vectors, &what, r->in.p + r->header, r->fault);
	snprintf(r->content, sizeof r->content, "%s", what.p);
	rk_buf_free(&what);
}

/* One request into r->in; 0 at the connection's end. */
static int
read_request(int fd, struct request *r)
{
	char chunk[65536], length[32];
	char *end = NULL;
	ssize_t n;

	r->in.n = r->header = r->length = 0;
	rk_buf_add(&r->in, "", 0);
	while (end == NULL || r->in.n < r->header + r->length) {
		n = recv(fd, chunk, sizeof chunk, 0);
		if (n <= 0)
			return 0;
		rk_buf_add(&r->in, chunk, (size_t)n);
		end = strstr(r->in.p, "\r\n\r\n");
		if (end == NULL)
			continue;
		r->header = (size_t)(end + 4 - r->in.p);
		header_value(length, sizeof length, r->in.p, "Content-Length");
		r->length = (size_t)atol(length);
	}
	header_value(r->auth, sizeof r->auth, r->in.p, "Authorization");
	r->times = times_seen(r->in.p + r->header, r->length);
	r->embeds = strncmp(r->in.p + strcspn(r->in.p, "\r") - 20,
			"/embeddings", 11) == 0;
	read_content(r);
	if (r->embeds)
		read_texts(r);
	return 1;
}

/* --- replies ---------------------------------------------------------------- */

static void
reply(
    int fd, const char *status, const char *headers, const char *body, size_t n)
{
	struct rk_buf b = { 0 };

	rk_buf_addf(&b,
	    "HTTP/1.1 %s\r\nContent-Type: application/json\r\n%s"
	    "Content-Length: %zu\r\n\r\n",
	    status, headers, n);
	rk_buf_add(&b, body, n);
	send_all(fd, b.p, b.n);
	rk_buf_free(&b);
}

/* What is answered, as it stands in JSON. */
static void
say(struct rk_buf *b, const struct request *r)
{
	const char *p = strstr(r->in.p + r->header, "say=");

	if (p == NULL) {
		rk_buf_addf(b, "you said %s", r->content);
		return;
	}
	for (p += 4; strchr(" \"\\", *p) == NULL; p++)
		if (*p == '~')
			rk_buf_adds(b, "\\n");
		else
			rk_buf_addc(b, *p == '_' ? ' ' : *p);
}

/* TOKEN:LOGPROB,... behind "top=", where they are asked for. */
static void
likeliest(struct rk_buf *b, const struct request *r)
{
	const char *body = r->in.p + r->header, *p = strstr(body, "top=");
	int first = 1;

	if (strstr(body, "\"logprobs\":true") == NULL || p == NULL)
		return;
	rk_buf_adds(b, ",\"logprobs\":{\"content\":[{\"top_logprobs\":[");
	for (p += 4; strchr(" \"\\", *p) == NULL; p += *p == ',') {
		rk_buf_addf(b, "%s{\"token\":\"", first ? "" : ",");
		for (; strchr(": \"\\", *p) == NULL; p++)
			rk_buf_addc(b, *p == '_' ? ' ' : *p);
		rk_buf_adds(b, "\",\"logprob\":");
		for (p += *p == ':'; strchr(", \"\\", *p) == NULL; p++)
			rk_buf_addc(b, *p);
		rk_buf_addc(b, '}');
		first = 0;
	}
	rk_buf_adds(b, "]}]}");
}

static void
good_body(struct rk_buf *b, const struct request *r, const char *usage)
{
	rk_buf_adds(b,
	    "{\"id\":\"x\",\"choices\":[{\"index\":0,\"message\":"
	    "{\"role\":\"assistant\",\"content\":\"");
	say(b, r);
	rk_buf_adds(b, "\"}");
	likeliest(b, r);
	rk_buf_addf(b, ",\"finish_reason\":\"stop\"}],\"usage\":%s}", usage);
}

#define USAGE "{\"prompt_tokens\":100,\"completion_tokens\":20}"

/* A hundred MB of one string. */
static void
big_reply(int fd)
{
	static char block[1 << 16];
	size_t sent;
	char head[128];

	memset(block, 'x', sizeof block);
	snprintf(head, sizeof head,
	    "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n{\"a\":\"", BIG);
	if (send_all(fd, head, strlen(head)) != 0)
		return;
	for (sent = 6; sent < BIG; sent += sizeof block)
		if (send_all(fd, block, sizeof block) != 0)
			return;
}

/* Half of a reply that says it is whole, and then what the fault says. */
static void
half_reply(int fd, struct rk_buf *b)
{
	char head[128];

	snprintf(head, sizeof head,
	    "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n", b->n);
	send_all(fd, head, strlen(head));
	send_all(fd, b->p, b->n / 2);
	pause_ms(20);
}

static const struct {
	const char *name, *status, *headers, *body;
} canned[] = {
	{ "429", "429 Too Many Requests", "Retry-After: 0\r\n",
	    "{\"error\":{\"message\":\"slow down\"}}" },
	{ "later", "429 Too Many Requests", "Retry-After: 1\r\n", "{}" },
	{ "never", "429 Too Many Requests", "Retry-After: 86400\r\n", "{}" },
	{ "408", "408 Request Timeout", "", "" },
	{ "409", "409 Conflict", "", "{}" },
	{ "500", "500 Internal Server Error", "", "<html>oops</html>" },
	{ "503", "503 Service Unavailable", "", "{\"error\":\"loading\"}" },
	{ "400", "400 Bad Request", "",
	    "{\"error\":{\"message\":\"no such\\u001b[31m model\"}}" },
	{ "array", "200 OK", "", "[1,2,3]" },
	{ "empty", "200 OK", "", "" },
	{ "null", "200 OK", "",
	    "{\"choices\":[{\"index\":0,\"message\":{\"content\":null}}]}" },
	{ "nochoice", "200 OK", "", "{\"choices\":[]}" },
	{ "twice", "200 OK", "", "{\"choices\":[],\"choices\":[]}" },
	{ "utf8", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":\"\xff\xfe\"}}]}" },
	{ "tools", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":null,\"tool_calls\":"
	    "[{\"id\":\"c\",\"function\":{\"name\":\"f\"}}]}}]}" },
	{ "calls", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":\"\",\"tool_calls\":"
	    "[{\"id\":\"c\",\"function\":{\"name\":\"f\"}}]}}]}" },
	{ "filtered", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":null},"
	    "\"finish_reason\":\"content_filter\"}]}" },
	{ "page", "200 OK", "", "\n<!doctype html><title>Hi</title>" },
	{ "spelled", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":"
	    "\"\\u0073k-very-\\u0073ecret-8841\"}}]}" },
	{ "404", "404 Not Found", "", "{}" },
	{ "parts", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":[{\"type\":\"text\","
	    "\"text\":\"a\"},{\"type\":\"text\",\"text\":\"b\"}]}}]}" },
	{ "shuffle", "200 OK", "",
	    "{\"choices\":[{\"index\":1,\"message\":{\"content\":\"second\"}},"
	    "{\"index\":0,\"message\":{\"content\":\"first\"}}]}" },
	{ "cut", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":\"half an\"},"
	    "\"finish_reason\":\"length\"}],\"usage\":"
	    "{\"prompt_tokens\":9,\"completion_tokens\":3.0}}" },
	{ "thought", "200 OK", "",
	    "{\"choices\":[{\"message\":{\"content\":null},"
	    "\"finish_reason\":\"length\"}]}" },
};

static int
canned_reply(int fd, const char *fault)
{
	size_t i;

	for (i = 0; i < sizeof canned / sizeof *canned; i++)
		if (strcmp(fault, canned[i].name) == 0) {
			reply(fd, canned[i].status, canned[i].headers,
			    canned[i].body, strlen(canned[i].body));
			return 1;
		}
	return 0;
}

/* A fault that the vectors have themselves, though chats have one so named. */
static int
is_vectors_own(const char *fault)
{
	return strcmp(fault, "shuffle") == 0 || strcmp(fault, "twice") == 0;
}

/* Does what the request asks for. 0: the connection ends. */
static int
answer(int fd, struct request *r)
{
	struct rk_buf b = { 0 };
	char to[256];
	struct tm when;
	time_t at;
	int on = 1;

	if (r->embeds)
		rk_buf_add(&b, r->vectors.p, r->vectors.n);
	else
		good_body(&b, r,
		    strcmp(r->fault, "nan") == 0
			? "{\"prompt_tokens\":NaN,\"completion_tokens\":20}"
			: strcmp(r->fault, "minus") == 0
			? "{\"prompt_tokens\":-5,\"completion_tokens\":20}"
			: strcmp(r->fault, "nousage") == 0 ? "null"
							   : USAGE);
	if (strcmp(r->fault, "stall") == 0) {
		pause_ms(10000);
		on = 0;
	} else if (strcmp(r->fault, "halt") == 0) {
		half_reply(fd, &b);
		pause_ms(10000);
		on = 0;
	} else if (strcmp(r->fault, "reset") == 0) {
		half_reply(fd, &b);
		reset(fd);
		on = 0;
	} else if (strcmp(r->fault, "close") == 0) {
		on = 0;
	} else if (strcmp(r->fault, "garbage") == 0) {
		send_all(fd, "\x16\x03 not HTTP at all\r\n\r\n", 21);
		on = 0;
	} else if (strcmp(r->fault, "truncated") == 0) {
		reply(fd, "200 OK", "", b.p, b.n / 2);
	} else if (strcmp(r->fault, "big") == 0) {
		big_reply(fd);
		on = 0;
	} else if (strcmp(r->fault, "redirect") == 0) {
		/* with the key, as one would who is after messages */
		snprintf(to, sizeof to, "Location: http://127.0.0.2:%d/x%s\r\n",
		    port, *r->auth ? strrchr(r->auth, ' ') + 1 : "");
		reply(fd, "307 Temporary Redirect", to, "", 0);
	} else if (strcmp(r->fault, "date") == 0) {
		at = time(NULL) + 3;
		strftime(to, sizeof to,
		    "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n",
		    gmtime_r(&at, &when));
		reply(fd, "503 Service Unavailable", to, "", 0);
	} else if (strcmp(r->fault, "echo") == 0) {
		b.n = 0;
		rk_buf_addf(
		    &b, "{\"error\":{\"message\":\"bad key: %s\"}}", r->auth);
		reply(fd, "401 Unauthorized", "", b.p, b.n);
	} else if (strcmp(r->fault, "tell") == 0) {
		snprintf(r->content, sizeof r->content, "%s", r->auth);
		b.n = 0;
		good_body(&b, r, USAGE);
		reply(fd, "200 OK", "", b.p, b.n);
	} else if ((r->embeds && is_vectors_own(r->fault)) ||
	    !canned_reply(fd, r->fault)) {
		reply(fd, r->status == 400 ? "400 Bad Request" : "200 OK", "",
		    b.p, b.n);
	}
	rk_buf_free(&b);
	return on;
}

static void *
serve(void *arg)
{
	static long connections;
	int fd = (int)(intptr_t)arg, on = 1;
	struct request r = { .times = 0 };
	long number;

	pthread_mutex_lock(&lock);
	number = ++connections;
	pthread_mutex_unlock(&lock);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	while (on && read_request(fd, &r)) {
		pthread_mutex_lock(&lock);
		fprintf(logfile, "%s\t%s\t%s\t%ld\n",
		    *r.fault ? r.fault : "good", *r.auth ? r.auth : "-",
		    r.content, number);
		fflush(logfile);
		pthread_mutex_unlock(&lock);
		pause_ms(latency);
		on = answer(fd, &r);
	}
	close(fd);
	rk_buf_free(&r.in);
	rk_buf_free(&r.vectors);
	return NULL;
}

int
main(int argc, char **argv)
{
	struct sockaddr_in a = { .sin_family = AF_INET };
	socklen_t size = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM, 0), in;
	pthread_t t;

	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	signal(SIGPIPE, SIG_IGN);
	if (argc < 2 || (logfile = fopen(argv[1], "a")) == NULL ||
	    bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
	    listen(fd, 512) != 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &size) != 0)
		return 1;
	latency = argc > 2 ? atol(argv[2]) : 0;
	port = ntohs(a.sin_port);
	printf("%d\n", port);
	fflush(stdout);
	while ((in = accept(fd, NULL, NULL)) >= 0)
		if (pthread_create(&t, NULL, serve, (void *)(intptr_t)in) == 0)
			pthread_detach(t);
	return 0;
}

/* A Redis list as a channel: LPUSH puts a message in, BRPOP waits for one. */
#define _GNU_SOURCE
#include "qload.h"
#include <stdlib.h>
#include <string.h>

static void
prepare(void)
{
	int i;

	for (i = 0; i < npairs; i++)
		converse(&pairs[i].writer, ":", "*2\r\n$3\r\nDEL\r\n$7\r\nchan%03d\r\n", i);
}

static void
pop(Pair *p)
{
	queuef(&p->reader, "*3\r\n$5\r\nBRPOP\r\n$7\r\nchan%03d\r\n$1\r\n0\r\n", p->id);
}

static void
begin(Pair *p)
{
	int i;

	for (i = 0; i < depth; i++)
		pop(p);
}

static void
push(Pair *p)
{
	queuef(&p->writer, "*3\r\n$5\r\nLPUSH\r\n$7\r\nchan%03d\r\n$%d\r\n", p->id, size);
	queue(&p->writer, payload, (size_t)size);
	queue(&p->writer, "\r\n", 2);
}

/* The end of a bulk string's data at b, or NULL when it is not all there. */
static char *
bulk(char *b, char *e, char **data)
{
	char *nl = memmem(b, (size_t)(e - b), "\r\n", 2);
	long n;

	if (nl == NULL)
		return NULL;
	if (*b != '$' || (n = strtol(b + 1, NULL, 10)) < 0)
		die(1, "not a bulk string in the answer to BRPOP");
	*data = nl + 2;
	return e - *data < n + 2 ? NULL : *data + n;
}

static size_t
parse(Conn *c, char *b, char *e)
{
	char *nl = memmem(b, (size_t)(e - b), "\r\n", 2), *key, *data, *end;

	if (nl == NULL)
		return 0;
	switch (*b) {
	case ':':			/* LPUSH: the list's length */
		acked(c->pair);
		return (size_t)(nl + 2 - b);
	case '*':			/* BRPOP: the list's name and the message */
		end = bulk(nl + 2, e, &key);
		if (end == NULL || (end = bulk(end + 2, e, &data)) == NULL)
			return 0;
		got(c->pair, data, (size_t)(end - data));
		pop(c->pair);
		return (size_t)(end + 2 - b);
	}
	*nl = 0;
	die(1, "redis: %s", b);
}

const Protocol redis = { "redis", prepare, begin, push, parse, 1 };

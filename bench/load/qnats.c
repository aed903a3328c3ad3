/*
 * A NATS subject as a channel. Core NATS keeps and acknowledges nothing; JetStream
 * stores each message in a work queue in memory, acknowledges it to the writer,
 * and wants the reader's acknowledgement.
 */
#define _GNU_SOURCE
#include "qload.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HELLO "CONNECT {\"verbose\":false,\"pedantic\":false}\r\n"

static void
subscribe(Conn *c, const char *prefix, int id)
{
	/* the PONG says that the subscription is in force */
	converse(c, "PONG", HELLO "SUB %s.%03d 1\r\nPING\r\n", prefix, id);
}

static void
preparenats(void)
{
	int i;

	for (i = 0; i < npairs; i++) {
		converse(&pairs[i].writer, "PONG", HELLO "PING\r\n");
		subscribe(&pairs[i].reader, "chan", i);
	}
}

/* One request to JetStream itself; `absent` when there may be nothing to act on. */
static void
ask(const char *subject, const char *json, int absent)
{
	Conn c = { 0 };
	const char *found;

	dial(&c, NULL);
	converse(&c, "PONG", HELLO "PING\r\n");
	converse(&c, "}\r\n", "SUB inbox 1\r\nPUB %s inbox %zu\r\n%s\r\n", subject,
	    strlen(json), json);
	found = strstr(c.in, "\"error\"");
	if (found != NULL && !absent)
		die(1, "%s: %s", subject, found);
}

static void
preparejetstream(void)
{
	char subject[128], json[512];
	int i;

	ask("$JS.API.STREAM.DELETE.CH", "", 1);
	ask("$JS.API.STREAM.CREATE.CH", "{\"name\":\"CH\",\"subjects\":[\"chan.*\"],"
	    "\"retention\":\"workqueue\",\"storage\":\"memory\",\"num_replicas\":1,"
	    "\"max_msgs\":-1,\"max_bytes\":-1}", 0);
	for (i = 0; i < npairs; i++) {
		subscribe(&pairs[i].writer, "ack", i);
		subscribe(&pairs[i].reader, "out", i);
		snprintf(subject, sizeof subject, "$JS.API.CONSUMER.DURABLE.CREATE.CH.d%03d", i);
		snprintf(json, sizeof json, "{\"stream_name\":\"CH\",\"config\":{"
		    "\"durable_name\":\"d%03d\",\"deliver_subject\":\"out.%03d\","
		    "\"ack_policy\":\"explicit\",\"deliver_policy\":\"all\","
		    "\"replay_policy\":\"instant\",\"max_ack_pending\":%d,"
		    "\"filter_subject\":\"chan.%03d\"}}", i, i, cap < 1000 ? 1000 : cap, i);
		ask(subject, json, 0);
	}
}

static void
begin(Pair *p)
{
	(void)p;
}

static void
publish(Pair *p)
{
	queuef(&p->writer, "PUB chan.%03d %d\r\n", p->id, size);
	queue(&p->writer, payload, (size_t)size);
	queue(&p->writer, "\r\n", 2);
}

static void
publishasking(Pair *p)
{
	queuef(&p->writer, "PUB chan.%03d ack.%03d %d\r\n", p->id, p->id, size);
	queue(&p->writer, payload, (size_t)size);
	queue(&p->writer, "\r\n", 2);
}

typedef struct {
	char *reply, *data;		/* reply: "" if none was asked for */
	size_t n;
} Msg;

/* The length of what the server says at b, 0 if incomplete; m->data is NULL if no message. */
static size_t
message(Conn *c, char *b, char *e, Msg *m)
{
	char *nl = memmem(b, (size_t)(e - b), "\r\n", 2), *words[5], *p;
	int n = 0;

	m->data = NULL;
	if (nl == NULL)
		return 0;
	if (*b == '-') {
		*nl = 0;
		die(1, "nats: %s", b);
	}
	if (strncmp(b, "PING", 4) == 0)
		queue(c, "PONG\r\n", 6);
	if (strncmp(b, "MSG ", 4) != 0)
		return (size_t)(nl + 2 - b);
	/* MSG subject sid [reply] size; the line may come again, whole, if data is missing */
	for (p = b; p < nl && n < 5; n++) {
		words[n] = p;
		p += strcspn(p, " \r");
		p += *p == ' ';
	}
	m->n = strtoul(words[n - 1], NULL, 10);
	if ((size_t)(e - (nl + 2)) < m->n + 2)
		return 0;
	m->data = nl + 2;
	m->reply = n == 5 ? words[3] : "";
	return (size_t)(m->data + m->n + 2 - b);
}

static size_t
parsenats(Conn *c, char *b, char *e)
{
	Msg m;
	size_t len = message(c, b, e, &m);

	if (m.data != NULL)
		got(c->pair, m.data, m.n);
	return len;
}

static size_t
parsejetstream(Conn *c, char *b, char *e)
{
	Msg m;
	size_t len = message(c, b, e, &m);

	if (m.data == NULL)
		return len;
	if (c == &c->pair->writer) {
		if (memmem(m.data, m.n, "\"error\"", 7) != NULL)
			die(1, "jetstream: %.*s", (int)m.n, m.data);
		acked(c->pair);
	} else {
		queuef(c, "PUB %.*s 0\r\n\r\n", (int)strcspn(m.reply, " "), m.reply);
		got(c->pair, m.data, m.n);
	}
	return len;
}

const Protocol nats = { "nats", preparenats, begin, publish, parsenats, 0 };
const Protocol jetstream = {
	"jetstream", preparejetstream, begin, publishasking, parsejetstream, 1
};

/*
 * p9load - closed-loop load generator for 9P servers that expose channels
 * as files.  One thread, one epoll loop, plain 9P2000 (or 9P2000.L for the
 * read/write modes).  Every message carries its writer, its sequence number
 * and its send time, so that each run is also a check: nothing lost, nothing
 * twice, order kept.
 *
 * build: cc -O2 -Wall -Wextra -o p9load load.c p9*.c
 */
#define _GNU_SOURCE
#include "p9load.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

const char *progname = "p9load";

static const char usage_text[] =
"usage: p9load --addr HOST:PORT|unix:PATH [options]\n"
"\n"
"  --mode MODE       rendezvous  writers and readers on unbuffered channels\n"
"                    buffered    the same, after writing '/NAME N' to the ctl file\n"
"                    ping        request and reply over two channels a pair\n"
"                    read,write  Tread or Twrite of one plain file (--file)\n"
"  --pairs N         writer/reader pairs (in read, write: connections)  [1]\n"
"  --depth N         outstanding requests per endpoint                  [1]\n"
"  --size N          payload bytes, at least 24                         [64]\n"
"  --seconds S       measured time                                      [5]\n"
"  --warmup S        unmeasured time before it                          [1]\n"
"  --count N         messages per writer; ends when all have arrived\n"
"                    (replaces --seconds and --warmup)\n"
"  --channels HOW    pair: one channel per pair; one: all on one        [pair]\n"
"  --mux N           carry all endpoints over N connections  [one each]\n"
"  --buffer N        channel size in buffered mode                      [64]\n"
"  --ctl NAME        name of the ctl file in the root                   [ctl]\n"
"  --idle N          extra connections that only sit there              [0]\n"
"  --idle-reads N    blocked Treads on each of them                     [0]\n"
"  --spin            poll without sleeping: no wake-up time of our own\n"
"  --echo            the server answers without rendezvous: check nothing,\n"
"                    count the lesser of reads and writes\n"
"  --file PATH       file for read and write                            [file]\n"
"  --aname S --uname S --msize N --dialect 9P2000|9P2000.L\n"
"  --name S          prefix of the channels' names           [p9load.PID]\n"
"  --keep            do not remove the channels at the end\n"
"  --server-pid PID  report that process's CPU and memory (repeatable)\n"
"  --label S         text to put in front of the result line\n"
"  --json            print one JSON object\n"
"\n"
"Latencies are in microseconds: write is Twrite to Rwrite, read is Tread to\n"
"Rread, e2e is Twrite sent to Rread received, rtt is a whole ping.\n"
"Exit status: 0 all is well, 1 the server misbehaved, 2 bad usage.\n";

Options opt = {
	.mode = "rendezvous", .channels = "pair", .ctl = "ctl", .file = "file", .aname = "",
	.uname = "load", .dialect = "9P2000", .label = "", .pairs = 1, .depth = 1, .size = 64,
	.buffer = 64, .msize = 65536, .seconds = 5, .warmup = 1,
};

int
isfilemode(void)
{
	return opt.mode[0] == 'w' || strcmp(opt.mode, "read") == 0;
}

static double
serverseconds(void)
{
	double total = 0, s;
	int i;

	for (i = 0; i < opt.npids; i++) {
		if ((s = cpuseconds(opt.pids[i])) < 0)
			die(1, "no process %d", opt.pids[i]);
		total += s;
	}
	return total;
}

static double
serverkib(void)
{
	double total = 0;
	int i;

	for (i = 0; i < opt.npids; i++)
		total += residentkib(opt.pids[i]);
	return total;
}

static int
number(const char *s, int low)
{
	char *end;
	long v = strtol(s, &end, 10);

	if (*s == '\0' || *end != '\0' || v < low || v > 1 << 24)
		die(2, "bad number: %s", s);
	return (int)v;
}

static double
realnumber(const char *s)
{
	char *end;
	double v = strtod(s, &end);

	if (*s == '\0' || *end != '\0' || !(v >= 0 && v <= 86400))
		die(2, "bad number of seconds: %s", s);
	return v;
}

static void
options(int argc, char **argv)
{
	static const struct option longopts[] = {
		{ "addr", 1, 0, 'a' }, { "mode", 1, 0, 'm' }, { "pairs", 1, 0, 'p' }, { "depth", 1, 0, 'd' },
		{ "size", 1, 0, 's' }, { "seconds", 1, 0, 't' }, { "warmup", 1, 0, 'w' }, { "count", 1, 0, 'c' },
		{ "channels", 1, 0, 'C' }, { "mux", 1, 0, 'x' }, { "buffer", 1, 0, 'b' }, { "ctl", 1, 0, 'l' },
		{ "idle", 1, 0, 'i' }, { "idle-reads", 1, 0, 'I' }, { "echo", 0, 0, 'e' }, { "file", 1, 0, 'f' },
		{ "aname", 1, 0, 'A' }, { "uname", 1, 0, 'u' }, { "msize", 1, 0, 'M' }, { "dialect", 1, 0, 'D' },
		{ "name", 1, 0, 'n' }, { "keep", 0, 0, 'k' }, { "server-pid", 1, 0, 'P' }, { "label", 1, 0, 'L' },
		{ "json", 0, 0, 'j' }, { "spin", 0, 0, 'S' }, { "help", 0, 0, 'h' }, { 0, 0, 0, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longopts, NULL)) != -1)
		switch (o) {
		case 'a': opt.addr = optarg; break;
		case 'm': opt.mode = optarg; break;
		case 'p': opt.pairs = number(optarg, 1); break;
		case 'd': opt.depth = number(optarg, 1); break;
		case 's': opt.size = number(optarg, HEADER); break;
		case 't': opt.seconds = realnumber(optarg); break;
		case 'w': opt.warmup = realnumber(optarg); break;
		case 'c': opt.count = (uint64_t)number(optarg, 1); break;
		case 'C': opt.channels = optarg; break;
		case 'x': opt.mux = number(optarg, 1); break;
		case 'b': opt.buffer = number(optarg, 0); break;
		case 'l': opt.ctl = optarg; break;
		case 'i': opt.idle = number(optarg, 0); break;
		case 'I': opt.idlereads = number(optarg, 0); break;
		case 'e': opt.echo = 1; break;
		case 'f': opt.file = optarg; break;
		case 'A': opt.aname = optarg; break;
		case 'u': opt.uname = optarg; break;
		case 'M': opt.msize = number(optarg, 256); break;
		case 'D': opt.dialect = optarg; break;
		case 'n': opt.name = optarg; break;
		case 'k': opt.keep = 1; break;
		case 'L': opt.label = optarg; break;
		case 'j': opt.json = 1; break;
		case 'S': opt.spin = 1; break;
		case 'P':
			if (opt.npids == MAXPIDS)
				die(2, "too many --server-pid");
			opt.pids[opt.npids++] = number(optarg, 1);
			break;
		case 'h': fputs(usage_text, stdout); exit(0);
		default: fputs(usage_text, stderr); exit(2);
		}
	if (opt.addr == NULL || optind != argc) {
		fputs(usage_text, stderr);
		exit(2);
	}
	if (strcmp(opt.mode, "rendezvous") && strcmp(opt.mode, "buffered") && strcmp(opt.mode, "ping") &&
	    strcmp(opt.mode, "read") && strcmp(opt.mode, "write"))
		die(2, "no such mode: %s", opt.mode);
	if (strcmp(opt.channels, "pair") && strcmp(opt.channels, "one"))
		die(2, "--channels wants pair or one");
	if (strcmp(opt.mode, "ping") == 0 && opt.channels[0] == 'o')
		die(2, "ping wants a channel pair for each pair");
	if (strcmp(opt.dialect, "9P2000") && !isfilemode())
		die(2, "channels want plain 9P2000");
	if (opt.size + 24 > opt.msize)
		die(2, "--size does not fit in --msize");
	if (opt.echo && opt.count)
		die(2, "--echo has no --count: nothing tells when all have arrived");
	if (opt.name == NULL) {
		static char name[32];

		snprintf(name, sizeof name, "p9load.%d", (int)getpid());
		opt.name = name;
	}
}

static void
latency(const char *name, const Hist *h)
{
	if (h->n == 0)
		return;
	if (opt.json)
		printf(",\"%s_us\":{\"n\":%llu,\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"p999\":%.1f,\"max\":%.1f}", name,
		    (unsigned long long)h->n, quantile_us(h, .5), quantile_us(h, .9), quantile_us(h, .99),
		    quantile_us(h, .999), (double)h->max / 1000);
	else
		printf("  %-5s p50 %.1f  p90 %.1f  p99 %.1f  p99.9 %.1f  max %.1f us\n", name, quantile_us(h, .5),
		    quantile_us(h, .9), quantile_us(h, .99), quantile_us(h, .999), (double)h->max / 1000);
}

int
main(int argc, char **argv)
{
	Conn admin = { 0 };
	uint64_t t0, t1, r0, w0, p0, messages;
	double secs, own, server, kib0, kib1;
	int lost, ok;

	options(argc, argv);
	handshake(&admin);
	kib0 = serverkib();
	if (opt.idle > 0) {
		addidle(&admin);
		usleep(300000);
	}
	kib1 = serverkib();
	setup(&admin);
	start();
	if (opt.count == 0)
		run(nanos() + (uint64_t)(opt.warmup * 1e9), 0);
	r0 = tally.reads, w0 = tally.writes, p0 = tally.pings;
	own = ownseconds();
	server = serverseconds();
	t0 = nanos();
	measuring = 1;
	if (opt.count == 0)
		run(t0 + (uint64_t)(opt.seconds * 1e9), 0);
	else
		run(t0 + 600ull * 1000000000, 1);
	measuring = 0;
	t1 = nanos();
	own = ownseconds() - own;
	server = serverseconds() - server;
	r0 = tally.reads - r0, w0 = tally.writes - w0, p0 = tally.pings - p0;
	secs = (double)(t1 - t0) / 1e9;
	stopping = 1;
	if (!opt.echo && !isfilemode())
		run(nanos() + 5ull * 1000000000, 1);
	if (strcmp(opt.mode, "ping") == 0)
		messages = p0;
	else if (isfilemode())
		messages = r0 + w0;
	else
		messages = r0 < w0 ? r0 : w0;
	lost = !opt.echo && !isfilemode() && (tally.got != tally.sent || tally.sumgot != tally.sumsent);
	if (!opt.keep && !opt.echo && !isfilemode()) {
		int i;

		for (i = 0; i < nconns; i++)
			close(conns[i].fd);
		removechannels(&admin);
	}
	ok = !lost && tally.outoforder == 0 && tally.bad == 0 && (messages > 0 || tally.sent > 0);
	if (opt.json) {
		printf("{\"label\":\"%s\",\"mode\":\"%s\",\"channels\":\"%s\",\"pairs\":%d,\"depth\":%d,\"size\":%d,\"mux\":%d,",
		    opt.label, opt.mode, opt.channels, opt.pairs, opt.depth, opt.size, opt.mux);
		printf("\"seconds\":%.3f,\"messages\":%llu,\"msg_per_s\":%.0f,\"MB_per_s\":%.2f,\"load_cpu\":%.2f,\"server_cpu\":%.2f",
		    secs, (unsigned long long)messages, (double)messages / secs,
		    (double)messages * opt.size / secs / 1e6, own / secs, server / secs);
		if (opt.npids)
			printf(",\"server_us_per_msg\":%.3f,\"server_kib\":%.0f", messages ? server * 1e6 / (double)messages : 0, serverkib());
		if (opt.idle)
			printf(",\"idle\":%d,\"idle_kib\":%.1f", opt.idle, kib1 - kib0);
		latency("write", &tally.write);
		latency("read", &tally.read);
		latency("e2e", &tally.e2e);
		latency("rtt", &tally.rtt);
		printf(",\"sent\":%llu,\"received\":%llu,\"lost\":%d,\"out_of_order\":%llu,\"bad\":%llu,\"ok\":%s}\n",
		    (unsigned long long)tally.sent, (unsigned long long)tally.got, lost, (unsigned long long)tally.outoforder,
		    (unsigned long long)tally.bad, ok ? "true" : "false");
	} else {
		printf("%s%s%s: %.0f msg/s, %.2f MB/s (%d pairs, depth %d, %d B, %.1f s)\n", opt.label, *opt.label ? " " : "",
		    opt.mode, (double)messages / secs, (double)messages * opt.size / secs / 1e6, opt.pairs, opt.depth, opt.size, secs);
		printf("  cpu   load %.0f%%  server %.0f%%\n", 100 * own / secs, 100 * server / secs);
		if (opt.idle)
			printf("  idle  %d connections took %.0f KiB of the server\n", opt.idle, kib1 - kib0);
		latency("write", &tally.write);
		latency("read", &tally.read);
		latency("e2e", &tally.e2e);
		latency("rtt", &tally.rtt);
		if (!opt.echo && !isfilemode())
			printf("  check %s: sent %llu, received %llu, out of order %llu, bad %llu\n", ok ? "ok" : "FAILED",
			    (unsigned long long)tally.sent, (unsigned long long)tally.got, (unsigned long long)tally.outoforder, (unsigned long long)tally.bad);
	}
	return ok ? 0 : 1;
}

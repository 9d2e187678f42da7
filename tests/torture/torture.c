/* SPDX-License-Identifier: Apache-2.0 */
/* torture.c — reads each message that a table names, alone before a page that must not be touched,
 * and checks what the table says. */
#include <stdio.h>
#include <stdlib.h>

#include <portavoz/build.h>
#include <portavoz/message.h>
#include <portavoz/uri.h>

#include "lib/guard_page.h"
#include "sip/patch.h"
#include "sip/peek.h"

static struct pv_message m;
static char out[2 * PV_MESSAGE_MAX];
static size_t size; /* of the file */
static int failures;

static long count_values(enum pv_header header)
{
	struct pv_values walk;
	struct pv_span value;
	long count = 0;
	pv_values_begin(&walk, &m, header);
	while (pv_values_next(&walk, &value))
		count++;
	return count;
}

static long count_bad_contacts(void)
{
	struct pv_values walk;
	struct pv_span value;
	struct pv_address address;
	struct pv_uri uri;
	long count = 0;
	pv_values_begin(&walk, &m, PV_HEADER_CONTACT);
	while (pv_values_next(&walk, &value))
		count += pv_address_parse(value, &address) || pv_uri_parse(address.uri, &uri);
	return count;
}

static struct pv_uri request_uri(void)
{
	struct pv_uri uri = {0};
	pv_uri_parse(pv_message_span(&m, m.request_uri), &uri);
	return uri;
}

static bool user_is_bad(struct pv_span text)
{
	struct pv_uri uri;
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	return pv_uri_parse(text, &uri) || !pv_uri_user_canonical(uri.user, &w);
}

static long read_vias(void)
{
	return count_values(PV_HEADER_VIA);
}
static long read_contacts(void)
{
	return count_values(PV_HEADER_CONTACT);
}
static long read_routes(void)
{
	return count_values(PV_HEADER_ROUTE);
}
static long read_cseq(void)
{
	return m.cseq;
}
static long read_hops(void)
{
	return m.max_forwards;
}
static long read_status(void)
{
	return m.status;
}
static long read_body(void)
{
	return m.body.length;
}
static long read_rest(void)
{
	return (long)(size - m.length);
}
static long read_user_bad(void)
{
	return user_is_bad(m.to.uri);
}
static long read_port(void)
{
	return m.via.port;
}
static long read_uri_port(void)
{
	return request_uri().port;
}
static long read_ipv6(void)
{
	return request_uri().host_is_ipv6;
}
static long read_received(void)
{
	return m.via.received.length > 0;
}

static const struct {
	const char *key;
	long (*read)(void); /* NULL: for the reader of the table only */
} keys[] = {
	{"vias", read_vias},
	{"contacts", read_contacts},
	{"contacts_bad", count_bad_contacts},
	{"routes", read_routes},
	{"cseq", read_cseq},
	{"hops", read_hops},
	{"status", read_status},
	{"body", read_body},
	{"rest", read_rest},
	{"user_bad", read_user_bad},
	{"port", read_port},
	{"uri_port", read_uri_port},
	{"ipv6", read_ipv6},
	{"received", read_received},
	{"answer", NULL},
};

static void fail(const char *name, const char *what, long found)
{
	printf("%s: %s, found %ld\n", name, what, found);
	failures++;
}

static void check_key(const char *name, const char *word)
{
	char key[32];
	long expected, found;
	if (sscanf(word, "%31[a-z0-9_]=%ld", key, &expected) != 2) {
		fail(name, word, -1);
		return;
	}
	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		if (strcmp(keys[i].key, key) != 0)
			continue;
		found = keys[i].read ? keys[i].read() : expected;
		if (found != expected)
			fail(name, word, found);
		return;
	}
	fail(name, "no such key", 0);
}

static void check_verdict(const char *name, const char *expected, int parsed)
{
	const char *found = parsed > 0 ? "OK" : pv_verdict_row(parsed)->name;
	if (strcmp(found, expected) != 0) {
		printf("%s: expected %s, found %s\n", name, expected, found);
		failures++;
	}
}

/* A sound message survives the server: peek agrees, no edits change nothing, an answer is sound. */
static void check_round(const char *name, const char *bytes)
{
	static struct pv_message answer;
	struct sip_peek peek;
	struct patch patch;
	struct pv_writer w;
	struct pv_response response = {.status = 500, .to_tag = PV_SPAN("t")};
	if (sip_peek(bytes, size, &peek) ||
		(m.is_request && !pv_span_equal(peek.call_id, m.call_id)))
		fail(name, "peek", 0);
	pv_writer_init(&w, out, sizeof(out));
	patch_init(&patch, &m);
	if (patch_write(&patch, &w) || memcmp(out, bytes, m.length) != 0)
		fail(name, "patch without edits", 0);
	if (!m.is_request)
		return;
	pv_writer_init(&w, out, sizeof(out));
	pv_build_response(&w, &m, &response);
	pv_build_end(&w, PV_SPAN(""), PV_SPAN(""));
	int parsed = pv_message_parse(&answer, out, pv_writer_length(&w), true);
	if (parsed <= 0 || answer.cseq != m.cseq || !pv_span_equal(answer.call_id, m.call_id))
		fail(name, "answer", parsed);
}

static void check_row(const char *folder, char *row)
{
	static char bytes[PV_MESSAGE_MAX];
	char path[4096];
	const char *name = strtok(row, " \n"), *verdict = strtok(NULL, " \n");
	if (!name || *name == '#')
		return;
	snprintf(path, sizeof(path), "%s/%s.dat", folder, name);
	FILE *file = fopen(path, "rb");
	if (!file || !verdict) {
		fail(name, "no file or no verdict", 0);
		return;
	}
	size = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	/* Every prefix first, at the guard page: it only has to be survived. */
	for (size_t cut = 0; cut < size; cut++)
		if (pv_message_parse(&m, guard_page_put(bytes, cut), cut, false) > (int)cut)
			fail(name, "a prefix", (long)cut);
	const char *at = guard_page_put(bytes, size);
	int parsed = pv_message_parse(&m, at, size, true);
	check_verdict(name, verdict, parsed);
	for (const char *word; (word = strtok(NULL, " \n"));)
		check_key(name, word);
	if (parsed > 0)
		check_round(name, at);
}

int main(int argc, char **argv)
{
	char path[4096], row[1024];
	int rows = 0;
	snprintf(path, sizeof(path), "%s/table", argc > 1 ? argv[1] : ".");
	FILE *table = fopen(path, "r");
	if (!table)
		return EXIT_FAILURE;
	while (fgets(row, sizeof(row), table)) {
		rows += row[0] != '#' && row[0] != '\n';
		check_row(argv[1], row);
	}
	fclose(table);
	printf("%d messages, %d failures\n", rows, failures);
	return failures || !rows ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* SPDX-License-Identifier: Apache-2.0 */
/* fake_server_call.c — the part of the fake server that is about calls and their media. */
#include "lib/fake_server_call.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "call/private.h"

#define LONGEST_CALL_MS (10 * 60 * 1000)

static struct media_address local(const char *ip)
{
	struct net_address address;
	struct media_address result;
	net_address_parse(pv_span_of(ip), 0, &address);
	media_address_of(&address, &result);
	return result;
}

void fake_server_call_init(struct fake_server *server)
{
	struct scenario *s = &server->scenario;
	const struct call_limits limits = {.max_duration_ms = LONGEST_CALL_MS};
	const struct calls_config config = {.calls = 64,
		.settings = {.relay = CALL_RELAY_NEVER},
		.locals = {local("192.0.2.1"), local("2001:db8::1")},
		.local_count = 2};
	const struct calls_floors at = {.worker = s->worker.worker,
		.net = s->net,
		.media = &server->media,
		.shared = &server->shared};
	fake_media_init(&server->media, s->worker.worker);
	ck_assert_int_eq(call_shared_init(&server->shared, &limits), 0);
	ck_assert_int_eq(calls_new(&server->calls, &config, &at), 0);
	server->settings = config.settings;
}

/* ---- descriptions ---- */

static void put_media(struct pv_writer *w, const char *kind, const char *port, const char *proto,
	const char *types)
{
	pv_put_text(w, "m=");
	pv_put_text(w, kind);
	pv_put_char(w, ' ');
	pv_put_text(w, port);
	pv_put_text(w, proto);
	for (; *types; types++)
		pv_put_char(w, *types == ',' ? ' ' : *types);
	pv_put_text(w, "\r\n");
}

/* What the dynamic numbers of these scripts mean. */
static void put_maps(struct pv_writer *w, const char *types)
{
	static const struct {
		const char *type, *map;
	} rows[] = {
		{",101", "a=rtpmap:101 telephone-event/8000\r\n"},
		{",110", "a=rtpmap:110 telephone-event/48000\r\n"},
		{",111", "a=rtpmap:111 opus/48000/2\r\n"},
	};
	for (unsigned i = 0; i < ARRAY_LENGTH(rows); i++)
		if (strstr(types, rows[i].type))
			pv_put_text(w, rows[i].map);
}

static bool is_direction(const char *word)
{
	return strcmp(word, "sendonly") == 0 || strcmp(word, "recvonly") == 0 ||
	       strcmp(word, "inactive") == 0 || strcmp(word, "sendrecv") == 0;
}

const char *fake_server_sdp(struct fake_server *server, const char *text)
{
	char copy[64], types[32] = ",0,8,101", host[48] = "";
	const char *version = "1", *direction = NULL, *video = NULL, *port = "0";
	const char *image = NULL, *level = NULL, *floor = NULL, *ptime = NULL;
	const char *proto = " RTP/AVP";
	bool mux = false, fax = false;
	unsigned more = 0;
	struct pv_writer w;
	snprintf(copy, sizeof(copy), "%s", text);
	char *rest = NULL;
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
		char *colon = strrchr(word, ':');
		if (is_direction(word))
			direction = word;
		else if (strncmp(word, "pt:", 3) == 0)
			snprintf(types, sizeof(types), ",%s", word + 3);
		else if (strncmp(word, "video:", 6) == 0)
			video = word + 6;
		else if (strncmp(word, "image:", 6) == 0)
			image = word + 6;
		else if (strncmp(word, "v:", 2) == 0)
			version = word + 2;
		else if (strncmp(word, "more:", 5) == 0)
			more = (unsigned)atoi(word + 5);
		else if (strncmp(word, "level:", 6) == 0)
			level = word + 6;
		else if (strncmp(word, "ptime:", 6) == 0)
			ptime = word + 6;
		else if (strncmp(word, "floor:", 6) == 0)
			floor = word + 6;
		else if (strcmp(word, "mux") == 0)
			mux = true;
		else if (strcmp(word, "savp") == 0)
			proto = " RTP/SAVP";
		else if (strcmp(word, "fax") == 0)
			fax = true;
		else if (colon) {
			*colon = 0;
			port = colon + 1;
			bool bracketed = word[0] == '[';
			snprintf(host, sizeof(host), "%.*s", (int)strcspn(word + bracketed, "]"),
				word + bracketed);
		}
	}
	const char *family = strchr(host, ':') ? "IP6" : "IP4";
	char head[256];
	snprintf(head, sizeof(head), "v=0\r\no=- 7 %s IN %s %s\r\ns=-\r\nc=IN %s %s\r\nt=0 0\r\n",
		version, family, host, family, host);
	pv_writer_init(&w, server->sdp, sizeof(server->sdp) - 1);
	pv_put_text(&w, head);
	if (fax) {
		put_media(&w, "image", port, " udptl", ",t38");
	} else {
		put_media(&w, "audio", port, proto, types);
		put_maps(&w, types);
	}
	if (ptime) {
		pv_put_text(&w, "a=ptime:");
		pv_put_text(&w, ptime);
		pv_put_text(&w, "\r\n");
	}
	if (direction) {
		pv_put_text(&w, "a=");
		pv_put_text(&w, direction);
		pv_put_text(&w, "\r\n");
	}
	if (mux)
		pv_put_text(&w, "a=rtcp-mux\r\n");
	if (level) {
		pv_put_text(&w, "a=extmap:");
		pv_put_text(&w, level);
		pv_put_text(&w, " urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n");
	}
	while (more-- > 0)
		put_media(&w, "audio", port, proto, types);
	if (video) {
		put_media(&w, "video", video, " RTP/AVP", ",96");
		pv_put_text(&w, "a=rtpmap:96 VP8/90000\r\n");
	}
	if (image)
		put_media(&w, "image", image, " udptl", ",t38");
	if (floor) {
		pv_put_text(&w, "m=application ");
		pv_put_text(&w, floor);
		pv_put_text(&w, " udp MCPTT\r\n"
				"a=fmtp:MCPTT "
				"mc_queueing;mc_priority=5;mc_granted;mc_implicit_request\r\n");
	}
	server->sdp[pv_writer_length(&w)] = 0;
	return server->sdp;
}

/* ---- commands ---- */

static bool set_relay(struct fake_server *server, const char *how)
{
	static const char *const names[] = {"always", "auto", "never"};
	for (unsigned i = 0; i < ARRAY_LENGTH(names); i++)
		if (strcmp(how, names[i]) == 0)
			server->settings.relay = (enum call_relay)i;
	calls_configure(server->calls, &server->settings);
	return true;
}

static bool set_codecs(struct fake_server *server, unsigned count, char **words)
{
	static char texts[CALL_CODECS][32];
	server->settings.codec_count = 0;
	for (unsigned i = 1; i < count; i++) {
		snprintf(texts[i - 1], sizeof(texts[0]), "%s", words[i]);
		server->settings.codecs[server->settings.codec_count++] = pv_span_of(texts[i - 1]);
	}
	calls_configure(server->calls, &server->settings);
	return true;
}

static void set_hold(struct fake_server *server, const char *seconds)
{
	server->settings.hold_timeout_ms = 1000 * (uint64_t)atoi(seconds);
	calls_configure(server->calls, &server->settings);
}

static unsigned named_calls(const struct fake_server *server)
{
	unsigned count = 0;
	LIST_EACH(link, &server->calls->named)
	count++;
	return count;
}

static unsigned one_way_calls(const struct fake_server *server)
{
	unsigned count = 0;
	LIST_EACH(link, &server->calls->named)
	count += container_of(link, struct call, link)->was_one_way;
	return count;
}

static bool must_be(
	const struct fake_server *server, const char *what, unsigned is, const char *expected)
{
	if (!server->scenario.lenient)
		ck_assert_msg(is == (unsigned)atoi(expected), "%s line %u: %u %s",
			server->scenario.name, server->scenario.line, is, what);
	return true;
}

static void must_read(const struct fake_server *server, unsigned count, char **words,
	const char *key, const char *is)
{
	const char *expected = scenario_value(count, words, key);
	if (expected)
		ck_assert_msg(strcmp(expected, is) == 0, "%s line %u: %s is %s",
			server->scenario.name, server->scenario.line, key, is);
}

static const char *target_text(const struct media_end *end, char text[NET_ADDRESS_TEXT])
{
	struct pv_writer w;
	pv_writer_init(&w, text, NET_ADDRESS_TEXT - 1);
	media_address_write(&end->rtp, &w);
	text[pv_writer_length(&w)] = 0;
	return text;
}

/* "PCMU:0:101": a codec, and the numbers of it and of its events that an end gets. "none" */
static const char *coding_text(const struct media_coding *coding, char text[48])
{
	if (!media_coding_is_transcoded(coding))
		return "none";
	struct pv_span name = codec_row((enum codec_id)coding->codec)->name;
	int length = snprintf(text, 48, "%.*s:%u", PV_SPAN_PRINT(name), coding->gets.voice);
	if (coding->gets.events)
		length += snprintf(text + length, 48 - (size_t)length, ":%u", coding->gets.events);
	if (memcmp(&coding->sends, &coding->gets, sizeof(coding->sends)) != 0)
		snprintf(text + length, 48 - (size_t)length, "<%u:%u", coding->sends.voice,
			coding->sends.events);
	return text;
}

/* "PCMA:8,telephone-event:100": what an end may send that is foreign to the other. "none" */
static const char *foreign_text(const struct media_coding *coding, char text[128])
{
	int length = snprintf(text, 128, "%s", coding->foreign_count ? "" : "none");
	for (unsigned i = 0; i < coding->foreign_count; i++) {
		enum codec_id codec = (enum codec_id)coding->foreign[i].codec;
		struct pv_span name =
			codec != CODEC_NONE ? codec_row(codec)->name : PV_SPAN("telephone-event");
		length += snprintf(text + length, 128 - (size_t)length, "%s%.*s:%u", i ? "," : "",
			PV_SPAN_PRINT(name), coding->foreign[i].payload_type);
	}
	return text;
}

static unsigned reserved(const struct fake_server *server)
{
	unsigned count = 0;
	for (unsigned i = 0; i < FAKE_SESSIONS; i++)
		count += server->media.sessions[i].id && server->media.sessions[i].has_transcoder;
	return count;
}

static bool check_media(struct fake_server *server, unsigned count, char **words)
{
	static const char *const watches[] = {"early", "talk", "held"};
	static const char *const sides[] = {"none", "caller", "callee", "both"};
	const struct fake_session *session =
		fake_media_session(&server->media, (unsigned)atoi(words[1]));
	char text[NET_ADDRESS_TEXT], offers[32], coding[48], foreign[128];
	if (server->scenario.lenient)
		return true;
	ck_assert_msg(session && session->is_set && !session->is_dropped,
		"%s line %u: there is no session %s", server->scenario.name, server->scenario.line,
		words[1]);
	const struct media_end *ends = session->said.ends;
	must_read(server, count, words, "caller", target_text(&ends[0], text));
	must_read(server, count, words, "callee", target_text(&ends[1], text));
	bool is_known[MEDIA_ENDS];
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		is_known[i] = !media_address_is_none(&ends[i].signalling);
	must_read(server, count, words, "blind", sides[ends[0].is_blind + 2 * ends[1].is_blind]);
	must_read(server, count, words, "known", sides[is_known[0] + 2 * is_known[1]]);
	must_read(server, count, words, "watch", watches[session->said.watch]);
	must_read(server, count, words, "mux", ends[0].is_mux && ends[1].is_mux ? "yes" : "no");
	for (unsigned i = 0; i < MEDIA_ENDS; i++)
		must_read(server, count, words, i ? "to" : "from",
			coding_text(&ends[i].coding, coding));
	must_read(server, count, words, "from_foreign", foreign_text(&ends[0].coding, foreign));
	must_read(server, count, words, "to_foreign", foreign_text(&ends[1].coding, foreign));
	snprintf(offers, sizeof(offers), "%u,%u", ends[0].offer, ends[1].offer);
	must_read(server, count, words, "offers", offers);
	return true;
}

static bool hang_up(struct fake_server *server, bool is_newest)
{
	struct list *named = &server->calls->named;
	struct list *found = is_newest ? list_last(named) : list_first(named);
	if (found)
		call_ask_to_end(server->calls, container_of(found, struct call, link), CALL_HANGUP);
	return true;
}

static bool set_limits(struct fake_server *server, char **words)
{
	const struct call_limits limits = {.max_calls = (uint32_t)atoi(words[1]),
		.per_user = (uint32_t)atoi(words[2]),
		.max_duration_ms = LONGEST_CALL_MS};
	call_shared_set_limits(&server->shared, &limits);
	return true;
}

bool fake_server_call_command(struct fake_server *server, unsigned count, char **words)
{
	const char *word = words[0], *value = count > 1 ? words[1] : "";
	if (strcmp(word, "relay") == 0)
		return set_relay(server, value);
	if (strcmp(word, "codecs") == 0)
		return set_codecs(server, count, words);
	if (strcmp(word, "media") == 0)
		return check_media(server, count, words);
	if (strcmp(word, "limits") == 0 && count == 3)
		return set_limits(server, words);
	if (strcmp(word, "oneway") == 0)
		return must_be(server, "calls that were one-way", one_way_calls(server), value);
	if (strcmp(word, "hangup") == 0)
		return hang_up(server, count > 1);
	if (strcmp(word, "calls") == 0)
		return must_be(server, "calls", named_calls(server), value);
	if (strcmp(word, "sessions") == 0)
		return must_be(server, "sessions", fake_media_in_use(&server->media), value);
	if (strcmp(word, "reserved") == 0)
		return must_be(server, "transcoders reserved", reserved(server), value);
	if (strcmp(word, "transcoders") == 0)
		server->media.transcoders = (unsigned)atoi(value);
	else if (strcmp(word, "hold") == 0)
		set_hold(server, value);
	else if (strcmp(word, "ports") == 0)
		server->media.limit = (unsigned)atoi(value);
	else if (strcmp(word, "silent") == 0)
		fake_media_tell(&server->media, (unsigned)atoi(value), MEDIA_TOLD_SILENT);
	else if (strcmp(word, "missing") == 0 && count == 3)
		fake_media_miss(&server->media, (unsigned)atoi(value),
			(strcmp(words[2], "caller") == 0) + 2 * (strcmp(words[2], "callee") == 0));
	else if (strcmp(word, "late") == 0 && count == 3)
		fake_media_tell_late(
			&server->media, (unsigned)atoi(value), strcmp(words[2], "silent") == 0);
	else if (strcmp(word, "heard") == 0)
		fake_media_tell(&server->media, (unsigned)atoi(value), MEDIA_TOLD_AGAIN);
	else
		return false;
	return true;
}

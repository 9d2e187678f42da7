/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz_sdp.c — any bytes as a body: what is found lies inside, what is rewritten can be read again
 * and leads to nobody else. */
#include <portavoz/sdp.h>

#include "fuzz.h"
#include "sdp/private.h"

static struct pv_sdp sdp, again;
static struct pv_sdp_formats formats;
static struct pv_sdp_outline outline;
static char out[4 * PV_SDP_BYTES_MAX];

static void address_within(const struct pv_sdp_address *address, struct pv_span whole)
{
	MUST((address->family == PV_SDP_NO_ADDRESS) == (address->text.length == 0));
	must_be_within(address->text, whole);
}

static void check_formats(const struct pv_sdp_media *media)
{
	pv_sdp_formats_read(media, &formats);
	MUST(formats.count == media->format_count);
	for (unsigned i = 0; i < formats.count; i++) {
		const struct pv_sdp_format *format = &formats.list[i];
		must_be_within(format->text, media->formats);
		must_be_within(format->fmtp, media->section);
		MUST(format->text.length && format->payload_type >= -1 &&
			format->payload_type < 128);
		if (format->has_rtpmap)
			must_be_within(format->encoding, media->section);
	}
}

static void check_media(const struct pv_sdp_media *media, const char *from)
{
	MUST(media->section.at == from && media->section.length >= sizeof("m=a 0 b") - 1);
	must_be_within(media->section, sdp.whole);
	must_be_within(media->kind_text, media->section);
	must_be_within(media->port_text, media->section);
	must_be_within(media->proto, media->section);
	must_be_within(media->formats, media->section);
	must_be_within(media->mid, media->section);
	address_within(&media->address, sdp.whole);
	address_within(&media->rtcp_address, sdp.whole);
	MUST(media->address.family != PV_SDP_NO_ADDRESS || media->port == 0);
	MUST((media->direction & ~media->written) == 0);
	check_formats(media);
}

static struct pv_span rewrite(const struct pv_sdp_change *change)
{
	struct pv_writer w;
	pv_writer_init(&w, out, sizeof(out));
	MUST(pv_sdp_rewrite(&sdp, change, &w) == 0 && !w.overflow);
	return pv_writer_span(&w);
}

static void no_bypass_in(struct pv_span lines)
{
	struct sdp_attribute attribute;
	struct sdp_line line;
	while (sdp_line_next(&lines, &line)) {
		sdp_attribute_read(line.value, &attribute);
		MUST(line.type != 'a' || attribute.class != SDP_BYPASS);
	}
}

/* `wanted` of the m-lines that live are relayed; the others keep what they had. */
static void check_relayed(uint32_t wanted)
{
	struct pv_sdp_change change = {0};
	bool any = false;
	for (unsigned i = 0; i < sdp.media_count; i++) {
		if (!(wanted >> i & 1))
			continue;
		any |= sdp.media[i].port != 0;
		change.media[i].address = i & 2 ? pv_sdp_address_of(PV_SPAN("2001:db8::5"), true)
						: pv_sdp_address_of(PV_SPAN("203.0.113.5"), false);
		change.media[i].port = (uint16_t)(16384 + 4 * i);
		change.media[i].rtcp_port = (uint16_t)(i & 1 ? 0 : 16386 + 4 * i);
	}
	struct pv_span text = rewrite(&change);
	if (text.length > PV_SDP_BYTES_MAX)
		return;
	int parsed = pv_sdp_parse(&again, text.at, text.length);
	MUST(parsed == (int)text.length || parsed == -PV_SDP_TOO_MANY_LINES);
	if (parsed < 0)
		return;
	MUST(again.media_count == sdp.media_count);
	if (any)
		no_bypass_in(again.session);
	for (unsigned i = 0; i < sdp.media_count; i++) {
		const struct pv_sdp_media *old = &sdp.media[i], *new = &again.media[i];
		bool relayed = old->port && wanted >> i & 1;
		const struct pv_sdp_address *address =
			relayed ? &change.media[i].address : &old->address;
		MUST(pv_span_equal(old->formats, new->formats));
		MUST(new->port == (relayed ? change.media[i].port : old->port));
		if (any && !pv_sdp_is_rejected(old))
			no_bypass_in(new->section);
		MUST(!old->port || pv_span_equal(new->address.text, address->text));
		MUST(!relayed || new->direction == old->direction);
		MUST(!relayed || pv_span_equal(new->rtcp_address.text, address->text));
		MUST(!relayed || !change.media[i].rtcp_port ||
			new->rtcp_port == change.media[i].rtcp_port);
	}
}

/* What is refused names nobody's address but ours; what is not is as it was. */
static void check_unused(uint32_t refused)
{
	struct pv_sdp_change change = {.unused = pv_sdp_address_of(PV_SPAN("203.0.113.6"), false)};
	for (unsigned i = 0; i < sdp.media_count; i++)
		change.media[i].reject = refused >> i & 1;
	struct pv_span text = rewrite(&change);
	if (text.length > PV_SDP_BYTES_MAX || pv_sdp_parse(&again, text.at, text.length) < 0)
		return;
	MUST(again.media_count == sdp.media_count);
	for (unsigned i = 0; i < sdp.media_count; i++) {
		const struct pv_sdp_media *old = &sdp.media[i], *new = &again.media[i];
		bool is_refused = pv_sdp_is_rejected(old) || change.media[i].reject;
		MUST(new->port == (is_refused ? 0 : old->port));
		MUST(is_refused || pv_span_equal(new->section, old->section));
		MUST(is_refused || pv_span_equal(new->address.text, old->address.text));
		if (is_refused)
			no_bypass_in(new->section);
		MUST(!is_refused || !new->has_connection ||
			pv_span_equal(new->address.text, change.unused.text));
	}
}

static bool is_left(struct pv_span encoding, const struct pv_span codecs[2])
{
	return pv_span_equal_nocase(encoding, codecs[0]) ||
	       pv_span_equal_nocase(encoding, codecs[1]) ||
	       pv_span_equal_nocase(encoding, PV_SPAN("telephone-event"));
}

static void check_filtered(void)
{
	static const struct pv_span codecs[2] = {PV_SPAN_INIT("PCMA"), PV_SPAN_INIT("opus")};
	struct pv_sdp_change change = {0};
	struct pv_writer w;
	for (unsigned i = 0; i < sdp.media_count; i++) {
		change.media[i].codecs = codecs;
		change.media[i].codec_count = 2;
		change.media[i].set_direction = true;
		change.media[i].direction = PV_SDP_RECVONLY;
	}
	pv_writer_init(&w, out, sizeof(out));
	int verdict = pv_sdp_rewrite(&sdp, &change, &w);
	MUST(!w.overflow && (verdict == 0 || pv_writer_length(&w) == 0));
	struct pv_span text = pv_writer_span(&w);
	if (verdict || text.length > PV_SDP_BYTES_MAX ||
		pv_sdp_parse(&again, text.at, text.length) < 0)
		return;
	for (unsigned i = 0; i < again.media_count; i++) {
		if (pv_sdp_is_rejected(&again.media[i]) || !again.media[i].is_rtp)
			continue;
		MUST(again.media[i].written == PV_SDP_RECVONLY);
		pv_sdp_formats_read(&again.media[i], &formats);
		for (unsigned f = 0; f < formats.count; f++)
			MUST(is_left(formats.list[f].encoding, codecs));
	}
}

/* What is added stands behind what stays, and is read as it was told. */
static void check_added(bool pick)
{
	static const struct pv_sdp_format added = {.payload_type = 127,
		.encoding = PV_SPAN_INIT("opus"),
		.clock_rate = 48000,
		.channels = 2,
		.fmtp = PV_SPAN_INIT("cbr=1")};
	struct pv_sdp_change change = {0};
	for (unsigned i = 0; i < sdp.media_count; i++)
		change.media[i] = (struct pv_sdp_media_change){
			.pick = pick, .added = &added, .added_count = 1};
	struct pv_span text = rewrite(&change);
	if (text.length > PV_SDP_BYTES_MAX || pv_sdp_parse(&again, text.at, text.length) < 0)
		return;
	MUST(again.media_count == sdp.media_count);
	for (unsigned i = 0; i < again.media_count; i++) {
		const struct pv_sdp_media *old = &sdp.media[i], *new = &again.media[i];
		bool is_done = old->is_rtp && !pv_sdp_is_rejected(old);
		unsigned left = pick && is_done ? 0 : old->format_count;
		MUST(new->format_count == left + is_done);
		if (!is_done || (!pick && old->format_count))
			continue;
		pv_sdp_formats_read(new, &formats);
		const struct pv_sdp_format *last = &formats.list[formats.count - 1];
		MUST(last->payload_type == 127 && pv_span_equal(last->encoding, added.encoding));
	}
}

static void check_description(struct pv_span text)
{
	static const struct pv_sdp_change none;
	int parsed = pv_sdp_parse(&sdp, text.at, text.length);
	MUST(parsed == (int)text.length || parsed < 0);
	MUST(*pv_sdp_verdict_row(parsed)->text || parsed > 0);
	if (parsed < 0)
		return;
	must_be_within(sdp.origin.username, sdp.session);
	must_be_within(sdp.origin.place, sdp.session);
	const char *at = pv_span_end(sdp.session);
	for (unsigned i = 0; i < sdp.media_count; i++) {
		check_media(&sdp.media[i], at);
		at = pv_span_end(sdp.media[i].section);
	}
	MUST(at == sdp.tail.at && pv_span_end(sdp.tail) == pv_span_end(text));
	MUST(pv_span_equal(rewrite(&none), text));
	check_relayed(UINT32_MAX);
	check_relayed(0x5a5a5a5au >> (text.length & 7));
	check_unused(0);
	check_unused(0x5a5a5a5au >> (text.length & 7));
	check_filtered();
	check_added(false);
	check_added(true);
	/* An offer answered with itself is allowed, unless it wants to be the only one that talks.
	 */
	pv_sdp_outline_of(&sdp, &outline);
	int verdict = pv_sdp_answer_check(&outline, &sdp);
	MUST(verdict == 0 || verdict == -PV_SDP_ANSWER_DIRECTION);
	MUST(pv_sdp_offer_check(&outline, &sdp) == 0);
}

/* The bytes are a description, and a body whose first line is its Content-Type. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pv_span text = {(const char *)data, size}, found;
	check_description(text);
	const char *end = pv_span_find(text, '\n');
	if (!end)
		return 0;
	struct pv_span body = pv_span_from(end + 1, pv_span_end(text));
	int verdict = pv_sdp_body_find(pv_span_from(text.at, end), PV_SPAN(""), body, &found);
	MUST(verdict <= 1);
	if (verdict != 1)
		return 0;
	must_be_within(found, body);
	MUST(found.length);
	check_description(found);
	return 0;
}

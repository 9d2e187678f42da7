/* SPDX-License-Identifier: Apache-2.0 */
/* rewrite.c — a description with changes, written out once: copies of what stays, and edits in the
 * order of the text. */
#include "sdp/private.h"

/* Owner: one call of pv_sdp_rewrite. */
struct rewrite {
	const struct pv_sdp *sdp;
	const struct pv_sdp_change *change;
	const struct pv_sdp_address *relay;   /* of the first relayed m-line, or NULL */
	const struct pv_sdp_address *session; /* what the session's c= says; NULL: what it did */
	bool hides_ways;                      /* the session's candidates and the like go */
	struct pv_writer *w;
	const char *from; /* what stands before it is written */

	/* the m-line that is being written */
	const struct pv_sdp_media *media;
	const struct pv_sdp_media_change *edit;
	bool relayed;
	bool filtered;
	unsigned added; /* formats */
	bool set_direction;
	enum pv_sdp_direction direction;
	bool direction_written, rtcp_written, connection_written;
	struct sdp_filter filter;
};

static void copy_until(struct rewrite *r, const char *at)
{
	pv_put(r->w, pv_span_from(r->from, at));
	r->from = at;
}

/* What follows is put in the place of `what`. */
static void replace(struct rewrite *r, struct pv_span what)
{
	copy_until(r, what.at);
	r->from = pv_span_end(what);
}

static void put_line_end(struct rewrite *r)
{
	pv_put(r->w, r->sdp->line_end);
}

/* A new line may follow at `at`: the last one of a body may have no end. */
static void begin_insert(struct rewrite *r, const char *at)
{
	copy_until(r, at);
	if (r->w->at > r->w->start && r->w->at[-1] != '\n')
		put_line_end(r);
}

static bool is_relayed(const struct rewrite *r, unsigned i)
{
	return r->change->media[i].address.family != PV_SDP_NO_ADDRESS &&
	       !r->change->media[i].reject && r->sdp->media[i].port;
}

static bool is_refused(const struct rewrite *r, unsigned i)
{
	return r->change->media[i].reject || pv_sdp_is_rejected(&r->sdp->media[i]);
}

/* Peers send to the session's address: an m-line has none of its own, and is not ours. */
static bool is_session_used(const struct rewrite *r)
{
	for (unsigned i = 0; i < r->sdp->media_count; i++)
		if (!is_refused(r, i) && !is_relayed(r, i) && !r->sdp->media[i].has_connection)
			return true;
	return false;
}

static bool is_all_refused(const struct rewrite *r)
{
	for (unsigned i = 0; i < r->sdp->media_count; i++)
		if (!is_refused(r, i))
			return false;
	return true;
}

static bool same_address(const struct pv_sdp_address *a, const struct pv_sdp_address *b)
{
	return a->family == b->family && pv_span_equal(a->text, b->text);
}

/* The c= line that the m-line needs of its own, when it has none: what the session's says now is
 * not for it. */
static void put_connection(struct rewrite *r, const char *at)
{
	r->connection_written = true;
	if (r->media->has_connection || !r->relay || r->edit->reject)
		return;
	if (r->sdp->address.family == PV_SDP_NO_ADDRESS && !r->relayed)
		return;
	if (r->relayed && r->sdp->address.family != PV_SDP_NO_ADDRESS &&
		same_address(&r->edit->address, r->relay))
		return;
	begin_insert(r, at);
	pv_put_text(r->w, "c=");
	if (r->relayed)
		sdp_address_write(r->w, &r->edit->address);
	else
		pv_put(r->w, r->sdp->connection);
	put_line_end(r);
}

static void edit_media_line(struct rewrite *r)
{
	if (r->edit->reject || r->relayed) {
		replace(r, r->media->port_text);
		pv_put_u64(r->w, r->edit->reject ? 0 : r->edit->port);
	}
	if (r->filtered) {
		replace(r, r->media->formats);
		for (unsigned i = 0; i < r->filter.count; i++) {
			if (i)
				pv_put_char(r->w, ' ');
			pv_put(r->w, r->filter.formats.list[r->filter.order[i]].text);
		}
	} else if (r->added) {
		copy_until(r, pv_span_end(r->media->formats));
	}
	for (unsigned i = 0; i < r->added; i++) {
		if (i || !r->filtered || r->filter.count)
			pv_put_char(r->w, ' ');
		pv_put_u64(r->w, (uint64_t)r->edit->added[i].payload_type);
	}
}

static void put_rtcp(struct rewrite *r)
{
	pv_put_text(r->w, "a=rtcp:");
	pv_put_u64(r->w, r->edit->rtcp_port);
	r->rtcp_written = true;
}

static void put_direction(struct rewrite *r)
{
	pv_put_text(r->w, "a=");
	pv_put(r->w, pv_sdp_direction_text(r->direction));
	r->direction_written = true;
}

/* The line without its end: what is put in its place keeps that. */
static struct pv_span without_end(const struct sdp_line *line)
{
	return pv_span_trim(line->whole);
}

/* Of a format that goes; or of a number that stood in no m-line and is given to another one. */
static bool is_removed(const struct rewrite *r, struct pv_span value)
{
	uint32_t number;
	if (!sdp_number(sdp_word(&value), 127, &number))
		return false;
	for (unsigned i = 0; i < r->added; i++)
		if (r->edit->added[i].payload_type == (int)number)
			return true;
	return r->filtered && r->filter.removed[number];
}

static void edit_attribute(struct rewrite *r, const struct sdp_line *line)
{
	struct sdp_attribute attribute;
	sdp_attribute_read(line->value, &attribute);
	switch (attribute.class) {
	case SDP_KEPT:
		return;
	case SDP_BYPASS:
		if (r->relay)
			replace(r, line->whole);
		return;
	case SDP_PAYLOAD_LINE:
		if (is_removed(r, attribute.value))
			replace(r, line->whole);
		return;
	case SDP_RTCP_LINE:
		if (!r->relayed)
			return;
		replace(r,
			r->rtcp_written || !r->edit->rtcp_port ? line->whole : without_end(line));
		if (!r->rtcp_written && r->edit->rtcp_port)
			put_rtcp(r);
		return;
	case SDP_DIRECTION_LINE:
		if (!r->set_direction)
			return;
		replace(r, r->direction_written ? line->whole : without_end(line));
		if (!r->direction_written)
			put_direction(r);
		return;
	}
}

/* Its lines, which end as the others of this description. */
static void put_added(struct rewrite *r, const struct pv_sdp_format *format)
{
	uint8_t type = (uint8_t)format->payload_type;
	sdp_rtpmap_write(r->w, type, format->encoding, format->clock_rate, format->channels);
	put_line_end(r);
	if (!format->fmtp.length)
		return;
	sdp_fmtp_write(r->w, type, format->fmtp);
	put_line_end(r);
}

/* What the m-line still misses goes behind its last line. */
static void put_missing(struct rewrite *r, const char *end)
{
	if (!r->connection_written)
		put_connection(r, end);
	if (r->added)
		begin_insert(r, end);
	for (unsigned i = 0; i < r->added; i++)
		put_added(r, &r->edit->added[i]);
	if (r->relayed && r->edit->rtcp_port && !r->rtcp_written &&
		r->edit->rtcp_port != r->edit->port + 1) {
		begin_insert(r, end);
		put_rtcp(r);
		put_line_end(r);
	}
	if (r->set_direction && !r->direction_written) {
		begin_insert(r, end);
		put_direction(r);
		put_line_end(r);
	}
}

/* The first one is led elsewhere; further ones would be addresses past that. */
static void edit_connection(struct rewrite *r, const struct sdp_line *line, bool is_first,
	const struct pv_sdp_address *address)
{
	replace(r, is_first ? line->value : line->whole);
	if (is_first)
		sdp_address_write(r->w, address);
}

static void edit_lines(struct rewrite *r)
{
	struct pv_span rest = r->media->section;
	struct sdp_line line;
	unsigned connections = 0;
	while (sdp_line_next(&rest, &line)) {
		/* c= follows m= and i= (RFC 8866 §9). */
		if (!r->connection_written && line.type != 'm' && line.type != 'i')
			put_connection(r, line.whole.at);
		if (line.type == 'm') {
			edit_media_line(r);
		} else if (line.type == 'c' && r->relayed) {
			edit_connection(r, &line, connections++ == 0, &r->edit->address);
		} else if (line.type == 'a') {
			edit_attribute(r, &line);
		} else if (line.type == 'b' && r->filtered && !r->filter.count) {
			replace(r, line.whole);
		}
	}
	put_missing(r, pv_span_end(r->media->section));
}

/* Nobody is to be reached by it, so nobody needs to be told where its sender is. */
static void hide(struct rewrite *r, const struct pv_sdp_media *media)
{
	struct pv_span rest = media->section;
	struct sdp_attribute attribute;
	struct sdp_line line;
	unsigned connections = 0;
	while (sdp_line_next(&rest, &line)) {
		if (line.type == 'c') {
			edit_connection(r, &line, connections++ == 0, &r->change->unused);
		} else if (line.type == 'm' && media->port) {
			replace(r, media->port_text);
			pv_put_u64(r->w, 0);
		} else if (line.type == 'a') {
			sdp_attribute_read(line.value, &attribute);
			if (attribute.class == SDP_BYPASS || attribute.class == SDP_RTCP_LINE)
				replace(r, line.whole);
		}
	}
}

static int rewrite_media(struct rewrite *r, unsigned i)
{
	const struct pv_sdp_media *media = &r->sdp->media[i];
	const struct pv_sdp_media_change *edit = &r->change->media[i];
	if (is_refused(r, i) && r->change->unused.family != PV_SDP_NO_ADDRESS) {
		hide(r, media);
		return 0;
	}
	if (pv_sdp_is_rejected(media))
		return 0;
	r->media = media;
	r->edit = edit;
	r->relayed = is_relayed(r, i);
	bool has_formats = media->is_rtp && !edit->reject;
	r->filtered = has_formats && (edit->codec_count || edit->pick);
	r->added = has_formats ? edit->added_count : 0;
	/* A hold by 0.0.0.0, whose address goes. */
	bool hold = r->relayed && media->direction != media->written;
	r->set_direction = edit->set_direction || hold;
	r->direction = edit->set_direction ? edit->direction : media->direction;
	r->direction_written = r->rtcp_written = r->connection_written = false;
	if (r->filtered && !sdp_filter_make(media, edit, &r->filter))
		return -PV_SDP_NO_CODEC;
	edit_lines(r);
	return 0;
}

static void rewrite_session(struct rewrite *r)
{
	struct pv_span rest = r->sdp->session;
	struct sdp_attribute attribute;
	struct sdp_line line;
	while (sdp_line_next(&rest, &line)) {
		if (line.type == 'o' && r->change->origin.family != PV_SDP_NO_ADDRESS) {
			replace(r, r->sdp->origin.place);
			sdp_address_write(r->w, &r->change->origin);
		} else if (line.type == 'c' && r->session) {
			replace(r, line.value);
			sdp_address_write(r->w, r->session);
		} else if (line.type == 'a' && r->hides_ways) {
			sdp_attribute_read(line.value, &attribute);
			if (attribute.class == SDP_BYPASS || attribute.class == SDP_RTCP_LINE)
				replace(r, line.whole);
		}
	}
}

int pv_sdp_rewrite(
	const struct pv_sdp *sdp, const struct pv_sdp_change *change, struct pv_writer *w)
{
	struct rewrite r;
	struct pv_writer before = *w;
	int verdict = 0;
	r.sdp = sdp;
	r.change = change;
	r.relay = NULL;
	r.w = w;
	r.from = sdp->whole.at;
	for (unsigned i = sdp->media_count; i-- > 0;)
		if (is_relayed(&r, i))
			r.relay = &change->media[i].address;
	bool hides = change->unused.family != PV_SDP_NO_ADDRESS;
	r.session = !r.relay && hides && !is_session_used(&r) ? &change->unused : r.relay;
	r.hides_ways = r.relay || (hides && is_all_refused(&r));
	rewrite_session(&r);
	for (unsigned i = 0; i < sdp->media_count && !verdict; i++)
		verdict = rewrite_media(&r, i);
	if (verdict)
		*w = before;
	else
		copy_until(&r, pv_span_end(sdp->whole));
	return verdict;
}

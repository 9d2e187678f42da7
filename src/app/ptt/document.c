/* SPDX-License-Identifier: Apache-2.0 */
/* document.c — who is in a group and who talks, as application/conference-info+xml (RFC 4575). */
#include "app/ptt/private.h"

/* A user takes about so much; what does not fit is counted and not named. */
#define USER_ROOM 2048

/* What follows the last user. */
static const char ending[] = "</users>\r\n</conference-info>\r\n";

/* How many bytes the UTF-8 character at `at` takes; 0: it is none (RFC 3629 §4, but for the ranges
 * that only an encoder in error makes). */
static size_t utf8_length(const char *at, size_t left)
{
	unsigned char first = (unsigned char)at[0];
	size_t length = first < 0x80   ? 1
			: first < 0xc2 ? 0
			: first < 0xe0 ? 2
			: first < 0xf0 ? 3
				       : 4;
	if (first > 0xf4 || length > left)
		return 0;
	for (size_t i = 1; i < length; i++)
		if (((unsigned char)at[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

/* Control characters have no place in XML; a byte that is no UTF-8 is a question mark. */
static void put_escaped(struct pv_writer *w, struct pv_span text)
{
	for (size_t i = 0; i < text.length; i++) {
		char c = text.at[i];
		switch (c) {
		case '<':
			pv_put_text(w, "&lt;");
			break;
		case '>':
			pv_put_text(w, "&gt;");
			break;
		case '&':
			pv_put_text(w, "&amp;");
			break;
		case '"':
			pv_put_text(w, "&quot;");
			break;
		default: {
			size_t length = utf8_length(text.at + i, text.length - i);
			if (length > 1)
				pv_put_bytes(w, text.at + i, length);
			else if ((unsigned char)c >= ' ')
				pv_put_char(w, length ? c : '?');
			i += length > 1 ? length - 1 : 0;
		}
		}
	}
}

static void put_element(struct pv_writer *w, const char *name, struct pv_span text)
{
	if (!text.length)
		return;
	pv_put_char(w, '<');
	pv_put_text(w, name);
	pv_put_char(w, '>');
	put_escaped(w, text);
	pv_put_text(w, "</");
	pv_put_text(w, name);
	pv_put_text(w, ">");
}

/* A display name as the phone wrote it, without its quotes. */
static struct pv_span unquoted(struct pv_span text)
{
	text = pv_span_trim(text);
	if (text.length >= 2 && text.at[0] == '"' && text.at[text.length - 1] == '"')
		return (struct pv_span){text.at + 1, text.length - 2};
	return text;
}

static void put_endpoint(struct pv_writer *w, const struct ptt_member *member)
{
	pv_put_text(w, "<endpoint entity=\"");
	put_escaped(w, buffer_text(member->who, member->target));
	pv_put_text(w, "\"><status>");
	pv_put_text(w, member->is_held ? "on-hold" : "connected");
	pv_put_text(w, "</status><joining-method>");
	pv_put_text(w, member->is_called_out ? "dialed-out" : "dialed-in");
	pv_put_text(w, "</joining-method></endpoint>");
}

/* All legs of a user, of which `member` is the first. */
static void put_user(struct ptt *p, const struct ptt_room *room, const struct ptt_member *member,
	struct pv_writer *w)
{
	bool talks = false, waits = false;
	const struct ptt_member *leg = member;
	pv_put_text(w, "<user entity=\"");
	put_escaped(w, buffer_text(member->who, member->uri));
	pv_put_text(w, "\" state=\"full\">");
	put_element(w, "display-text", unquoted(buffer_text(member->who, member->display)));
	for (; leg; leg = room_member(p, room, member->name, leg)) {
		talks |= leg->is_talking;
		waits |= leg->position;
	}
	if (talks)
		pv_put_text(w, "<roles><entry>talker</entry></roles>");
	else if (waits)
		pv_put_text(w, "<roles><entry>waiting</entry></roles>");
	for (leg = member; leg; leg = room_member(p, room, member->name, leg))
		put_endpoint(w, leg);
	pv_put_text(w, "</user>\r\n");
}

/* The first leg of a user that has something new; one that has not is no cause to look for others.
 */
static bool is_news(
	struct ptt *p, const struct ptt_room *room, const struct ptt_member *member, uint64_t since)
{
	const struct ptt_member *leg = NULL;
	if (member->change <= since)
		return false;
	while ((leg = room_member(p, room, member->name, leg)) != member)
		if (leg->change > since)
			return false;
	return true;
}

static bool has_room(const struct pv_writer *w)
{
	return (size_t)(w->end - w->at) > USER_ROOM + sizeof(ending);
}

static void put_users(struct ptt *p, const struct ptt_room *room, bool is_full, uint64_t since,
	struct pv_writer *w)
{
	LIST_EACH(link, &room->members)
	{
		const struct ptt_member *member = container_of(link, struct ptt_member, link);
		const struct ptt_member *first = NULL;
		if (is_full || is_news(p, room, member, since))
			first = room_member(p, room, member->name, NULL);
		if (first && has_room(w) && (!is_full || first == member))
			put_user(p, room, first, w);
	}
	for (unsigned i = 0; !is_full && i < PTT_GRAVES; i++) {
		const struct ptt_grave *grave = &room->graves[i];
		struct pv_span name = {grave->name.bytes, grave->name.length};
		if (!grave->is_gone || grave->change <= since || !has_room(w) ||
			room_member(p, room, ptt_name_hash(p, name), NULL))
			continue;
		pv_put_text(w, "<user entity=\"");
		put_escaped(w, (struct pv_span){grave->uri, grave->length});
		pv_put_text(w, "\" state=\"deleted\"/>\r\n");
	}
}

/* More left than are remembered. */
static bool is_forgotten(const struct ptt_room *room, uint64_t since)
{
	const struct ptt_grave *oldest = &room->graves[room->grave_next % PTT_GRAVES];
	return room->grave_next >= PTT_GRAVES && oldest->change > since;
}

size_t document_write(struct ptt *p, const struct ptt_room *room, const struct ptt_group *group,
	uint32_t version, bool is_full, uint64_t since, char *text, size_t size)
{
	struct pv_writer w;
	is_full |= is_forgotten(room, since);
	const char *state = is_full ? "full" : "partial";
	pv_writer_init(&w, text, size);
	pv_put_text(&w,
		"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n"
		"<conference-info xmlns=\"urn:ietf:params:xml:ns:conference-info\" entity=\"");
	ptt_put_uri(
		&w, group ? group->config.name : PV_SPAN("group"), domains_realm(p->at.domains));
	pv_put_text(&w, "\" state=\"");
	pv_put_text(&w, state);
	pv_put_text(&w, "\" version=\"");
	pv_put_u64(&w, version);
	pv_put_text(&w, "\">\r\n");
	if (is_full && group) {
		pv_put_text(&w, "<conference-description>");
		put_element(&w, "display-text",
			group->config.display.length ? group->config.display : group->config.name);
		pv_put_text(&w, "</conference-description>\r\n");
	}
	pv_put_text(&w, "<conference-state><user-count>");
	pv_put_u64(&w, room->member_count);
	pv_put_text(&w, "</user-count><active>");
	pv_put_text(&w, room->member_count ? "true" : "false");
	pv_put_text(&w, "</active></conference-state>\r\n<users state=\"");
	pv_put_text(&w, state);
	pv_put_text(&w, "\">\r\n");
	put_users(p, room, is_full, since, &w);
	pv_put_text(&w, ending);
	return w.overflow ? 0 : pv_writer_length(&w);
}

/* SPDX-License-Identifier: Apache-2.0 */
/* document.c — who is in a group and who talks, as application/conference-info+xml (RFC 4575). */
#include "app/ptt/private.h"
#include "base/utf8.h"

/* A display name, as much of it as is kept. */
#define NAME_ROOM 256

/* What follows the last user. A user who does not fit before it is counted and not named. */
static const char ending[] = "</users>\r\n</conference-info>\r\n";

static void put_ascii(struct pv_writer *w, char c)
{
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
	default:
		if ((unsigned char)c >= ' ')
			pv_put_char(w, c);
	}
}

/* U+FFFE and U+FFFF are no characters of XML. */
static bool is_no_character(const char *at, size_t length)
{
	return length == 3 && memcmp(at, "\xef\xbf", 2) == 0 && (unsigned char)at[2] >= 0xbe;
}

/* Control characters have no place in XML (§2.2). One byte that is no text, a name in Latin-1,
 * would make the document unreadable to every watcher. */
static void put_escaped(struct pv_writer *w, struct pv_span text)
{
	while (text.length) {
		size_t length = utf8_length((const unsigned char *)text.at, text.length);
		if (length == 0 || is_no_character(text.at, length))
			pv_put_text(w, "\xef\xbf\xbd");
		else if (length == 1)
			put_ascii(w, *text.at);
		else
			pv_put(w, (struct pv_span){text.at, length});
		text = pv_span_skip(text, length ? length : 1);
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

/* A display name as the phone wrote it, without its quotes (the second may have been cut off) and
 * the backslashes between them; `room` is for what it is then. */
static struct pv_span unquoted(struct pv_span text, char room[NAME_ROOM])
{
	struct pv_writer w;
	text = pv_span_trim(text);
	if (!text.length || text.at[0] != '"')
		return text;
	pv_writer_init(&w, room, NAME_ROOM);
	for (size_t i = 1; i < text.length && text.at[i] != '"'; i++) {
		i += text.at[i] == '\\' && i + 1 < text.length;
		pv_put_char(&w, text.at[i]);
	}
	return pv_writer_span(&w);
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

/* All legs of a user by that name, of which `member` is the first. */
static void put_user(struct ptt *p, const struct ptt_room *room, const struct ptt_member *member,
	struct pv_writer *w)
{
	char room_for_name[NAME_ROOM];
	bool talks = false, waits = false;
	const struct ptt_member *leg = member;
	pv_put_text(w, "<user entity=\"");
	put_escaped(w, buffer_text(member->who, member->uri));
	pv_put_text(w, "\" state=\"full\">");
	put_element(w, "display-text",
		unquoted(buffer_text(member->who, member->display), room_for_name));
	for (; leg; leg = room_member_alike(p, room, member, leg)) {
		talks |= leg->is_talking;
		waits |= leg->position;
	}
	if (talks)
		pv_put_text(w, "<roles><entry>talker</entry></roles>");
	else if (waits)
		pv_put_text(w, "<roles><entry>waiting</entry></roles>");
	for (leg = member; leg; leg = room_member_alike(p, room, member, leg))
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
	while ((leg = room_member_alike(p, room, member, leg)) != member)
		if (leg->change > since)
			return false;
	return true;
}

static bool has_room(const struct pv_writer *w)
{
	return !w->overflow && (size_t)(w->end - w->at) > sizeof(ending);
}

/* He is in again, by the same name. */
static bool is_back(struct ptt *p, const struct ptt_room *room, const struct ptt_grave *grave)
{
	struct pv_span name = {grave->name.bytes, grave->name.length};
	const struct ptt_member *member = NULL;
	while ((member = room_member(p, room, ptt_name_hash(p, name), member)))
		if (pv_span_equal(buffer_text(member->who, member->uri),
			    (struct pv_span){grave->uri, grave->length}))
			return true;
	return false;
}

static void put_users(struct ptt *p, const struct ptt_room *room, bool is_full, uint64_t since,
	struct pv_writer *w)
{
	LIST_EACH(link, &room->members)
	{
		const struct ptt_member *member = container_of(link, struct ptt_member, link);
		const struct ptt_member *first = NULL;
		if (is_full || is_news(p, room, member, since))
			first = room_member_alike(p, room, member, NULL);
		const struct pv_writer before = *w;
		if (!first || (is_full && first != member))
			continue;
		put_user(p, room, first, w);
		if (!has_room(w))
			*w = before;
	}
	for (unsigned i = 0; !is_full && i < PTT_GRAVES; i++) {
		const struct ptt_grave *grave = &room->graves[i];
		const struct pv_writer before = *w;
		if (!grave->is_gone || grave->change <= since || is_back(p, room, grave))
			continue;
		pv_put_text(w, "<user entity=\"");
		put_escaped(w, (struct pv_span){grave->uri, grave->length});
		pv_put_text(w, "\" state=\"deleted\"/>\r\n");
		if (!has_room(w))
			*w = before;
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

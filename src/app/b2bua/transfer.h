/* SPDX-License-Identifier: Apache-2.0 */
/* transfer.h: dialogs that take the place of others (RFC 3891), and who is told to make them so
 * (RFC 3515). */
#ifndef APP_B2BUA_TRANSFER_H
#define APP_B2BUA_TRANSFER_H

#include "app/b2bua/leg.h"
#include "proxy/incoming.h"
#include "runtime/worker.h"

/* A dialog that is to be replaced, as a Replaces header names it (RFC 3891 §6.1). */
struct replaces {
	struct pv_span call_id, to_tag, from_tag;
	bool is_early_only;
};

/* What an INVITE with Replaces, or a REFER for one, is told about the leg of the phone that is to
 * replace it. */
struct replaced {
	bool is_there, has_path;
	bool is_over; /* it is not there, and was */
	bool rings;   /* its dialog is an early one that it did not begin */
	struct path path;
	struct pv_ref target, routes, name; /* in `text`; name: as its phone's Replaces has it */
	char text[4096];
};

static inline struct pv_span replaced_text(const struct replaced *replaced, struct pv_ref ref)
{
	return (struct pv_span){replaced->text + ref.at, ref.length};
}

/* The same, asked of the worker where that leg lives. Owner: whoever it was posted to. Lifetime:
 * until the answer is home. */
struct replaces_query {
	struct worker_task task;
	struct b2bua *asker;
	struct buffer *message; /* the request: the asker's, read by the other meanwhile */
	struct path from;
	struct replaced replaced;
};

/* ---- replaces.c ---- */
bool replaces_parse(struct pv_span value, struct replaces *ret);
/* The worker where the leg lives that is named; -1: nobody was ever told such a name. */
int replaces_home(struct b2bua *b, const struct replaces *replaces);
bool replaces_is_elsewhere(const struct b2bua *b, int home);
/* Of a leg that lives here. */
void replaces_look_up(struct b2bua *b, const struct replaces *replaces, struct replaced *ret);
/* Asks there; the request comes in once more, b2bua->answer says what is known. Until then there is
 * no transaction: it takes microseconds. False: no room. */
bool replaces_ask(struct b2bua *b, const struct incoming *incoming, unsigned home);
/* Of an INVITE with Replaces: as proxy_admit; b2bua->replaced is what its phone is to replace. */
bool replaces_admit(struct b2bua *b, struct incoming *incoming);
/* The bridge of that INVITE keeps what its phone is told. False: no room. */
bool replaces_keep(struct b2bua *b, struct bridge *bridge);

/* ---- refer.c: what a transfer says of the other leg ---- */
#define REFER_NAME_ROOM 1024
/* The Replaces that the URI in Refer-To asks for, its escapes undone into `text`. */
bool refer_read(const struct pv_message *refer, char text[REFER_NAME_ROOM], struct replaces *ret);
/* False when it waits for the answer of another worker, or was refused. */
bool refer_admit(struct b2bua *b, const struct incoming *incoming);
/* A part of a request, and what stands there for the other leg. */
struct refer_swap {
	struct pv_span old, now;
	char text[3 * REFER_NAME_ROOM];
};
/* False: it passes as it is. */
bool refer_find_swap(struct b2bua *b, const struct leg *from, const struct leg *to,
	const struct pv_message *request, struct refer_swap *ret);
/* A REFER goes to the leg: its numbers there and where it came from. */
void refer_note(struct leg *to, uint32_t asked, uint32_t sent);
/* And what the leg said to it (`response` NULL: nothing). */
void refer_answered(
	struct leg *to, uint32_t asked, unsigned status, const struct pv_message *response);
/* A NOTIFY of the leg that was referred went on. */
void refer_notified(struct leg *from, const struct pv_message *notify);
/* It was referred, and has not said what became of that. */
bool refer_is_owed(const struct leg *leg);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* message.h: what of a message goes on to the other leg, its description, and the bytes. */
#ifndef APP_B2BUA_MESSAGE_H
#define APP_B2BUA_MESSAGE_H

#include "app/b2bua/bridge.h"
#include "proxy/incoming.h"

/* ---- media.c: the call in the table, and its descriptions ---- */
void media_owner_init(struct b2bua *b);
/* As call_begin. */
int media_call_begin(struct b2bua *b, struct bridge *bridge, const struct incoming *incoming);
void media_call_end(struct b2bua *b, struct bridge *bridge, unsigned why, unsigned status);
/* A phone is called, or called once more: false: no room. */
bool media_begin(struct b2bua *b, struct leg *callee, const struct fork_request *request);
void media_end(struct b2bua *b, struct leg *callee);
/* A message passes that `sender` sent; `other` is the leg that it goes to. False: refused, or what
 * had to be in it is missing. */
struct passing {
	const struct leg *sender, *other;
	const struct pv_message *message;
	const struct path *source; /* NULL: as before */
	uint32_t asked_cseq;       /* a response: the number of the request that it answers, as its
				      asker counts */
};
/* A session description is in it, whatever else is. */
bool media_has_description(const struct pv_message *message);
bool media_pass(struct b2bua *b, const struct passing *passing, struct call_media_result *ret);
/* A request of `asker` will have no answer that passes. */
void media_failed(
	struct b2bua *b, const struct leg *asker, const struct leg *other, enum pv_method method);

/* ---- carry.c: what of a message goes on to the other leg ---- */
void carry_headers(struct b2bua *b, const struct pv_message *m, struct pv_writer *w);
/* A request without a body has headers that are for the other end, beyond those that refresh target
 * and session. */
bool carry_says_more(const struct pv_message *m);
/* Content-Length, the empty line and the body. */
void carry_body(
	const struct pv_message *m, const struct call_media_result *media, struct pv_writer *w);

/* ---- write.c: the bytes ---- */
struct outgoing {
	struct leg *leg;
	unsigned face; /* a caller's: the dialog that it is of; 0 = the leg's */
	enum pv_method method;
	uint32_t cseq;
	const struct pv_message *carried; /* NULL: nothing is */
	struct transaction *client;       /* NULL: ACK */
	struct path *to;
	struct pv_span reason;                 /* of a Reason header, or empty */
	struct pv_span rack;                   /* of a RAck header, or empty */
	const struct buffer *replaces;         /* the value of a Replaces header, or NULL */
	const struct session_terms *session;   /* Session-Expires and Min-SE; NULL: neither */
	struct pv_span body;                   /* a description of our own, or empty */
	const struct call_media_result *media; /* what becomes of the carried one; NULL: nothing */
};
/* NULL: no room, or no socket for that transport (ret_error). */
struct buffer *write_request(struct b2bua *b, const struct outgoing *outgoing, int *ret_error);
struct answer {
	struct leg *leg;
	const struct pv_message *request; /* that is answered ... */
	const struct path *from;          /* ... and came by this */
	unsigned status;
	const struct pv_message *carried;        /* the response of the other leg, or NULL */
	const struct session_terms *session;     /* of a 2xx; NULL: none */
	uint32_t rseq;                           /* 0 = none */
	unsigned face;                           /* the dialog that it is of; 0 = the leg's */
	const struct call_media_result *media;   /* as above */
	const struct call_media_result *refusal; /* of media, when that is the reason; or NULL */
};
struct buffer *write_response(struct b2bua *b, const struct answer *answer);

#endif

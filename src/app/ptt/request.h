/* SPDX-License-Identifier: Apache-2.0 */
/* request.h — requests of our own, and the bytes of all that we say. */
#ifndef APP_PTT_REQUEST_H
#define APP_PTT_REQUEST_H

#include "dialog/dialog.h"
#include "dialog/session.h"
#include "dialog/way.h"
#include "transaction/transaction.h"

struct ptt;
struct ptt_leg;
struct ptt_subscription;

enum ptt_request_kind {
	PTT_REQUEST_OF_LEG,
	PTT_REQUEST_OF_SUBSCRIPTION,
	PTT_REQUEST_ALONE, /* MESSAGE, outside of dialogs */
};

/* Owner: the worker. Lifetime: until its final answer, or that there is none. */
struct ptt_request {
	struct way way;
	struct ptt *ptt;
	uint64_t owner; /* leg or subscription */
	uint64_t client;
	struct dialog dialog; /* ALONE: what it is made of */
	uint64_t group;       /* ALONE: that its Contact names; 0: it has none */
	struct buffer *body;  /* or NULL */
	struct pv_span type;  /* of the body, constant */
	uint8_t kind;         /* enum ptt_request_kind */
	uint8_t method;       /* enum pv_method */
	uint8_t tries;
	bool is_refresh; /* of the session timer */
	bool is_probe;   /* OPTIONS: is it there? */
};

/* ---- request.c ---- */
struct ptt_request *request_new(
	struct ptt *p, enum ptt_request_kind kind, uint64_t owner, enum pv_method method);
void request_free(struct ptt *p, struct ptt_request *request);
/* Finds the way and sends; request_ended is told of the end. May free the request. */
void request_start(struct ptt *p, struct ptt_request *request);
struct ptt_leg *request_leg(struct ptt *p, const struct ptt_request *request);
struct ptt_subscription *request_subscription(struct ptt *p, const struct ptt_request *request);
/* To the next address, when this one is in trouble (RFC 3263 §4.3). False: there is none. */
bool request_failover(struct ptt *p, struct ptt_request *request);

/* ---- ended.c ---- */
/* A final response, or none (`response` NULL). Frees the request. */
void request_ended(struct ptt *p, struct ptt_request *request, unsigned status,
	const struct pv_message *response);

/* ---- write.c ---- */
struct ptt_outgoing {
	const struct dialog *dialog;
	enum pv_method method;
	uint32_t cseq;
	struct transaction *client; /* NULL: ACK */
	struct path *to;
	struct pv_span contact;          /* user part of a Contact of ours; empty: none */
	struct pv_span extra;            /* header lines */
	const struct session_wish *wish; /* INVITE, UPDATE: with a session timer, or NULL */
	const struct session_terms *session;
	struct pv_span type, body;
};
/* NULL: no room, or no socket for that transport. */
struct buffer *ptt_write_request(struct ptt *p, const struct ptt_outgoing *outgoing);
struct ptt_answer {
	const struct pv_message *request;
	const struct path *from;
	unsigned status;
	struct pv_span to_tag;
	struct pv_span contact;              /* user part; empty: none */
	const struct session_terms *session; /* NULL: none */
	struct pv_span extra;                /* header lines */
	struct pv_span type, body;
};
/* NULL: no room. */
struct buffer *ptt_write_response(struct ptt *p, const struct ptt_answer *answer);
/* Contact: the group at our address towards that one; nothing where we have none. */
void ptt_write_contact(
	struct ptt *p, struct pv_span group, const struct path *path, struct pv_writer *w);
/* Allow, Supported and Allow-Events. */
void ptt_write_abilities(struct pv_writer *w);
/* Answers statefully or, with server NULL, statelessly; a Warning where sdp_verdict is one. */
void ptt_reply(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from, unsigned status);
void ptt_refuse_sdp(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from, int verdict);
void ptt_reply_busy(struct ptt *p, struct transaction *server, const struct pv_message *request,
	const struct path *from);

#endif

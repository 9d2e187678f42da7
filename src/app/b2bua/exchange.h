/* SPDX-License-Identifier: Apache-2.0 */
/* exchange.h: a request on its way to a leg, carried or our own. */
#ifndef APP_B2BUA_EXCHANGE_H
#define APP_B2BUA_EXCHANGE_H

#include "app/b2bua/leg.h"
#include "app/b2bua/transfer.h"
#include "dialog/way.h"

/* A request on its way from one leg to the other, or one of our own. */
struct exchange {
	struct way way;
	struct b2bua *b2bua;
	uint64_t server, client; /* transactions; server 0: nobody waits for an answer */
	uint64_t from, to;       /* legs; from 0: it is ours */
	struct exchange_end {
		uint64_t first; /* as in struct leg, 0 = none */
		bool has_moved; /* as it was when this began */
	} from_end, to_end;
	struct buffer *message; /* what is carried or answered; NULL: there is nothing to carry */
	uint32_t cseq;          /* of that */
	struct path source;     /* that it came by */
	struct session_terms terms; /* what the asker will be told */
	struct {                    /* why the media could not be: what a refusal says */
		uint16_t status, retry_after;
		int sdp_verdict;
	} refusal;
	uint32_t rack;  /* PRACK: the number that its leg knows */
	uint32_t acks;  /* ACK: the number of an INVITE that is not the last; 0 = it is */
	uint8_t method; /* enum pv_method; OTHER: as `message` names it */
	uint8_t tries;
	bool is_refresh;  /* of the session timer; `message` is for the media alone */
	bool restores;    /* the same, and what was agreed on holds again, or the call ends */
	bool is_last;     /* the same, and it has met another already */
	bool is_question; /* whether it is still there */
};

/* ---- exchange.c ---- */
struct exchange *exchange_new(struct b2bua *b, enum pv_method method);
void exchange_free(struct b2bua *b, struct exchange *exchange);
/* A copy of what is carried or answered. False: no room. */
bool exchange_keep(struct b2bua *b, struct exchange *exchange, const struct pv_message *message);
/* The same with a part of it changed. */
bool exchange_keep_swapped(struct b2bua *b, struct exchange *exchange,
	const struct pv_message *message, const struct refer_swap *swap);
/* The legs that it goes between. */
void exchange_set_from(struct b2bua *b, struct exchange *exchange, const struct leg *from);
void exchange_set_to(struct b2bua *b, struct exchange *exchange, const struct leg *to);
/* Before anything is done: a dialog may have moved to another leg since (forked.c). */
void exchange_follow(struct b2bua *b, struct exchange *exchange);
/* Finds the way to its leg and sends; exchange_ended is told of the end. May free the exchange. */
void exchange_start(struct b2bua *b, struct exchange *exchange);
/* To the next address, when this one is in trouble (RFC 3263 §4.3). False: there is none. */
bool exchange_failover(struct b2bua *b, struct exchange *exchange);
/* The leg that says what it carries: who asked; the other end, whose description a refresh repeats.
 */
struct leg *exchange_speaker(struct b2bua *b, const struct exchange *exchange);
/* What it keeps, read again into the scratch message; NULL when it keeps nothing. */
const struct pv_message *exchange_message(struct b2bua *b, const struct exchange *exchange);
/* The bytes that answer its request, as the leg `from` hears it; `carried` (or NULL) is the
 * response of the leg `to`. NULL: no room; or, and `refusal` says why, what it describes cannot be.
 */
struct buffer *exchange_write(struct b2bua *b, struct exchange *exchange, unsigned status,
	struct leg *to, const struct pv_message *carried, uint32_t rseq);
/* The same, and sends them. A final response whose media cannot be becomes a refusal. False: what
 * was to be said did not go out. */
bool exchange_answer(struct b2bua *b, struct exchange *exchange, unsigned status, struct leg *to,
	const struct pv_message *carried, uint32_t rseq);
/* 487 to who asked: its dialog ends (RFC 3261 §15.1.2). What comes of it at the other leg is heard
 * by nobody. NULL is accepted. */
void exchange_terminate(struct b2bua *b, struct exchange *exchange);

/* ---- inside.c: requests inside dialogs ---- */
/* ---- ended.c: what becomes of them ---- */
/* A final response, or none (`response` NULL). Frees the exchange. */
void exchange_ended(struct b2bua *b, struct exchange *exchange, unsigned status,
	const struct pv_message *response);
/* A 2xx to an INVITE came again, or from another phone behind the same INVITE. */
void b2bua_late(struct b2bua *b, struct transaction *client, const struct pv_message *response);

/* ---- own.c: requests of our own ---- */
/* With what `carried` carries, or a Reason of our own. May free the leg. */
void own_bye(struct b2bua *b, struct leg *leg, const struct pv_message *carried);
/* For the 2xx of this leg, with what the other leg's ACK carries (NULL: nothing). Ends the call
 * when an answer in it is lost. */
void own_ack(struct b2bua *b, struct leg *leg, const struct pv_message *carried);
/* The same for an INVITE before the last, with nothing in it. */
void own_ack_again(struct b2bua *b, struct leg *leg, uint32_t cseq);
/* May end the call. */
void own_refresh(struct b2bua *b, struct leg *leg);
/* OPTIONS inside the dialog, to a leg that is not heard: it may be muted, or gone. */
void own_question(struct b2bua *b, struct leg *leg);
/* What the leg has just answered cannot be: the session goes on as it was (RFC 3261 §14.1). */
void own_restore(struct b2bua *b, struct leg *leg);
/* That met an INVITE of theirs (491): once more, a little later. */
void own_restore_later(struct b2bua *b, struct leg *leg);
/* A little later has come. May end the call. */
void own_restore_again(struct b2bua *b, struct leg *leg);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* session.h — session timers (RFC 4028): what is agreed on, and the machine that keeps it. */
#ifndef DIALOG_SESSION_H
#define DIALOG_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include <portavoz/message.h>
#include <portavoz/writer.h>

/* RFC 4028 §4: no smaller interval may be refused for another reason than being under 90 s. */
#define SESSION_LEAST_S 90
/* A day: who asks for more gets this, unless his Min-SE forbids to lower it so far (§9); and no
 * refresh of ours waits for longer than half of it, whatever was agreed on. An end that has gone
 * would be missed late. */
#define SESSION_MOST_S 86400

/* What we want. Seconds. */
struct session_wish {
	uint32_t interval_s; /* 0 = we ask for none */
	uint32_t least_s;    /* our Min-SE */
};

/* What two ends have agreed on. */
struct session_terms {
	uint32_t interval_s; /* 0 = no session timer */
	bool we_refresh;
	bool they_support; /* "timer" in Supported: they understand refresher and 422 */
};

/* Does `header` list `token`? Any case. */
bool session_lists(const struct pv_message *message, enum pv_header header, struct pv_span token);

/* Of a request that we answer (§9). 0; or the least interval that we would take (422). */
uint32_t session_terms_of_request(const struct session_wish *wish, const struct pv_message *request,
	struct session_terms *ret);
/* Of a 2xx to a request of ours (§7.2). `wish` is what the request said. Where the other end knows
 * no session timer we refresh all the same: an end that has gone is found out so. */
struct session_terms session_terms_of_response(
	const struct session_wish *wish, const struct pv_message *response);
/* Session-Expires and Min-SE of a request of ours (§7.1); `refresher` where the interval is agreed
 * already. */
void session_put_request(
	struct pv_writer *w, const struct session_wish *wish, const struct session_terms *agreed);
/* Session-Expires, and Require where §9 wants it, of a 2xx of ours. */
void session_put_response(struct pv_writer *w, const struct session_terms *terms);
/* Min-SE of a 422, in seconds; 0 when there is none. */
uint32_t session_min_se(const struct pv_message *message);

/* ---- session_machine.c ---- */
#define SESSION_STATES(ROW)                                    \
	ROW(OFF)                                               \
	ROW(OURS)   /* we refresh, at half of the interval */  \
	ROW(ASKING) /* our refresh is under way */             \
	ROW(AGAIN)  /* it was refused; once more in a while */ \
	ROW(THEIRS) /* they refresh; we watch that they do */  \
	ROW(OVER)   /* nobody refreshed: the dialog must end */

enum session_state {
#define ROW(name) SESSION_##name,
	SESSION_STATES(ROW)
#undef ROW
		SESSION_STATE_COUNT,
};

#define SESSION_EVENTS(ROW)                                               \
	ROW(AGREED_OURS) /* a 2xx to INVITE or UPDATE was sent or came */ \
	ROW(AGREED_THEIRS)                                                \
	ROW(AGREED_NONE)                                                  \
	ROW(ALARM)   /* what was armed is due */                          \
	ROW(END)     /* the interval is over but for its margin (§10) */ \
	ROW(REFUSED) /* our refresh got another answer than the next */   \
	ROW(FAILED)  /* 408, 481 or no answer: the dialog is dead (§10) */

enum session_event {
#define ROW(name) SESSION_EVENT_##name,
	SESSION_EVENTS(ROW)
#undef ROW
		SESSION_EVENT_COUNT,
};

/* Actions. */
#define SESSION_DISARM      0x01
#define SESSION_ARM_REFRESH 0x02 /* at half of the interval, or of a day */
#define SESSION_ARM_RETRY   0x04 /* SESSION_RETRY_S from now, or at the end when that is sooner */
#define SESSION_ARM_END     0x08 /* interval - min(32 s, interval / 3) (§10) */
#define SESSION_REFRESH     0x10 /* tell the user: send UPDATE or re-INVITE */
#define SESSION_GIVE_UP     0x20 /* tell the user: end the dialog */

#define SESSION_RETRY_S 10

struct session_cell {
	uint8_t next;
	bool live;
	uint8_t actions;
};

extern const struct session_cell session_cells[SESSION_STATE_COUNT][SESSION_EVENT_COUNT];
extern const char *const session_state_names[SESSION_STATE_COUNT];
extern const char *const session_event_names[SESSION_EVENT_COUNT];

/* Owner: its leg. Zeroed memory is a timer that is off. */
struct session_timer {
	uint8_t state;
	struct session_terms terms;
	uint32_t least_s;      /* the Min-SE that the other end asked for with 422; 0 = none */
	uint64_t refreshed_ms; /* when it was agreed on last */
	uint64_t alarm_ms;     /* when session_due is to be asked; UINT64_MAX or 0 = never */
};

/* Performs the cell; answers SESSION_REFRESH or SESSION_GIVE_UP where the user must act, else 0. */
unsigned session_step(struct session_timer *timer, enum session_event event, uint64_t now_ms);
/* A 2xx to an INVITE or UPDATE was sent or came with these terms. */
void session_agree(struct session_timer *timer, const struct session_terms *terms, uint64_t now_ms);
/* alarm_ms has come. As session_step. */
unsigned session_due(struct session_timer *timer, uint64_t now_ms);
/* When the dialog is dead unless somebody refreshes. */
uint64_t session_end_ms(const struct session_timer *timer);
/* How long who met another's re-INVITE waits, at random in units of 10 ms (RFC 3261 §14.1): longer
 * where the Call-ID is ours. */
uint32_t session_glare_ms(bool is_ours);
/* Our refresh met a request of theirs (491): once more when that is over. */
void session_glare(struct session_timer *timer, bool is_ours, uint64_t now_ms);
/* What we want of this end: an interval of `interval_s` (0 = none), or the least that it takes. */
struct session_wish session_wish_of(const struct session_timer *timer, uint32_t interval_s);
/* §7.4: a final response of theirs. True: it is a 422, and `timer` wants what it asks for: the
 * request may be sent once more. */
bool session_lengthen(struct session_timer *timer, const struct pv_message *response);

#endif

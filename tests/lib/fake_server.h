/* SPDX-License-Identifier: Apache-2.0 */
/* fake_server.h — the whole SIP server of one worker on the fake net and clock, for scripts. */
#ifndef TESTS_FAKE_SERVER_H
#define TESTS_FAKE_SERVER_H

#include "app/dispatch.h"
#include "call/call_media.h"
#include "lib/fake_media.h"
#include "lib/scenario.h"

/*
 * Domain example.test, our address 192.0.2.1 and 2001:db8::1; users alice, bob and carol, whose
 * passwords are "secret". Nobody is challenged at first. A script's own commands:
 *
 *   challenge all|register|none, strangers users|reject, targets N (most of one request)
 *   register USER URI [q=700] [path=ROUTES] [instance=ID] [reg=1] [nat=PATH] [flow=PATH]
 *                              a binding; nat: behind NAT, reached there; flow: came by that path
 *   unregister USER
 *   name HOST PATH ...         what HOST resolves to, when "resolve" is said
 *   login USER METHOD URI LABEL [password=]   {credentials} now answer the challenge of LABEL
 *                              ({large} is 1,400 bytes, {instance} a quoted URN)
 *   {sdp HOST:PORT ...}        a description with audio there; more words: a direction, "pt:8,101",
 *                              "video:PORT", "v:N" (version of o=), "mux", "savp", "fax", "more:N"
 *                              (audio m-lines), "floor:PORT" (MCPTT), "level:N" (RFC 6464); 101 and
 * 110 are telephone-event/8000 and /48000, 111 is opus {end}                      the end of a line
 *   raw FROM TEXT              the text's bytes come in, "|" standing for CRLF
 *   again LABEL                what was sent comes in, from ourselves
 *   elsewhere FROM TEXT CLAIM  the same where it is not at home; what is claimed: home, here, drop
 *   failstream PORT            sends to PORT fail, by streams alone
 *   forks N                    how many must be open now
 *   relay always|auto|never    never at first
 *   ports N                    most media sessions at once
 *   codecs NAME ...            media.codecs
 *   hold S                     media.hold_timeout for calls without media; none at first
 *   limits MAX_CALLS PER_USER
 *   calls N, sessions N        how many must be open now
 *   media N key=value ...      the N-th session ever taken, from 0: caller=, callee= where its ends
 *                              are sent to ("none"), blind=caller|callee|none,
 *                              known=both|caller|callee|none (whose signalling),
 *                              watch=early|talk|held, offers=A,B (numbers of both ends),
 *                              from=, to= how caller and callee speak where it is transcoded:
 *                              "PCMU:0:101" (codec, its number, that of its events), "none";
 *                              from_foreign=, to_foreign= what each may send beside that, or beside
 *                              what is passed, and the other does not know: "PCMA:8,G722:9", "none"
 *   transcoders N              most transcoded sessions at once; reserved N: how many must be
 *   silent N, heard N          the relay says so of that session
 *   late N silent|heard        it says both at once, and the report the last of them
 *   missing N caller|callee|none  that side is not heard, and the other one is
 *   oneway N                   calls in progress that were so
 *   hangup [newest]            the operator's, of the oldest call
 *   farewell                   the process is about to end
 *   b2bua [duration=S] [sessions=S]   calls.mode = "b2bua" from now on; calls last 600 s at most,
 *                              no session timer is asked for
 *   redirects follow|pass      calls.redirects
 *   legs N                     how many dialogs of ours there must be now
 *   group NAME [key=value ...] a group from now on, in place of one of that name (a reload):
 * members=a,b (alice,bob,carol), floor=open, triggers=dtmf,rtcp,..., legs=, max=, broadcast=yes,
 * duration=S (600; 0: no end), listen=a,b, call_out=a,b, codecs=PCMU,G722, priority=N, when=open (a
 * reload while the roster is asked by the one who opens a group) ungroup NAME [when=open]    it is
 * gone ptt sessions=S             a session timer is asked for member N key=value ...     the N-th
 * leg that ever joined, from 0: rtp=, floor= where it is sent to
 *                              ("none"), codec= as of media, sends=, receives=, talks=,
 * muted=, emergency=yes|no, known=yes|no (where it signals from), priority=, terms= "queueing
 * priority=5 request", changes=N members N, rooms N how many there must be now, of media; called N
 * how many phones were called out talk NAME|none [wait=NAME] who has the floor: members by user
 * name answer N OUTCOME [position=N] [talker=URI] [by=invite]   to the last press of the N-th, or
 * to what its INVITE asked for leg tell N silent|again|closed the relay says so of that leg; idle:
 * of the group act grant|revoke|mute|kick NAME USER         as the control interface has it
 */
struct fake_server {
	struct scenario scenario;
	struct transaction_layer *transactions;
	struct registry *registry;
	struct domains *own;
	struct user_table *users;
	struct auth *auth;
	struct media media;
	struct call_shared shared;
	struct calls *calls;
	struct calls_settings settings;
	char sdp[2048];
	struct proxy *proxy;
	struct registrar *registrar;
	struct b2bua *b2bua;
	struct b2bua_config b2bua_config;
	struct ptt *ptt;
	uint64_t called_before; /* phones, by the scripts before */
	struct ptt_config ptt_config;
	struct fake_groups *groups, *groups_later; /* fake_server_ptt.c */
	struct dispatch dispatch;
	char credentials[512];
	unsigned logins;
	uint32_t cseq;
};

/* `transactions` = limits.transactions, 0 = ample. T1 500 ms, T2 4 s, T4 5 s, C 3 min. */
void fake_server_init(struct fake_server *server, uint32_t transactions);
/* Lets everything end by itself: names are answered, twenty minutes pass. */
void fake_server_settle(struct fake_server *server);
/* What was not given back: transactions, forks, resolves, buffers or timers; NULL = nothing. */
const char *fake_server_leak(const struct fake_server *server);
/* Settles, and aborts the test when something leaked. */
void fake_server_finish(struct fake_server *server);
void fake_server_done(struct fake_server *server);

#endif

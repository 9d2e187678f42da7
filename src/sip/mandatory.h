/* SPDX-License-Identifier: Apache-2.0 */
/* mandatory.h — the header fields that every message has; internal to this floor. */
#ifndef SIP_MANDATORY_H
#define SIP_MANDATORY_H

#include <portavoz/message.h>

/* Sets the message's verdict unless it has one. */
void message_blame(struct pv_message *m, enum pv_verdict verdict);

/* Parses the topmost Via, From, To, Call-ID, CSeq and Max-Forwards (§8.1.1), each once. */
void message_check_mandatory(struct pv_message *m);

#endif

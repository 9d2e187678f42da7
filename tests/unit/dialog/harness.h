/* SPDX-License-Identifier: Apache-2.0 */
/* harness.h — a buffer pool and messages for the tests of this folder. */
#ifndef TESTS_DIALOG_HARNESS_H
#define TESTS_DIALOG_HARNESS_H

#include <stdio.h>

#include "base/slab.h"
#include "dialog/dialog.h"
#include "lib/testing.h"

static struct buffer_pool pool __attribute__((unused));
static struct pv_message message;
static char message_text[4096];

/* A message with these lines, each ended by CRLF, between the usual ones. */
static inline const struct pv_message *parsed(const char *start, const char *lines)
{
	int length = snprintf(message_text, sizeof(message_text),
		"%s\r\nVia: SIP/2.0/UDP 10.0.0.2;branch=z9hG4bK-1\r\n"
		"From: \"A\" <sip:alice@example.test;x=y>;tag=a;p=q\r\n"
		"To: sip:bob@example.test;tag=b\r\nCall-ID: c1\r\n%s\r\n",
		start, lines);
	ck_assert_int_gt(pv_message_parse(&message, message_text, (size_t)length, true), 0);
	return &message;
}

static inline void assert_span(struct pv_span span, const char *expected)
{
	ck_assert_msg(pv_span_equal(span, pv_span_of(expected)), "\"%.*s\" is not \"%s\"",
		PV_SPAN_PRINT(span), expected);
}

#endif

/* SPDX-License-Identifier: Apache-2.0 */
/* fuzz.h — what a fuzz target may use: a check that is never compiled away, and spans that must lie
 * in the input. */
#ifndef TESTS_FUZZ_H
#define TESTS_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include <portavoz/message.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(condition)                                                                 \
	do {                                                                            \
		if (!(condition)) {                                                     \
			fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
			abort();                                                        \
		}                                                                       \
	} while (0)

/* An empty span may be anywhere; any other lies inside `whole`. */
static inline void must_be_within(struct pv_span span, struct pv_span whole)
{
	MUST(span.length == 0 || (span.at >= whole.at && pv_span_end(span) <= pv_span_end(whole)));
}

static inline void via_must_be_within(const struct pv_via *via, struct pv_span whole)
{
	must_be_within(via->protocol, whole);
	must_be_within(via->host, whole);
	must_be_within(via->branch, whole);
	must_be_within(via->received, whole);
	must_be_within(via->maddr, whole);
	must_be_within(via->params, whole);
	must_be_within(via->whole, whole);
	MUST(!via->has_rport ||
		(via->rport.at >= whole.at && pv_span_end(via->rport) <= pv_span_end(whole)));
}

static inline void address_must_be_within(const struct pv_address *address, struct pv_span whole)
{
	must_be_within(address->display, whole);
	must_be_within(address->uri, whole);
	must_be_within(address->params, whole);
	must_be_within(address->whole, whole);
}

#endif

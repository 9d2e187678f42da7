/* SPDX-License-Identifier: Apache-2.0 */
/* lib.h — a registry on a fake clock, and short words to fill it. */
#ifndef TESTS_REGISTRY_LIB_H
#define TESTS_REGISTRY_LIB_H

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "registry/registry.h"

#define START_MS 1000000u

static struct fake_clock fake;
static struct registry *registry;
static struct registry_binding found[REGISTRY_CONTACTS];
static char found_text[REGISTRY_TEXT_ALL];

static inline void open_registry(uint32_t capacity, uint32_t max_contacts, uint32_t shards)
{
	struct registry_config config = {
		.capacity = capacity, .max_contacts = max_contacts, .shards = shards};
	fake_clock_init(&fake, START_MS);
	ck_assert_int_eq(registry_new(&registry, &config, &fake.clock), 0);
}

static inline uint64_t now_ms(void)
{
	return clock_now_ms(&fake.clock);
}

/* A plain binding for `seconds`. */
static inline struct registry_change set(const char *contact, uint32_t seconds)
{
	return (struct registry_change){.binding = {.contact = pv_span_of(contact),
						.q = 1000,
						.expires_ms = now_ms() + seconds * 1000ull}};
}

static inline struct registry_change unset(const char *contact)
{
	return (struct registry_change){
		.binding = {.contact = pv_span_of(contact)}, .remove = true};
}

/* One of an instance's flows. */
static inline struct registry_change set_flow(
	const char *contact, const char *instance, uint32_t reg_id, uint64_t flow)
{
	struct registry_change change = set(contact, 3600);
	change.binding.instance = pv_span_of(instance);
	change.binding.reg_id = reg_id;
	change.binding.received.flow = flow;
	return change;
}

static inline int update(
	const char *aor, struct registry_change change, uint64_t call_id, uint32_t cseq)
{
	return registry_update(registry, pv_span_of(aor), &change, 1, false, call_id, cseq);
}

static inline int lookup(const char *aor)
{
	return registry_lookup(registry, pv_span_of(aor), found, REGISTRY_CONTACTS, found_text,
		sizeof(found_text));
}

static inline struct registry_counts counts(void)
{
	struct registry_counts ret;
	registry_counts(registry, &ret);
	return ret;
}

/* "contact contact ..." in the order of the lookup. */
static inline const char *contacts(const char *aor)
{
	static char line[8192];
	int count = lookup(aor);
	line[0] = 0;
	for (int i = 0; i < count; i++)
		snprintf(line + strlen(line), sizeof(line) - strlen(line), "%s%.*s", i ? " " : "",
			PV_SPAN_PRINT(found[i].contact));
	return line;
}

#endif

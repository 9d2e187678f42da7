/* SPDX-License-Identifier: Apache-2.0 */
/* users_build.c — users checked and put into the pool of a table that is being made. */
#include "auth/users_build.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "auth/users_record.h"
#include "base/macros.h"

#define ERRORS_TOLD 50

void user_builder_tell(struct user_builder *builder, enum user_severity severity,
	struct user_origin origin, const char *format, ...)
{
	const struct user_report *report = builder->report;
	char text[320];
	va_list values;

	builder->errors += severity == USER_ERROR;
	if (!report || !report->tell || builder->errors > ERRORS_TOLD)
		return;
	va_start(values, format);
	vsnprintf(text, sizeof(text), format, values);
	va_end(values);
	report->tell(report->context, severity, origin.file, origin.line, text);
	if (builder->errors == ERRORS_TOLD && severity == USER_ERROR)
		report->tell(report->context, severity, origin.file, 0,
			"that is enough, further mistakes are not listed");
}

/* What cannot stand in a user name: controls, and the colon that separates it from the realm. */
static bool is_clean(struct pv_span text, bool is_name)
{
	for (size_t i = 0; i < text.length; i++) {
		unsigned char c = (unsigned char)text.at[i];
		if (c < 0x20 || c == 0x7f || (is_name && c == ':'))
			return false;
	}
	return true;
}

static const char *fault_of(const struct user_draft *draft)
{
	bool hashed = false;

	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++)
		hashed = hashed || draft->ha1[i].length;
	if (!draft->name.length)
		return "a user without a name";
	if (draft->name.length > USER_NAME_MAX || draft->display.length > USER_NAME_MAX)
		return "a name is longer than 255 bytes";
	if (!is_clean(draft->name, true))
		return "the name has a control character or a colon";
	if (!is_clean(draft->display, false))
		return "the display name has a control character";
	if (draft->priority > 255)
		return "the priority is over 255";
	if (hashed && draft->password.length)
		return "password and ha1 at once";
	if (!hashed && !draft->password.length)
		return "neither password nor ha1";
	return NULL;
}

static int digit_of(char c)
{
	unsigned char lower = pv_lower((unsigned char)c);

	if (pv_is_digit(c))
		return c - '0';
	return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

static bool parse_ha1(struct pv_span text, size_t size, uint8_t *ret)
{
	text = pv_span_trim(text);
	if (text.length != 2 * size)
		return false;
	for (size_t i = 0; i < size; i++) {
		int high = digit_of(text.at[2 * i]), low = digit_of(text.at[2 * i + 1]);
		if (high < 0 || low < 0)
			return false;
		ret[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* Room in the pool for one more record, and for its row in `made`. */
static bool reserve(struct user_builder *builder, size_t size)
{
	if (builder->pool_used + size > UINT32_MAX - 1)
		return false;
	if (builder->pool_used + size > builder->pool_room) {
		size_t room = MAX(2 * builder->pool_room, (size_t)4096);
		uint8_t *pool = realloc(builder->pool, room);
		if (!pool)
			return false;
		builder->pool = pool;
		builder->pool_room = room;
	}
	if (builder->made_count == builder->made_room) {
		uint32_t room = MAX(2 * builder->made_room, 64u);
		void *made = realloc(builder->made, room * sizeof(*builder->made));
		if (!made)
			return false;
		builder->made = made;
		builder->made_room = room;
	}
	return true;
}

/* The HA1s that are wanted, one behind the other in the order of enum pv_algorithm. */
static bool put_ha1s(struct user_builder *builder, const struct user_draft *draft,
	struct user *user, size_t *used)
{
	const struct user_table_config *config = builder->config;
	unsigned wanted = 0;

	for (uint32_t i = 0; i < config->algorithm_count; i++)
		wanted |= 1u << config->algorithms[i];
	for (unsigned i = 0; i < PV_ALGORITHM_COUNT; i++) {
		const struct pv_hash *hash = &builder->hashes[i];
		uint8_t ha1[PV_HASH_MAX];
		if (draft->ha1[i].length && !parse_ha1(draft->ha1[i], hash->size, ha1)) {
			user_builder_tell(builder, USER_ERROR, draft->origin,
				"the ha1 for %.*s must be %zu hexadecimal digits",
				PV_SPAN_PRINT(pv_algorithm_text((enum pv_algorithm)i)),
				2 * hash->size);
			return false;
		}
		if (!(wanted & 1u << i) || !(draft->ha1[i].length || draft->password.length))
			continue;
		if (draft->password.length)
			pv_digest_ha1(hash, draft->name, config->realm, draft->password, ha1);
		memcpy(user->bytes + *used, ha1, hash->size);
		*used += hash->size;
		user->ha1_mask |= (uint8_t)(1u << i);
	}
	if (wanted & builder->available & ~user->ha1_mask)
		user_builder_tell(builder, USER_WARNING, draft->origin,
			"user \"%.*s\" has no ha1 for every algorithm of auth.algorithms: what he "
			"lacks is offered to nobody",
			PV_SPAN_PRINT(draft->name));
	builder->available &= user->ha1_mask;
	return true;
}

void user_builder_add(struct user_builder *builder, const struct user_draft *draft)
{
	const char *fault = fault_of(draft);

	if (fault) {
		user_builder_tell(builder, USER_ERROR, draft->origin, "%s", fault);
		return;
	}
	if (!reserve(builder, USER_RECORD_MAX)) {
		builder->out_of_memory = true;
		return;
	}
	struct user *user = (struct user *)(builder->pool + builder->pool_used);
	size_t used = 0;
	*user = (struct user){
		.name_length = (uint8_t)draft->name.length,
		.display_length = (uint8_t)draft->display.length,
		.priority = (uint8_t)draft->priority,
	};
	if (!put_ha1s(builder, draft, user, &used))
		return;
	memcpy(user->bytes + used, draft->name.at, draft->name.length);
	used += draft->name.length;
	if (draft->display.length)
		memcpy(user->bytes + used, draft->display.at, draft->display.length);
	builder->made[builder->made_count].offset = (uint32_t)builder->pool_used;
	builder->made[builder->made_count].origin = draft->origin;
	builder->made_count++;
	builder->pool_used += user_record_size(user);
}

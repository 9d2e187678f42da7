/* SPDX-License-Identifier: Apache-2.0 */
/* json.h — writes JSON to a stream: commas and escapes are its business. */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <portavoz/span.h>

/* Owner: the caller. Start from {out}. */
struct json {
	FILE *out;
	bool comma; /* the next value needs one before it */
};

/* In an object each value has a name; in an array, and at the top, it is NULL. */
void json_object(struct json *json, const char *name);
void json_object_end(struct json *json);
void json_array(struct json *json, const char *name);
void json_array_end(struct json *json);
void json_text(struct json *json, const char *name, const char *text);
/* Bytes of strangers: what is no UTF-8 becomes U+FFFD. */
void json_span(struct json *json, const char *name, struct pv_span text);
void json_number(struct json *json, const char *name, uint64_t value);
void json_signed(struct json *json, const char *name, int64_t value);
void json_fraction(struct json *json, const char *name, double value); /* three decimals */
void json_bool(struct json *json, const char *name, bool value);

#endif

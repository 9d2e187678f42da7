/* SPDX-License-Identifier: Apache-2.0 */
/* notify.h — telling systemd how we are; one of two files implements it. */
#ifndef PORTAVOZ_DAEMON_NOTIFY_H
#define PORTAVOZ_DAEMON_NOTIFY_H

#include <stdint.h>

/* All do nothing where nobody listens. Main thread. */
void notify_ready(const char *status);
void notify_reloading(uint64_t now_us);
void notify_stopping(void);
void notify_alive(void);

/* How often notify_alive is awaited, in ms; 0: never. */
uint64_t notify_watchdog_ms(void);

#endif

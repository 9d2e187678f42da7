/* SPDX-License-Identifier: Apache-2.0 */
/* pin.h: binds the calling thread to one core. */
#ifndef RUNTIME_PIN_H
#define RUNTIME_PIN_H

/* 0, or -errno: -EINVAL when the core does not exist or may not be used by this process. */
int pin_thread(unsigned core);

#endif

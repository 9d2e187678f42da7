/* SPDX-License-Identifier: Apache-2.0 */
/* reason.h: why the kernel does not take the program, in words. */
#ifndef MEDIA_FASTPATH_REASON_H
#define MEDIA_FASTPATH_REASON_H

/* Of a load or an attachment that returned -errno, by this thread, just now. */
const char *fastpath_reason(int error);

#endif

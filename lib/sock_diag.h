/*
 * Questions to the kernel about sockets (NETLINK_SOCK_DIAG), which anybody may ask; sockets of
 * other network namespaces are not told about.
 */
#ifndef SOCK_DIAG_H
#define SOCK_DIAG_H

#include <stddef.h>
#include <stdint.h>

/* Told each answer: the fixed part and what follows it.  Aligned as netlink(7) has it. */
typedef void sock_diag_take(void *context, const void *message, size_t len);

/*
 * Asks one question, and waits for all answers.
 * type: SOCK_DIAG_BY_FAMILY, or TCPDIAG_GETSOCK, which lists both families of addresses.
 * list: 1 for every socket that the question describes, 0 for the very one that it names.
 * question, len: the fixed part, at most 64 bytes.
 * Returns how many answers there were, or -FCGI_E_SYSTEM with errno: ENOENT when the socket that is
 * named is not there, or the kernel does not know the question.
 */
int sock_diag_ask(uint16_t type, int list, const void *question, size_t len, sock_diag_take *take,
    void *context);

/*
 * Finds an attribute behind the fixed part of an answer.
 * message, message_len: as told.  fixed_len: bytes of the fixed part.
 * Returns its value with *len set, or NULL when it is not there.
 */
const void *sock_diag_attribute(const void *message, size_t message_len, size_t fixed_len,
    uint16_t type, size_t *len);

#endif

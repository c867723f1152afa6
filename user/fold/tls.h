/* SPDX-License-Identifier: MIT */
/*
 * What the records of one TLS connection mean together: is the handshake over, how, and which marks
 * are the best known. Judging changes nothing, so the order in which records came does not matter.
 */
#pragma once

#include "user/fold/pending.h"
#include "user/fold/record.h"

enum cs_judgement {
    CS_JUDGED_OPEN,
    CS_JUDGED_WAIT,   /* over for the wire; SSL_do_handshake may be about to return */
    CS_JUDGED_UPROBE, /* connected: SSL_do_handshake said so */
    CS_JUDGED_WIRE,   /* connected: the end rule held, and nothing better is to come */
    CS_JUDGED_BLIND,  /* connected as far as anyone knows: capture ended before the end rule */
    CS_JUDGED_BROKEN, /* failed or aborted */
    CS_JUDGED_PLAIN,  /* not TLS after all */
};

/* UINT64_MAX as `now_ns`: all waiting is over. Never WAIT then. */
enum cs_judgement cs_tls_judge(const struct cs_pending *pending, uint64_t now_ns);

/*
 * Fills outcome, error, instants and record->tls by a judgement other than WAIT and PLAIN; the
 * facts are the caller's. OPEN is told as unfinished at `now_ns`.
 */
void cs_tls_tell(const struct cs_pending *pending, enum cs_judgement judgement, uint64_t now_ns,
                 struct cs_record *record);

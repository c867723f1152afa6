/* SPDX-License-Identifier: MIT */
/* Library and wire, both heard about one handshake: do their marks agree? */
#include "user/fold/tls.h"

#include <criterion/criterion.h>

#include "tests/harness/capture.h"
#include "tests/harness/events.h"

#define HELLO    (EV_START + 31 * MS)
#define ANSWER   (EV_START + 40 * MS)
#define FINISHED (EV_START + 50 * MS)

static struct cs_record told(enum cs_role role, uint64_t begin_ns, uint64_t returned_ns)
{
    struct cs_event_connection connection = ev_connection(1, HELLO, CS_REASON_TLS);
    struct capture run;
    struct cs_record record;

    capture_open(&run, 0);
    connection.facts.role = role;
    GIVE(&run, connection);
    GIVE(&run, ev_bind(1, HELLO, begin_ns));
    GIVE(&run, ev_chunk(1, HELLO, STEP_CLIENT_HELLO));
    GIVE(&run, ev_chunk(1, ANSWER, STEP_SERVER_HELLO));
    GIVE(&run, ev_chunk(1, ANSWER, STEP_SERVER_FLIGHT));
    GIVE(&run, ev_chunk(1, FINISHED, STEP_CLIENT_FINISHED));
    GIVE(&run, ev_handshake(1, returned_ns));
    cr_assert_eq(run.count, 1);
    record = run.records[0];
    capture_close(&run);
    cr_expect_eq(record.tls.start_ns, begin_ns);
    cr_expect_eq(record.tls.end_ns, returned_ns);
    return record;
}

Test(marks, agree_within_5_ms)
{
    cr_expect_not(told(CS_ROLE_CLIENT, HELLO - 5 * MS, FINISHED + 5 * MS).tls.marks_disagree);
}

Test(marks, a_hello_that_had_to_wait_is_said)
{
    cr_expect(told(CS_ROLE_CLIENT, HELLO - 5 * MS - 1, FINISHED + 1).tls.marks_disagree);
}

Test(marks, a_return_long_after_the_end_is_said)
{
    cr_expect(told(CS_ROLE_CLIENT, HELLO, FINISHED + 5 * MS + 1).tls.marks_disagree);
}

Test(marks, a_server_may_wait_for_its_client)
{
    cr_expect_not(told(CS_ROLE_SERVER, HELLO - 20 * MS, FINISHED + 1).tls.marks_disagree);
}

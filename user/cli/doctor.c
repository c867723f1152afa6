/* SPDX-License-Identifier: MIT */
/* Runs the library's diagnosis and lays it out for a reader. doctor_json.c is for scripts. */
#include "user/cli/doctor.h"

#include <connspan/version.h>
#include <string.h>
#include <unistd.h>

#include "user/cli/console.h"
#include "user/cli/exit.h"
#include "user/cli/terminal.h"

#define GREEN  "\033[32m"
#define RED    "\033[31m"
#define NORMAL "\033[0m"
#define INDENT 34

/* Paths come from containers: they must not steer the terminal. */
static void print_plain(FILE *to, const char *text)
{
    for (; *text; text++)
        putc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, to);
    putc('\n', to);
}

static void print_hint(FILE *to, const char *title, const char *text)
{
    if (!*text)
        return;
    fprintf(to, "%*s%s: ", INDENT, "", title);
    print_plain(to, text);
}

static void print_finding(FILE *to, const struct connspan_finding *finding, bool colour)
{
    const char *tint = !colour ? "" : finding->works ? GREEN : RED;

    fprintf(to, "  %-12s%-16s%s%s%s", finding->name, finding->rung, tint,
            finding->works ? "ok" : "no", colour ? NORMAL : "");
    if (finding->used)
        fprintf(to, ", used");
    if (*finding->reason)
        fprintf(to, ": ");
    print_plain(to, finding->reason);
    print_hint(to, "lost", finding->lost);
    print_hint(to, "cure", finding->cure);
}

void cs_doctor_text(FILE *to, const struct connspan_diagnosis *diagnosis, bool colour)
{
    fprintf(to, "connspan %s on Linux %s: this host can%s be traced\n\n", CONNSPAN_VERSION,
            diagnosis->kernel, diagnosis->traceable ? "" : "not");
    for (size_t i = 0; i < diagnosis->finding_count; i++)
        print_finding(to, &diagnosis->findings[i], colour);
    fprintf(to, "\nTLS libraries found: %zu\n", diagnosis->library_count);
    for (size_t i = 0; i < diagnosis->library_count; i++) {
        fprintf(to, "  ");
        print_plain(to, diagnosis->libraries[i]);
    }
}

int cs_doctor(const struct cs_options *options)
{
    struct cs_console console = {.quiet = options->quiet, .verbosity = options->verbosity};
    struct connspan_diagnosis *diagnosis;
    bool traceable;

    if (connspan_diagnose(cs_console_log, &console, &diagnosis))
        return CS_EXIT_FAILED;
    if (options->json)
        cs_doctor_json(stdout, diagnosis);
    else
        cs_doctor_text(stdout, diagnosis, cs_terminal_colour(STDOUT_FILENO));
    traceable = diagnosis->traceable;
    connspan_diagnosis_free(diagnosis);
    return traceable ? CS_EXIT_OK : CS_EXIT_UNTRACEABLE;
}

/* SPDX-License-Identifier: MIT */
/* `connspan doctor`: what works on this host, what is lost and how to get it. */
#pragma once

#include <connspan/doctor.h>
#include <stdio.h>

#include "user/cli/options.h"

/* The exit status: 0 traceable, 3 not. */
int cs_doctor(const struct cs_options *options);

/* The same facts in two forms. */
void cs_doctor_text(FILE *to, const struct connspan_diagnosis *diagnosis, bool colour);
void cs_doctor_json(FILE *to, const struct connspan_diagnosis *diagnosis);

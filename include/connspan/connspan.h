/* SPDX-License-Identifier: MIT */
/*
 * All of libconnspan in one include. examples/minimal.c is the shortest whole program.
 */
#pragma once

#include <connspan/doctor.h>
#include <connspan/entry.h>
#include <connspan/error.h>
#include <connspan/listener.h>
#include <connspan/observer.h>
#include <connspan/report.h>
#include <connspan/timeline.h>
#include <connspan/tracer.h>
#include <connspan/version.h>
#include <connspan/writer.h>

/* SPDX-License-Identifier: MIT */
/* Completions for bash, zsh and fish, made from the option and command rows. */
#pragma once

#include <stdio.h>

void cs_completion_bash(FILE *to);
void cs_completion_zsh(FILE *to);
void cs_completion_fish(FILE *to);

#!/bin/sh
# For cron, a timer or a pipeline: fails where reality differs from what was applied, and tells how.
set -eu
strata drift --detailed-exitcode

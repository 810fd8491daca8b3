// SPDX-License-Identifier: Apache-2.0
#pragma once

// Secrets that carry a plan to a machine and its results back, with the type and keys of rancher/system-agent, so that
// its agent could serve the same Secret. The name of the Secret is that of the MachineInventory.
namespace cairn::api::plan_secret {

inline constexpr char kType[] = "elemental.cattle.io/plan";

// Written by the operator.
inline constexpr char kPlan[] = "plan";                                // the document, JSON
inline constexpr char kMaxFailures[] = "max-failures";                 // decimal; missing or -1: no bound
inline constexpr char kProbePeriodSeconds[] = "probe-period-seconds";  // decimal; missing: 5

// Written with the results. A checksum is the SHA-256 of the plan's bytes, lower-case hex.
inline constexpr char kAppliedChecksum[] = "applied-checksum";
inline constexpr char kFailedChecksum[] = "failed-checksum";
inline constexpr char kAppliedOutput[] = "applied-output";  // gzip of a JSON object, name to output; so are the others
inline constexpr char kFailedOutput[] = "failed-output";
inline constexpr char kAppliedPeriodicOutput[] = "applied-periodic-output";
inline constexpr char kFailureCount[] = "failure-count";     // decimal
inline constexpr char kSuccessCount[] = "success-count";     // decimal
inline constexpr char kLastApplyTime[] = "last-apply-time";  // as date(1) has it: "Mon Jan  2 15:04:05 UTC 2006"
inline constexpr char kProbeStatuses[] = "probe-statuses";   // JSON: name to {healthy, successCount, failureCount}

// Values of annotation::kPlanType.
inline constexpr char kEmptyPlan[] = "empty";
inline constexpr char kBootstrapPlan[] = "bootstrap";
inline constexpr char kResetPlan[] = "reset";

}  // namespace cairn::api::plan_secret

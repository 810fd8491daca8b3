// SPDX-License-Identifier: Apache-2.0
#pragma once

// Groups, labels, annotations and finalizers of our kinds. Those of elemental.cattle.io are Elemental's and mean the
// same.
namespace cairn::api {

inline constexpr char kElementalGroup[] = "elemental.cattle.io";
inline constexpr char kElementalVersion[] = "v1beta1";
inline constexpr char kCairnGroup[] = "cairn.dev";
inline constexpr char kCairnVersion[] = "v1alpha1";
inline constexpr char kCategory[] = "cairn";  // `kubectl get cairn` lists all of our kinds

inline constexpr char kElementalPrefix[] = "elemental.cattle.io/";
inline constexpr char kCairnPrefix[] = "cairn.dev/";

namespace label {
inline constexpr char kManaged[] = "elemental.cattle.io/managed";  // "true": an operator made the object
// On a ManagedOSVersion: the channel that it comes from.
inline constexpr char kChannel[] = "elemental.cattle.io/channel";
// On a ManagedOSImage: its managedOSVersionName.
inline constexpr char kVersionName[] = "elemental.cattle.io/managed-os-version-name";
// On a MachineInventory: the EdgeCluster that has it, and the pool.
inline constexpr char kCluster[] = "cairn.dev/cluster";
inline constexpr char kPool[] = "cairn.dev/pool";
}  // namespace label

namespace annotation {
// On a MachineInventory.
inline constexpr char kResettable[] = "elemental.cattle.io/resettable";  // "true"
inline constexpr char kUnmanaged[] = "elemental.cattle.io/os.unmanaged";
// On a ManagedOSVersion.
inline constexpr char kLastSync[] = "elemental.cattle.io/channel-last-sync";                // RFC 3339
inline constexpr char kNoLongerInSync[] = "elemental.cattle.io/channel-no-longer-in-sync";  // "true"
// On a plan Secret: empty, bootstrap or reset.
inline constexpr char kPlanType[] = "elemental.cattle.io/plan.type";
// On a MachineRegistration: another value than status.rotation asks for a new token.
inline constexpr char kRotateToken[] = "cairn.dev/rotate-token";
// On a MachineInventory that is deleted: "true" gives up waiting for the machine. On an orphaned one: "true" makes it
// available again.
inline constexpr char kForce[] = "cairn.dev/force";
inline constexpr char kAvailable[] = "cairn.dev/available";
}  // namespace annotation

namespace finalizer {
inline constexpr char kMachineInventory[] = "machineinventory.elemental.cattle.io";
inline constexpr char kManagedOSVersion[] = "managedosversion.elemental.cattle.io";
inline constexpr char kMachineRegistration[] = "machineregistration.elemental.cattle.io";  // only ever removed
inline constexpr char kEdgeCluster[] = "edgecluster.cairn.dev";
}  // namespace finalizer

}  // namespace cairn::api
